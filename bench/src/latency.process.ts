import { CourtJourney, type Ripe } from './court-journey.client.js';
import { percentile, rowOfFigures } from './measure.js';
import type { RowContext } from './row-file.js';
import { until } from './wait.process.js';

const PER_SECOND = 200;
const RIPENING_AT_ONCE = 8;

export type LatencyTargets = { transport: 'embedded' | 'Kafka'; delisted: string; listed: string };

/**
 * At 200 commands per second, open loop: from the receipt of a command until an answer that says
 * so is in hand. The status check waits with `atLeast` (and, for a listing, `settled`).
 */
export async function measureLatency(
  context: RowContext,
  url: string,
  targets: LatencyTargets,
  peakRssMiB: () => Promise<number>,
): Promise<void> {
  const { quick, rounds, note, done } = context;
  const perRound = quick ? 20 : 600;
  const journey = new CourtJourney(url, 'latency');
  await journey.declare();
  await current(journey);
  const ms: Record<'delisted' | 'listed', number[][]> = { delisted: [], listed: [] };
  // The first round warms up: it is not counted.
  for (let round = 0; round <= rounds; round++) {
    const count = round === 0 ? Math.min(perRound, 400) : perRound;
    const cases = await ripened(journey, round * 1_000_000, count);
    const listed = await atRate(cases, async (ripe) => {
      const { receipt } = await journey.list(ripe);
      return timed(() => journey.status(ripe.n, receipt.token, true), 'RESTRICTED');
    });
    const delisted = await atRate(cases, async (ripe) => {
      const { receipt } = await journey.pay(ripe);
      return timed(() => journey.status(ripe.n, receipt.token, false), 'NOT_RESTRICTED');
    });
    const told = (all: number[]) => `${percentile(all, 0.5).toFixed(1)}/${percentile(all, 0.99).toFixed(1)}`; // prettier-ignore
    note(`round ${round}: p50/p99 ms: delisted ${told(delisted)}, listed ${told(listed)}`);
    if (round === 0) continue;
    ms.delisted.push(delisted);
    ms.listed.push(listed);
  }
  const peak = await peakRssMiB();
  const row = (what: string, all: number[][], share: number, target: string) => {
    const name = `${what}, ${targets.transport}, p${share * 100}`;
    const figures = all.map((one) => percentile(one, share));
    const row = rowOfFigures(name, figures, 'ms', target, peak);
    done({ ...row, note: 'from the receipt to the answer in hand, 200 commands/s' });
  };
  row('delisting recorded → NOT_RESTRICTED', ms.delisted, 0.5, 'information');
  row('delisting recorded → NOT_RESTRICTED', ms.delisted, 0.99, targets.delisted);
  row('listing recorded → RESTRICTED', ms.listed, 0.5, 'information');
  row('listing recorded → RESTRICTED', ms.listed, 0.99, targets.listed);
}

/** A system just started knows of no watermark yet: until then its answers are UNDETERMINED. */
async function current(journey: CourtJourney): Promise<void> {
  const probe = await journey.ripen(99_000_000);
  const { receipt } = await journey.list(probe);
  const isCurrent = async () =>
    (await journey.status(probe.n, receipt.token, true).catch(() => '')) === 'RESTRICTED';
  await until('answers are current', isCurrent, { atMostMs: 120_000 });
}

async function ripened(journey: CourtJourney, from: number, count: number): Promise<Ripe[]> {
  const cases: Ripe[] = [];
  let next = from;
  const worker = async () => {
    while (next < from + count) cases.push(await journey.ripen(next++));
  };
  await Promise.all(Array.from({ length: RIPENING_AT_ONCE }, worker));
  return cases;
}

async function timed(ask: () => Promise<string | undefined>, expected: string): Promise<number> {
  const at = performance.now();
  const answer = await ask();
  const ms = performance.now() - at;
  if (answer !== expected) throw new Error(`answered ${answer}, not ${expected}`);
  return ms;
}

/** Starts one every five milliseconds, whether or not those before have come to their end. */
function atRate<T>(all: readonly T[], work: (one: T) => Promise<number>): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const running: Promise<number>[] = [];
    const timer = setInterval(() => {
      const due = Math.min(
        all.length,
        Math.ceil(((performance.now() - started) / 1_000) * PER_SECOND),
      );
      for (const one of all.slice(running.length, due)) {
        const result = work(one);
        result.catch(() => undefined);
        running.push(result);
      }
      if (running.length < all.length) return;
      clearInterval(timer);
      Promise.all(running).then(resolve, reject);
    }, 1);
  });
}
