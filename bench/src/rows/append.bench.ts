import { canonicalText } from '@writ/ledger';
import pg from 'pg';
import { noticeServed } from '../bench-facts.js';
import { benchPostgres, ledgerDatabase, plainDatabase, sql } from '../databases.process.js';
import { findPgbench } from '../machine.process.js';
import { rowNotRun, rowOfFigures, rowOfPairs, type Pair } from '../measure.js';
import { preparePgbench, runPgbench } from '../pgbench.process.js';
import type { RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { EmmettQuestion } from '../sides/append-emmett.process.js';
import type { AppendFigures, AppendQuestion } from '../sides/append-ours.process.js';

const CLIENTS = 32;
const MANY = 256;
type Ours = Side<AppendQuestion, AppendFigures>;

/** Durable append of single-event commands, each acknowledged after its commit. */
export async function measure(context: RowContext): Promise<void> {
  const { quick, rounds, note } = context;
  const rows = quick ? 2_000 : 1_000_000;
  const [warmUpMs, ms] = quick ? [200, 500] : [1_000, 4_000];
  const server = await benchPostgres();
  try {
    const court = await ledgerDatabase(server, 'court');
    const emmettUrl = await plainDatabase(server, 'emmett');
    const pgbenchUrl = await plainDatabase(server, 'single_row');
    const ours: Ours = await openSide('append-ours', court);
    const emmett: Side<EmmettQuestion, AppendFigures> = await openSide('append-emmett', {
      url: emmettUrl,
      callers: CLIENTS,
    });
    const pgbench = findPgbench();

    note(`filling ${rows} rows into the tables of each side`);
    await ours.ask({ fill: rows });
    await emmett.ask({ fill: rows });
    const body = await rowBytes(court.reader);
    if (pgbench) await preparePgbench(pgbenchUrl, rows, body);
    // What the fill leaves to be done must not be done while something is measured.
    for (const name of ['writ_court', 'emmett', 'single_row']) {
      await sql(server.url(name), 'VACUUM (FREEZE, ANALYZE)');
    }
    await sql(server.url('postgres'), 'CHECKPOINT');

    const figures: { ours32: AppendFigures[]; ours256: AppendFigures[] } = {
      ours32: [],
      ours256: [],
    };
    const [emmetts, benches, snapshots]: [number[], number[], number[]] = [[], [], []];
    const append = (callers: number, run: string) => ours.ask({ callers, warmUpMs, ms, run });
    for (let round = 1; round <= rounds; round++) {
      figures.ours32.push(await append(CLIENTS, `a${round}`));
      const run = `a${round}`;
      emmetts.push((await emmett.ask({ callers: CLIENTS, warmUpMs, ms, run })).perSecond);
      if (pgbench) {
        const asked = { clients: CLIENTS, seconds: Math.ceil((ms + warmUpMs) / 1_000), body };
        benches.push(await runPgbench(pgbench, pgbenchUrl, asked));
      }
      figures.ours256.push(await append(MANY, `b${round}`));
      snapshots.push(await underOpenSnapshot(court.reader, () => append(CLIENTS, `c${round}`)));
      note(`round ${round}: ${describe(figures, emmetts, benches, snapshots)}`);
    }
    report(context, { ...figures, emmetts, benches, snapshots, rows, peak: ours.peakRssMiB() });
    await ours.stop();
    await emmett.stop();
  } finally {
    await server.stop();
  }
}

type Measured = {
  ours32: AppendFigures[];
  ours256: AppendFigures[];
  emmetts: number[];
  benches: number[];
  snapshots: number[];
  /** In the tables of each side before the first round. */
  rows: number;
  peak: number;
};

function report({ done }: RowContext, measured: Measured): void {
  const { ours32, ours256, emmetts, benches, snapshots, rows, peak } = measured;
  const unit = 'events/s';
  const pairs = (ours: AppendFigures[], references: number[]): Pair[] =>
    ours.map(({ perSecond }, at) => ({ ours: perSecond, reference: references[at] ?? NaN }));
  const cpu = Math.round(ours32.at(-1)?.cpuMicros ?? 0);
  const note = `${cpu} µs of Node's CPU per event; ${rows} rows in the tables of each side`;
  const emmett = rowOfPairs(
    'append, 32 callers, × Emmett',
    pairs(ours32, emmetts),
    unit,
    '>= 9',
    peak,
  );
  done({ ...emmett, note });
  const against = (name: string, ours: AppendFigures[], target: string) =>
    benches.length > 0
      ? rowOfPairs(name, pairs(ours, benches), unit, target, peak)
      : rowNotRun(name, unit, target, 'there is no pgbench on this machine');
  done(against('append, 32 callers, × pgbench', ours32, '>= 1.5'));
  done(against('append, 256 callers, × pgbench', ours256, '>= 2.5'));
  const latency = (name: string, figures: number[]) =>
    done(rowOfFigures(name, figures, 'ms', 'information', peak));
  latency('append, 32 callers, p50', ours32.map(({ p50Ms }) => p50Ms)); // prettier-ignore
  latency('append, 32 callers, p99', ours32.map(({ p99Ms }) => p99Ms)); // prettier-ignore
  latency('append, 256 callers, p99', ours256.map(({ p99Ms }) => p99Ms)); // prettier-ignore
  const under = snapshots.map((ours, at) => ({ ours, reference: ours32[at]?.perSecond ?? NaN }));
  const name = 'append, 32 callers, under an open snapshot';
  done(rowOfPairs(name, under, unit, 'information', peak));
}

/** A text as long as a row of ours is. */
async function rowBytes(url: string): Promise<string> {
  const [row] = await sql<{ bytes: string }>(
    url,
    `SELECT round(avg(octet_length(canonical) + octet_length(stream))) AS bytes
     FROM (SELECT * FROM ledger.event ORDER BY position LIMIT 100) e`,
  );
  const text = canonicalText(noticeServed(0));
  return text.padEnd(Number(row?.bytes ?? text.length), '.').replaceAll("'", '');
}

/** As a backup holds one: a table whose rows are updated slows down under it. */
async function underOpenSnapshot(url: string, work: () => Promise<AppendFigures>): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('SELECT count(*) FROM ledger.lock');
    return (await work()).perSecond;
  } finally {
    await client.end();
  }
}

function describe(
  { ours32, ours256 }: { ours32: AppendFigures[]; ours256: AppendFigures[] },
  ...others: number[][]
): string {
  const all = [ours32.at(-1)?.perSecond, ours256.at(-1)?.perSecond, ...others.map((o) => o.at(-1))];
  return `ours 32, 256, Emmett, pgbench, snapshot: ${all.map((n) => Math.round(n ?? 0)).join(' ')}`;
}
