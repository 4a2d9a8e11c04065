import type { LegalTime } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { compareLegalTimes, isEmptyInterval } from '@writ/law';
import {
  courtFact,
  listingStream,
  nowOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';
import type { AnnulRefusal } from '../listing/annul.js';
import { listingInHand } from '../listing/delist.js';
import { isPast, refuseGround, type GroundRefusal } from '../listing/list-subject.js';
import type { Listing } from '../listing/listing.js';

/** What a listing should have said from the start: its terms, whole. */
export type CorrectListing = {
  ground: string;
  effectiveFrom: LegalTime;
  /** Absent: until a condition ends it. */
  until?: LegalTime;
};

export type CorrectListingRefusal =
  | AnnulRefusal
  | GroundRefusal
  | 'effective_from_must_not_be_earlier_than_it_was'
  | 'until_must_be_after_effective_from';

/**
 * A clerk's mistake put right, for the past too; also of a listing that has ended. Nobody is listed
 * in the past by it: a start moves earlier only within what is still to come.
 */
export function correctListing(
  state: Listing,
  { ground, effectiveFrom, until }: CorrectListing,
  context: CourtContext,
): Decision<CourtWrite, CorrectListingRefusal> {
  const known = listingInHand(state, context);
  if (known.kind === 'refuse') return known;
  const { id, list, subject, status, effectiveFrom: before } = known.listing;
  if (status === 'annulled') return refuse('listing_is_annulled', '/path/listing');
  if (status === 'retracted') return refuse('listing_is_retracted', '/path/listing');
  const refused = refuseGround({ list, ground, ...(until ? { until } : {}) }, context);
  if (refused) return { kind: 'refuse', refusal: refused };
  const isEarlier = before !== undefined && compareLegalTimes(effectiveFrom, before) < 0;
  if (isEarlier && isPast(effectiveFrom, context)) {
    return refuse('effective_from_must_not_be_earlier_than_it_was', '/effectiveFrom');
  }
  if (until !== undefined && isEmptyInterval(effectiveFrom, until)) {
    return refuse('until_must_be_after_effective_from', '/until');
  }
  const terms = { ground, effectiveFrom, ...(until ? { until } : {}) };
  const data = { listing: id, list, ...terms, correctedAt: nowOf(context).instant };
  const event = courtFact(context, 'court.listing-corrected.v1', subject, data);
  return record({ stream: listingStream(id), event });
}
