import { rmSync } from 'node:fs';
import { LEDGERS, type RebuildReport } from '@writ/contracts';
import { provisionDatabase, temporaryFolder } from '@writ/local-servers';
import { projectionService } from '@writ/projection';
import { runMigrations } from '@writ/service-host';
import { benchPostgres, ledgerDatabase, plainDatabase, sql } from '../databases.process.js';
import { median, rowOfFigures, rowOfPairs, type Pair } from '../measure.js';
import type { RowContext } from '../row-file.js';
import { configOf, fillLedgers, hasCaughtUp } from '../filled-ledgers.process.js';
import { openSide, type Side } from '../side.process.js';
import type { ProjectionAnswer, ProjectionQuestion } from '../sides/projection-service.process.js';
import { until, waitMs } from '../wait.process.js';

const EMMETT_EVENTS = 3_000;
type Projection = Side<ProjectionQuestion, ProjectionAnswer>;

/** The projection service folds three ledgers anew, beside its live state. */
export async function measure(context: RowContext): Promise<void> {
  const { quick, rounds, note, done } = context;
  const subjects = quick ? 5_000 : 250_000;
  const folder = temporaryFolder('writ-bench-');
  const server = await benchPostgres();
  try {
    const urls = await provisionDatabase(
      server.url('postgres'),
      'writ_projection',
      'projection',
      () => 'bench-only-database',
    );
    const [court, regulatory, enforcement] = await Promise.all(
      LEDGERS.map((ledger) => ledgerDatabase(server, ledger)),
    );
    if (!court || !regulatory || !enforcement) return;
    const ledgers = { court, regulatory, enforcement };
    const total = await fillLedgers(ledgers, { subjects }, note);
    const emmettUrl = await plainDatabase(server, 'emmett');
    const readers = LEDGERS.map((ledger) => ledgers[ledger].reader);
    await runMigrations(projectionService, urls);
    const config = configOf(urls, ledgers, folder);

    const began = performance.now();
    const projection: Projection = await openSide('projection-service', { config });
    const { url } = await projection.ask({ ask: 'url' });
    await until('the live projection has caught up', () => hasCaughtUp(urls.reader, ledgers));
    const caughtUp = total / ((performance.now() - began) / 1_000);
    note(`caught up at ${Math.round(caughtUp)} facts/s`);
    const bare: Side<null, number> = await openSide('bare-select', { readers });
    const emmett: Side<{ round: number }, number> = await openSide('emmett-projection', {
      url: emmettUrl,
      events: quick ? 100 : EMMETT_EVENTS,
    });
    await bare.ask(null);

    const runs: Run[] = [];
    const [selects, emmetts]: [number[], number[]] = [[], []];
    for (let round = 1; round <= rounds; round++) {
      await sql(server.url('postgres'), 'CHECKPOINT');
      runs.push(await rebuild(projection, url));
      selects.push(await bare.ask(null));
      emmetts.push(await emmett.ask({ round }));
      const last = runs.at(-1);
      note(`round ${round}: ${[last?.perSecond, selects.at(-1), emmetts.at(-1)].map((n) => Math.round(n ?? 0)).join(' ')} facts/s; tenths ${last?.tenths.toFixed(2)}, memory ${last?.memory.toFixed(2)}`); // prettier-ignore
    }
    const peak = projection.peakRssMiB();
    const pairs = (references: number[]): Pair[] =>
      runs.map(({ perSecond }, at) => ({ ours: perSecond, reference: references[at] ?? NaN }));
    const unit = 'facts/s';
    done(rowOfPairs('rebuild of the projection, × bare SELECT', pairs(selects), unit, '>= 0.12', peak)); // prettier-ignore
    const figures = (name: string, of: (run: Run) => number, target: string) =>
      done(rowOfFigures(name, runs.map(of), 'ratio', target, peak)); // prettier-ignore
    figures('rebuild of the projection, last tenth ÷ first', ({ tenths }) => tenths, '>= 0.8');
    const memory = 'rebuild of the projection, memory, last tenth ÷ third tenth';
    figures(memory, (run) => run.memory, '<= 1.2');
    const emmettRow = 'rebuild of the projection, × Emmett projection';
    const few = `Emmett's over ${EMMETT_EVENTS} events, since it takes seconds for a thousand`;
    done({ ...rowOfPairs(emmettRow, pairs(emmetts), unit, 'information', peak), note: few });
    const catching = { ours: caughtUp, reference: median(selects) };
    const once = 'measured once: a live projection is caught up once';
    const caught = rowOfPairs('catching up of the live projection', [catching], unit, 'information', peak); // prettier-ignore
    done({ ...caught, note: once });
    await Promise.all([projection.stop(), bare.stop(), emmett.stop()]);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Run = { perSecond: number; tenths: number; memory: number };
type Sample = { at: number; folded: number; rssMiB: number };

/** Asks for a rebuild and watches it to its end: it must be equal to the live state. */
async function rebuild(projection: Projection, url: string): Promise<Run> {
  const started = await fetch(`${url}/projection/v1/rebuild`, { method: 'POST' });
  if (!started.ok) throw new Error(await started.text());
  const began = performance.now();
  const samples: Sample[] = [];
  let report: RebuildReport;
  do {
    await waitMs(250);
    report = (await (await fetch(`${url}/projection/v1/rebuild`)).json()) as RebuildReport;
    const { rssMiB } = await projection.ask({ ask: 'memory' });
    samples.push({ at: performance.now() - began, folded: report.folded, rssMiB });
  } while (report.state === 'folding' || report.state === 'comparing');
  if (report.state !== 'equal') throw new Error(`the rebuild ended ${report.state}`);
  const endedAt = Date.parse(report.endedAt ?? '') - Date.parse(report.startedAt);
  return {
    perSecond: report.folded / (endedAt / 1_000),
    tenths: rateOf(samples, report.folded, 0.9, 1) / rateOf(samples, report.folded, 0, 0.1),
    memory: memoryOf(samples, 0.9, 1) / memoryOf(samples, 0.2, 0.3),
  };
}

/** Facts per second between two shares of the whole; progress is told every 20,000 facts. */
function rateOf(samples: readonly Sample[], total: number, from: number, to: number): number {
  const timeAt = (share: number): number => {
    if (share === 0) return 0;
    const next = samples.findIndex(({ folded }) => folded >= share * total);
    const [before, after] = [samples[next - 1] ?? { at: 0, folded: 0 }, samples[next]];
    if (!after || after.folded === before.folded) return after?.at ?? NaN;
    const part = (share * total - before.folded) / (after.folded - before.folded);
    return before.at + part * (after.at - before.at);
  };
  return ((to - from) * total) / (timeAt(to) - timeAt(from));
}

function memoryOf(samples: readonly Sample[], from: number, to: number): number {
  const within = samples.slice(
    Math.floor(from * samples.length),
    Math.max(Math.ceil(to * samples.length), 1),
  );
  return Math.max(...within.map(({ rssMiB }) => rssMiB), Number.EPSILON);
}
