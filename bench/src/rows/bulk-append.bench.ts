import { benchPostgres, ledgerDatabase, plainDatabase, sql } from '../databases.process.js';
import { rowOfPairs, type Pair } from '../measure.js';
import type { RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { AppendFigures, AppendQuestion } from '../sides/append-ours.process.js';
import type { CopyQuestion } from '../sides/copy.process.js';

/** Bulk append as feeds use it, one event per command and stream, beside COPY of those rows. */
export async function measure({ quick, rounds, note, done }: RowContext): Promise<void> {
  const rows = quick ? 4_000 : 100_000;
  const server = await benchPostgres();
  try {
    const court = await ledgerDatabase(server, 'court');
    const url = await plainDatabase(server, 'copied');
    const ours: Side<AppendQuestion, AppendFigures> = await openSide('append-ours', court);
    const setup = { ledger: court.reader, url };
    const copy: Side<CopyQuestion, number> = await openSide('copy', setup);
    await ours.ask({ bulk: Math.min(rows, 20_000), run: 'warm-up' });
    await copy.ask({ rows: Math.min(rows, 20_000), round: 0 });
    const pairs: Pair[] = [];
    let cpuMicros = 0;
    for (let round = 1; round <= rounds; round++) {
      await sql(server.url('postgres'), 'CHECKPOINT');
      const figures = await ours.ask({ bulk: rows, run: `r${round}` });
      ({ cpuMicros } = figures);
      await sql(server.url('postgres'), 'CHECKPOINT');
      pairs.push({ ours: figures.perSecond, reference: await copy.ask({ rows, round }) });
      note(`round ${round}: ${JSON.stringify(pairs.at(-1))}`);
    }
    const name = 'bulk append, × bare COPY';
    const row = rowOfPairs(name, pairs, 'events/s', '>= 0.5', ours.peakRssMiB());
    const cpu = `${Math.round(cpuMicros)} µs of Node's CPU per event`;
    done({ ...row, note: `${cpu}; the reference has the same columns and one index` });
    await ours.stop();
    await copy.stop();
  } finally {
    await server.stop();
  }
}
