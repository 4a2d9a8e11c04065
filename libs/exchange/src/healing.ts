import type { DeliveredFact, LedgerName } from '@writ/contracts';
import type {
  BucketKey,
  FactConsumer,
  FactFetcher,
  Place,
  StopReason,
  StoppedBucket,
} from './fact-source.js';
import { isAnother } from './join-on.js';

const PAGE = 1_000;

/** A bucket to bring on, up to and including `before`: the fact whose arrival showed the gap. */
export type Hole = BucketKey & { before: number };

type OpenHole = Hole & Place;

/**
 * Fills holes from the ledger itself: the one authority on what follows a place. Several buckets
 * of one ledger cost one walk, so that a truncated topic is not read once per bucket.
 *
 * @returns buckets that cannot be healed, because the ledger does not hold what the consumer
 *   holds, or does not hold (in that bucket) the fact that showed the gap
 * @throws what the fetcher or the consumer throws; nothing is lost by trying again
 */
export async function heal(
  consumer: FactConsumer,
  fetcher: FactFetcher,
  holes: readonly Hole[],
): Promise<StoppedBucket[]> {
  const stopped: StoppedBucket[] = [];
  for (const ledger of new Set(holes.map((hole) => hole.ledger))) {
    const ofLedger = new Map<number, Hole>();
    for (const hole of holes.filter((hole) => hole.ledger === ledger)) {
      const before = Math.max(hole.before, ofLedger.get(hole.bucket)?.before ?? -1);
      ofLedger.set(hole.bucket, { ledger, bucket: hole.bucket, before });
    }
    stopped.push(...(await healLedger(consumer, fetcher, ledger, [...ofLedger.values()])));
  }
  return stopped;
}

async function healLedger(
  consumer: FactConsumer,
  fetcher: FactFetcher,
  ledger: LedgerName,
  holes: readonly Hole[],
): Promise<StoppedBucket[]> {
  const places = await consumer.places(holes);
  const stopped: StoppedBucket[] = [];
  let open: OpenHole[] = [];
  for (const [index, hole] of holes.entries()) {
    const place = places[index];
    if (!place) throw new Error(`no place for ${ledger}/${hole.bucket}`);
    // Another owner, or another walk, may have passed here meanwhile.
    if (place.place >= hole.before) continue;
    const reason = await contradiction(fetcher, place);
    if (reason === undefined) open.push({ ...hole, ...place });
    else stopped.push(asStopped(place, reason, place.place));
  }
  let after = Math.min(...open.map(({ place }) => place));
  while (open.length > 0) {
    const page = await fetcher.fetch(ledger, after, PAGE);
    const last = page.at(-1);
    if (!last) return [...stopped, ...open.map(absent)];
    stopped.push(...(await deliver(consumer, page, open)));
    after = last.position;
    const isStopped = (hole: Hole) => stopped.some(({ bucket }) => bucket === hole.bucket);
    const reached = open.filter(({ before }) => before <= after);
    stopped.push(
      ...reached.filter((hole) => !isStopped(hole) && !page.some(isShower(hole))).map(absent),
    );
    open = open.filter((hole) => hole.before > after && !isStopped(hole));
  }
  return stopped;
}

/** Hands over a page's facts of the open buckets. */
async function deliver(
  consumer: FactConsumer,
  page: readonly DeliveredFact[],
  open: readonly OpenHole[],
): Promise<StoppedBucket[]> {
  const buckets = open.map(({ ledger, bucket }) => {
    const facts = page.filter((fact) => fact.bucket === bucket);
    return { ledger, bucket, facts, verified: true };
  });
  const { gaps, stopped } = await consumer.apply({ buckets });
  // The ledger's own pages join on to a place that the ledger holds, or the ledger is not whole.
  const unjoined = open.filter((hole) => gaps.some(({ bucket }) => bucket === hole.bucket));
  return [...(stopped ?? []), ...unjoined.map(absent)];
}

/** @returns why the ledger does not hold the very fact that a place names; undefined: it does */
export async function contradiction(
  fetcher: FactFetcher,
  place: Place,
): Promise<StopReason | undefined> {
  if (place.place < 0) return undefined;
  const [fact] = await fetcher.fetch(place.ledger, place.place - 1, 1);
  if (fact?.position !== place.place) return 'consumer_holds_more_than_the_ledger';
  return isAnother(place, fact) ? 'ledger_holds_another_fact' : undefined;
}

function isShower({ before, bucket }: Hole) {
  return (fact: DeliveredFact) => fact.position === before && fact.bucket === bucket;
}

function absent(hole: Hole): StoppedBucket {
  return asStopped(hole, 'message_is_not_in_the_ledger', hole.before);
}

function asStopped(key: BucketKey, reason: StopReason, position: number): StoppedBucket {
  return { ledger: key.ledger, bucket: key.bucket, reason, position };
}
