/** Runs tests/system once, on the transport named by WRIT_SYSTEM (standalone or stack). */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const here = import.meta.dirname;
const transport = process.env.WRIT_SYSTEM ?? 'standalone';
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '../node_modules/jest/bin/jest.js',
    '-i',
    // The simulation knows no transport: once is enough.
    ...(transport === 'stack'
      ? ['--testPathIgnorePatterns', '/node_modules/', '/dist/', '/simulation/']
      : []),
    '--json',
    `--outputFile=../.reports/system-${transport}.json`,
    ...process.argv.slice(2),
  ],
  { cwd: here, stdio: 'inherit', env: { ...process.env, WRIT_SYSTEM: transport } },
);
process.exit(status ?? 1);
