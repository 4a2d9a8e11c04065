/**
 * `npm test`: builds, then every suite of every project, then the system tests once on the
 * standalone process and once on the stack (real broker). Never from a cache. The last line sums
 * what the runners themselves reported.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const reports = path.join(root, '.reports');
const nx = path.join(root, 'node_modules/nx/dist/bin/nx.js');
const environment = { ...process.env, NX_DAEMON: 'false', NX_ISOLATE_PLUGINS: 'false' };

const run = (args, extra = {}) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...environment, ...extra },
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });

/** @returns {{passed: number, failed: number, skipped: number, suites: number}} */
function sumReports() {
  const sum = { passed: 0, failed: 0, skipped: 0, suites: 0 };
  for (const name of readdirSync(reports).filter((file) => file.endsWith('.json'))) {
    const report = JSON.parse(readFileSync(path.join(reports, name), 'utf8'));
    sum.suites += 1;
    sum.passed += report.numPassedTests;
    // A suite that does not even load has no tests to count: it counts as one failure.
    sum.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
    sum.skipped += report.numPendingTests + (report.numTodoTests ?? 0);
  }
  return sum;
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const started = Date.now();
const took = () => `${Math.round((Date.now() - started) / 1000)} s`;
let worst = await run([nx, 'run-many', '-t', 'build', '--output-style=stream']);
if (worst === 0) {
  const projects = await run([
    nx,
    'run-many',
    '-t',
    'test',
    '--skip-nx-cache',
    '--parallel=2',
    '--exclude=@writ/system-tests',
    '--output-style=stream',
  ]);
  console.error(`projects' tests: exit ${projects} after ${took()}`);
  worst ||= projects;
  if (existsSync(path.join(root, 'tests/system'))) {
    for (const transport of ['standalone', 'stack']) {
      console.error(`system tests on: ${transport}`);
      const code = await run(['tests/run-system.mjs'], { WRIT_SYSTEM: transport });
      console.error(`system tests on ${transport}: exit ${code} after ${took()}`);
      worst ||= code;
    }
  }
}
const { passed, failed, skipped } = sumReports();
console.log(`tests: ${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = worst || failed > 0 || passed === 0 ? 1 : 0;
