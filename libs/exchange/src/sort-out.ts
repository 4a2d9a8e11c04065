import { bucketOf, type DeliveredFact, type Fact } from '@writ/contracts';
import type { Applied, Delivery } from './fact-source.js';
import { joinOn, movedOn, type StoredPlace } from './join-on.js';

/** One delivery against locked places. */
export type SortedOut = {
  /** New facts, in order within each bucket. */
  fresh: DeliveredFact[];
  /** Where the places stand once `fresh` is applied; buckets with a gap or a stop are not here. */
  moved: StoredPlace[];
  applied: Applied;
};

/**
 * Sorts a whole delivery out, bucket by bucket.
 *
 * @param places one per bucket of the delivery, in its order, locked
 */
export function sortOut(places: readonly StoredPlace[], delivery: Delivery): SortedOut {
  const fresh: DeliveredFact[] = [];
  const moved: StoredPlace[] = [];
  const applied = { gaps: [] as Applied['gaps'], stopped: [] as Required<Applied>['stopped'] };
  const keys = delivery.buckets.map(({ ledger, bucket }) => `${ledger}/${bucket}`);
  if (new Set(keys).size < keys.length) throw new Error('a bucket occurs twice in a delivery');
  delivery.buckets.forEach((bucket, index) => {
    const place = places[index];
    if (!place) throw new Error(`no place for ${bucket.ledger}/${bucket.bucket}`);
    const join = joinOn(place, bucket);
    if (join.gap) applied.gaps.push(join.gap);
    else if (join.stop) {
      applied.stopped.push({ ledger: bucket.ledger, bucket: bucket.bucket, ...join.stop });
    } else {
      fresh.push(...join.fresh);
      moved.push(movedOn(place, join.fresh, bucket));
    }
  });
  return { fresh, moved, applied };
}

/** A fact that a consumer knows but cannot take in: its subject is parked, nothing else stops. */
export class PoisonFact extends Error {
  /** @param reason without personal data: it is logged */
  constructor(
    readonly fact: DeliveredFact,
    reason: string,
  ) {
    super(`fact ${fact.ledger}/${fact.position} cannot be taken in: ${reason}`);
  }
}

/** A text that is not of the fact its envelope names, or of none: its bucket stops, no other. */
export class UnreadableFact extends Error {
  constructor(readonly fact: DeliveredFact) {
    const { ledger, position, bucket } = fact;
    super(`the text of ${ledger}/${position} in bucket ${bucket} is not of that fact`);
  }
}

/**
 * Parses the recorded text, which transports do not look at, and holds it against what was
 * delivered beside it. Whoever folds facts or decides on them reads them through this.
 *
 * @throws UnreadableFact when it is not of that fact: nothing after it may be applied
 */
export function factOf(delivered: DeliveredFact): Fact {
  let fact: Fact;
  try {
    fact = JSON.parse(delivered.canonical) as Fact;
  } catch {
    throw new UnreadableFact(delivered);
  }
  const { ledger, epoch, position, type, subject, bucket } = delivered;
  const isSame = fact.ledger === ledger && fact.epoch === epoch && fact.position === position;
  const isOfSubject = fact.subject === subject && bucketOf(subject) === bucket;
  if (!isSame || fact.type !== type || !isOfSubject) throw new UnreadableFact(delivered);
  return fact;
}
