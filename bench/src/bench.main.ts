import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.process.js';
import { rowFailed, type Row } from './measure.js';
import { markdownOf, renewed, type Report } from './report.js';
import { ROW_FILES } from './row-file.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RUNNER = fileURLToPath(new URL('./run-row.main.js', import.meta.url));

const HELP = `npm run bench -- [options]
  --only FILE,FILE  measures those anew and leaves the report's other rows as they are; of: ${Object.keys(ROW_FILES).join(', ')}
  --quick           smoke run: tiny sizes, one pair; never written over the report
  --rounds N        alternating pairs, default 5
  --out FILE        instead of bench/report.json`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(`${HELP}\n`);
  process.exit(0);
}
const files = values.only?.split(',') ?? Object.keys(ROW_FILES);
const unknown = files.filter((file) => !(file in ROW_FILES));
if (unknown.length > 0) {
  process.stderr.write(`no such row: ${unknown.join(', ')}\n${HELP}\n`);
  process.exit(2);
}
const { quick } = values;
const rounds = Number(values.rounds ?? (quick ? 1 : 5));
const smoke = join(tmpdir(), 'writ-bench-smoke.json');
const out = values.out ?? (quick ? smoke : join(ROOT, 'bench', 'report.json'));

const machine = await describeMachine(ROOT);
const owed = Object.values(ROW_FILES).flat();
let rows: readonly Row[] = values.only === undefined || quick ? [] : rowsIn(out);
for (const file of files) {
  process.stderr.write(`${file}\n`);
  rows = renewed(rows, await rowsOf(file), owed);
  // After each file: what was measured outlives what comes.
  write({ machine, quick, rounds, rows });
}
process.stdout.write(`${markdownOf({ machine, quick, rounds, rows })}\n`);
process.stderr.write(`written to ${out}\n`);
process.exitCode = rows.some(({ met }) => met === 'failed') ? 1 : 0;

function rowsIn(file: string): readonly Row[] {
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, 'utf8')) as Report).rows;
}

function write(report: Report): void {
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, `${JSON.stringify(report, null, 2)}\n`);
}

/** Every row the file owes, in that order; one that did not come is a failed one. */
async function rowsOf(file: string): Promise<Row[]> {
  const came: Row[] = [];
  let why = 'its process ended without it';
  const child = fork(RUNNER, [file, JSON.stringify({ quick, rounds, root: ROOT })]);
  child.on('message', (message: { row: Row } | { error: string }) => {
    if ('row' in message) came.push(message.row);
    else why = message.error;
  });
  await new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const owed = ROW_FILES[file] ?? [];
  const missing = owed.filter((name) => !came.some((row) => row.name === name));
  const { measuredAt: at, commit } = machine;
  const measured = { at, commit, loadAverage: machine.loadAverage };
  const all = [...came, ...missing.map((name) => rowFailed(name, why))];
  return all.map((row) => ({ ...row, measured }));
}
