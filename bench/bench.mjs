// `npm run bench`: builds what is missing, then measures.
// Plain JavaScript: it runs before any build.
import { buildMissing } from '../services/standalone/bin/build-missing.mjs';

await buildMissing(['bench/tsconfig.build.json']);
await import('./dist/bench.main.js');
