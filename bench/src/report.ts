import type { Row } from './measure.js';

/** Where and how the rows were measured; goes into the report's header. */
export type Machine = {
  measuredAt: string;
  cpu: string;
  cores: number;
  memoryMiB: number;
  system: string;
  node: string;
  /** Of the server that was measured, not of its client. */
  postgres: string;
  pgbench: string | null;
  packages: Readonly<Record<string, string>>;
  /** 1, 5 and 15 minutes, before the first row. */
  loadAverage: readonly number[];
  fsync: string;
  transport: string;
  commit: string;
};

export type Report = { machine: Machine; quick: boolean; rounds: number; rows: readonly Row[] };

/**
 * A report in which some rows were measured anew: those take the place of what it had, in the order
 * in which rows are owed; what nobody owes any more goes.
 */
export function renewed(
  before: readonly Row[],
  rows: readonly Row[],
  owed: readonly string[],
): readonly Row[] {
  return owed.flatMap((name) => {
    const row = [...rows, ...before].find((one) => one.name === name);
    return row ? [row] : [];
  });
}

/** The rows as a Markdown table, in the order of the report. */
export function markdownOf({ machine, rows, quick }: Report): string {
  const head = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}, ` +
      `Postgres ${machine.postgres}, ${machine.fsync}, load ${machine.loadAverage.join(' ')}`,
    ...(quick ? ['', '**Smoke run: these figures say nothing.**'] : []),
    '',
    '| Row | Ours | Reference | Unit | Ratio | Spread | Target | Met | Peak MiB |',
    '|---|---|---|---|---|---|---|---|---|',
  ];
  return [...head, ...rows.map(lineOf), ...notesOf(rows)].join('\n');
}

function lineOf(row: Row): string {
  const spread = row.spread ? `${short(row.spread.min)}–${short(row.spread.max)}` : '–';
  const met = typeof row.met === 'boolean' ? (row.met ? 'yes' : '**no**') : row.met;
  const cells = [row.name, short(row.ours), short(row.reference), row.unit, short(row.ratio)];
  return `| ${[...cells, spread, row.target, met, short(row.peakRssMiB)].join(' | ')} |`;
}

function notesOf(rows: readonly Row[]): string[] {
  const noted = rows.filter(({ note }) => note !== undefined);
  return noted.length === 0 ? [] : ['', ...noted.map(({ name, note }) => `- ${name}: ${note}`)];
}

/** Three significant digits are more than two noisy cores can tell. */
function short(figure: number | null): string {
  if (figure === null) return '–';
  return figure >= 1_000 ? Math.round(figure).toLocaleString('en') : String(precise(figure));
}

function precise(figure: number): number {
  return Number(figure.toPrecision(3));
}
