import type { DeliveredFact, Watermark } from '@writ/contracts';
import { leafHash } from '@writ/ledger';
import type { BucketDelivery, Gap, Place, StopReason } from './fact-source.js';

/** What is kept per consumer, ledger and bucket: the place, and the newest watermark beside it. */
export type StoredPlace = Place & {
  /** The newest of the ledger's newest epoch; undefined before the first. */
  watermark?: Pick<Watermark, 'epoch' | 'upTo' | 'last' | 'at' | 'assessed'>;
};

/** How a bucket's facts join on to its place: exactly one of `gap`, `stop` or neither. */
export type Join = {
  /** Facts to apply, in order; empty when there is a gap or a stop. */
  fresh: DeliveredFact[];
  gap?: Gap;
  stop?: { reason: StopReason; position: number };
};

/**
 * Sorts out one bucket's delivery against its place: what was applied already is dropped, what
 * follows without a hole is fresh, and everything else is healed from the ledger first.
 *
 * (position, epoch) names a fact, since a restored ledger opens a new epoch. So a fact at or
 * before the place that is of a later epoch is no duplicate: we hold what the ledger lost. Where
 * nobody opened one, the leaf kept with the place tells.
 *
 * @param place as locked in the transaction that will move it
 * @param delivery of that bucket; `verified` lets an epoch begin
 */
export function joinOn(
  place: Place,
  delivery: Pick<BucketDelivery, 'facts' | 'verified' | 'watermark'>,
): Join {
  const { ledger, bucket } = place;
  const fresh: DeliveredFact[] = [];
  let at = { position: place.place, epoch: place.epoch };
  for (const fact of delivery.facts) {
    const { position, epoch } = fact;
    if (position <= at.position) {
      if (epoch > at.epoch) return stop('consumer_holds_more_than_the_ledger', at.position);
      if (isAnother(place, fact)) return stop('ledger_holds_another_fact', position);
      continue;
    }
    if (epoch < at.epoch) return stop('message_is_of_a_past_epoch', position);
    const epochBegins = at.position >= 0 && epoch !== at.epoch;
    if (fact.prev !== at.position || (epochBegins && !delivery.verified)) {
      const gap = { ledger, bucket, place: place.place, epoch: place.epoch, before: position };
      return { fresh: [], gap };
    }
    fresh.push(fact);
    at = { position, epoch };
  }
  if (delivery.watermark && contradicts(delivery.watermark, at)) {
    return stop('consumer_holds_more_than_the_ledger', at.position);
  }
  return { fresh };
}

/**
 * The place after a delivery was applied. What was known of a past epoch (nothing more up to
 * there, its watermark) ends with that epoch: a restored ledger has other facts there.
 *
 * @param fresh what `joinOn` returned (parked facts count: they are kept in quarantine)
 */
export function movedOn(
  place: StoredPlace,
  fresh: readonly DeliveredFact[],
  delivery: Pick<BucketDelivery, 'watermark' | 'upTo' | 'epoch'> = {},
): StoredPlace {
  const last = fresh.at(-1);
  const position = last?.position ?? place.place;
  const known = ledgerEpochOf(place);
  const told = [last?.epoch, delivery.watermark?.epoch, delivery.epoch];
  const ledgerEpoch = Math.max(known, ...told.map((epoch) => epoch ?? 0));
  const kept = known === ledgerEpoch ? place : undefined;
  const offered = delivery.watermark?.epoch === ledgerEpoch ? delivery.watermark : undefined;
  const isNewer = offered && offered.upTo >= (kept?.watermark?.upTo ?? -2);
  const watermark = isNewer ? offered : kept?.watermark;
  const covered = offered && position >= offered.last ? offered.upTo : -1;
  const isRead = (delivery.epoch ?? ledgerEpoch) === ledgerEpoch;
  const leaf = last ? leafOf(last) : place.leaf;
  return {
    ledger: place.ledger,
    bucket: place.bucket,
    epoch: last?.epoch ?? place.epoch,
    place: position,
    upTo: Math.max(kept?.upTo ?? -1, position, isRead ? (delivery.upTo ?? -1) : -1, covered),
    ledgerEpoch,
    ...(leaf === undefined ? {} : { leaf }),
    ...(watermark ? { watermark } : {}),
  };
}

/** @returns the newest epoch of the ledger that a bucket has heard of; 1 before it heard of any */
export function ledgerEpochOf({ ledgerEpoch, epoch }: Place): number {
  return Math.max(ledgerEpoch ?? epoch, 1);
}

/** @returns the leaf hash (hex) of a fact, from its bytes: what a place keeps of it */
export function leafOf({ canonical }: Pick<DeliveredFact, 'canonical'>): string {
  return leafHash(canonical);
}

/** @returns whether a fact stands where a place is and is not the one that was applied */
export function isAnother(place: Place, fact: DeliveredFact): boolean {
  if (fact.position !== place.place) return false;
  if (fact.epoch !== place.epoch || fact.bucket !== place.bucket) return true;
  return place.leaf !== undefined && leafOf(fact) !== place.leaf;
}

/** @returns whether nothing that the newest watermark told of is missing here */
export function isCurrent(place: StoredPlace): boolean {
  return place.watermark !== undefined && place.place >= place.watermark.last;
}

/** A watermark that covers our place and does not know it, or a later epoch that ends before it. */
function contradicts(watermark: Watermark, at: { position: number; epoch: number }): boolean {
  if (at.position < 0 || watermark.epoch < at.epoch) return false;
  if (watermark.epoch > at.epoch) return watermark.last < at.position;
  return watermark.upTo >= at.position && watermark.last < at.position;
}

function stop(reason: StopReason, position: number): Join {
  return { fresh: [], stop: { reason, position } };
}
