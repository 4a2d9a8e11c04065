// `npm run stack`: each service as its own process, on Kafka and Postgres.
import { buildMissing } from './build-missing.mjs';

await buildMissing(['services/standalone/tsconfig.build.json']);
await import('../dist/stack.main.js');
