import type { CourtFact } from '@writ/contracts';
import { record, refuse, type Decision, type Refusal } from '@writ/decider';
import {
  courtFact,
  listingStream,
  nowOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';
import { isAlive, type KnownListing, type Listing } from './listing.js';

type Reason = Extract<CourtFact, { type: 'court.subject-delisted.v1' }>['data']['reason'];

/** End a listing by order. `fulfilled` is not among the reasons: performance alone says that. */
export type Delist = { reason: Exclude<Reason, 'fulfilled'> };

export type ListingRefusal = 'unknown_listing' | 'listing_belongs_to_another_authority';
export type DelistRefusal =
  ListingRefusal | 'listing_has_ended' | 'listing_is_annulled' | 'listing_is_retracted';

/** From now on: nobody is released in the past or in the future. */
export function delist(
  state: Listing,
  { reason }: Delist,
  context: CourtContext,
): Decision<CourtWrite, DelistRefusal> {
  const known = listingInHand(state, context);
  if (known.kind === 'refuse') return known;
  const { listing } = known;
  if (listing.status === 'retracted') return refuse('listing_is_retracted', '/path/listing');
  if (listing.status === 'annulled') return refuse('listing_is_annulled', '/path/listing');
  const now = nowOf(context);
  if (!isAlive(listing, now)) return refuse('listing_has_ended', '/path/listing');
  const { id, list, subject } = listing;
  const data = { listing: id, list, reason, effectiveFrom: now };
  const event = courtFact(context, 'court.subject-delisted.v1', subject, data);
  return record({ stream: listingStream(id), event });
}

/** A listing an authority may act on: it is known, and this court made it; else why not. */
export function listingInHand(
  state: Listing,
  { envelope }: CourtContext,
): { kind: 'known'; listing: KnownListing } | { kind: 'refuse'; refusal: Refusal<ListingRefusal> } {
  if (state.status === 'none') return refuse('unknown_listing', '/path/listing');
  if (state.authority !== envelope.authority) {
    return refuse('listing_belongs_to_another_authority', '/path/listing');
  }
  return { kind: 'known', listing: state };
}
