/** `npm run check`: exactly what CI runs: form, types, lint, tests; Kafka is required. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const steps = [
  ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  ['node_modules/nx/dist/bin/nx.js', 'run-many', '-t', 'build', 'lint', '--output-style=stream'],
  ['tools/run/test.mjs'],
];
for (const step of steps) {
  const { status } = spawnSync(process.execPath, step, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      NX_DAEMON: 'false',
      NX_ISOLATE_PLUGINS: 'false',
      WRIT_REQUIRE_KAFKA: '1',
    },
  });
  if (status !== 0) process.exit(status ?? 1);
}
