#!/usr/bin/env node
// `npx writ …`: builds what is missing, then runs the command line.
import { buildMissing } from '../../services/standalone/bin/build-missing.mjs';

try {
  await buildMissing(['cli/tsconfig.build.json']);
} catch (error) {
  process.stderr.write(`writ: ${error.message}\n`);
  process.exit(5);
}
await import('../dist/main.js');
