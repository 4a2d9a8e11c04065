import type { CourtFact } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import {
  courtFact,
  listingStream,
  nowOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';
import { listingInHand, type ListingRefusal } from './delist.js';
import type { Listing } from './listing.js';

/** Declare a listing void. */
export type Annul = Pick<
  Extract<CourtFact, { type: 'court.listing-annulled.v1' }>['data'],
  'reason'
>;

export type AnnulRefusal = ListingRefusal | 'listing_is_annulled' | 'listing_is_retracted';

/**
 * As if it never was: another thing than satisfaction, which ends a listing that was right. What
 * has ended can still be found void.
 */
export function annul(
  state: Listing,
  { reason }: Annul,
  context: CourtContext,
): Decision<CourtWrite, AnnulRefusal> {
  const known = listingInHand(state, context);
  if (known.kind === 'refuse') return known;
  const { id, list, subject, status } = known.listing;
  if (status === 'annulled') return refuse('listing_is_annulled', '/path/listing');
  if (status === 'retracted') return refuse('listing_is_retracted', '/path/listing');
  const data = { listing: id, list, reason, annulledAt: nowOf(context).instant };
  const event = courtFact(context, 'court.listing-annulled.v1', subject, data);
  return record({ stream: listingStream(id), event });
}
