// `npm start`: all five services in one process, on an embedded Postgres.
import { buildMissing } from './build-missing.mjs';

await buildMissing(['services/standalone/tsconfig.build.json']);
await import('../dist/main.js');
