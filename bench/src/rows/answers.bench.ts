import { rmSync } from 'node:fs';
import { LEDGERS } from '@writ/contracts';
import { provisionDatabase, temporaryFolder } from '@writ/local-servers';
import { projectionService } from '@writ/projection';
import { runMigrations } from '@writ/service-host';
import { benchId } from '../bench-facts.js';
import { benchPostgres, ledgerDatabase } from '../databases.process.js';
import { configOf, fillLedgers, hasCaughtUp } from '../filled-ledgers.process.js';
import { percentile, rowOfFigures } from '../measure.js';
import type { RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { ProjectionAnswer, ProjectionQuestion } from '../sides/projection-service.process.js';
import { until } from '../wait.process.js';

const PER_SECOND = 200;
/** Of ten facts each: four of three ledgers, and six amendments. */
const AMENDMENTS = 6;

/** Status and record over 100,000 subjects with a million facts, at a steady rate. */
export async function measure(context: RowContext): Promise<void> {
  const { quick, rounds, note, done } = context;
  const subjects = quick ? 2_000 : 100_000;
  const asked = quick ? 100 : 2_000;
  const folder = temporaryFolder('writ-bench-');
  const server = await benchPostgres();
  try {
    const admin = server.url('postgres');
    const secret = () => 'bench-only-database';
    const urls = await provisionDatabase(admin, 'writ_projection', 'projection', secret);
    const [court, regulatory, enforcement] = await Promise.all(
      LEDGERS.map((ledger) => ledgerDatabase(server, ledger)),
    );
    if (!court || !regulatory || !enforcement) return;
    const ledgers = { court, regulatory, enforcement };
    const facts = await fillLedgers(ledgers, { subjects, amendments: AMENDMENTS }, note);
    await runMigrations(projectionService, urls);
    const config = configOf(urls, ledgers, folder);
    type Projection = Side<ProjectionQuestion, ProjectionAnswer>;
    const projection: Projection = await openSide('projection-service', { config });
    const { url } = await projection.ask({ ask: 'url' });
    await until('the projection has caught up', () => hasCaughtUp(urls.reader, ledgers));
    const bodies = { status: statusBody, record: recordBody };
    for (const what of ['status', 'record'] as const) {
      const [p50, p99]: [number[], number[]] = [[], []];
      // The first round warms up.
      for (let round = 0; round <= rounds; round++) {
        const times = await atRate(`${url}/projection/v1/${what}`, asked, (n) =>
          bodies[what](benchId('subject', (n * 514_229 + round) % subjects)),
        );
        note(
          `${what} ${round}: p50 ${percentile(times, 0.5).toFixed(2)}, p99 ${percentile(times, 0.99).toFixed(2)} ms`,
        );
        if (round === 0) continue;
        p50.push(percentile(times, 0.5));
        p99.push(percentile(times, 0.99));
      }
      const peak = projection.peakRssMiB();
      const more = `${PER_SECOND} a second, ${subjects} subjects, ${facts} facts; journalled where an answer is`;
      const name = `${what}, 100,000 subjects with 1 M facts`;
      done({ ...rowOfFigures(`${name}, p50`, p50, 'ms', 'information', peak), note: more });
      done({ ...rowOfFigures(`${name}, p99`, p99, 'ms', 'information', peak), note: more });
    }
    await projection.stop();
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const statusBody = (subject: string) => {
  return { subjects: [{ subject, measures: ['travel.air'] }], purpose: 'bench' };
};
const recordBody = (subject: string) => ({ subject, purpose: 'bench' });

/** Open loop. @returns milliseconds of each answer, in the order asked */
function atRate(url: string, count: number, bodyOf: (n: number) => object): Promise<number[]> {
  const one = async (n: number) => {
    const at = performance.now();
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'writ-authority': 'bench.counter' },
      body: JSON.stringify(bodyOf(n)),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${url}: ${answer.status} ${text}`);
    return performance.now() - at;
  };
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const running: Promise<number>[] = [];
    const timer = setInterval(() => {
      const passed = (performance.now() - started) / 1_000;
      const due = Math.min(count, Math.ceil(passed * PER_SECOND));
      while (running.length < due) {
        const asking = one(running.length);
        asking.catch(() => undefined);
        running.push(asking);
      }
      if (running.length < count) return;
      clearInterval(timer);
      Promise.all(running).then(resolve, reject);
    }, 1);
  });
}
