import type { CourtFact, LegalTime } from '@writ/contracts';
import { hasBegun } from '@writ/law';

/** One listing as its stream tells it. */
export type Listing =
  | { status: 'none' }
  | {
      /** `delisted`: over from then on; `annulled`, `retracted`: as if it never was. */
      status: 'listed' | 'delisted' | 'annulled' | 'retracted';
      id: string;
      authority: string;
      subject: string;
      list: string;
      obligations: readonly string[];
      /** Absent where it was taken in from another register. */
      effectiveFrom?: LegalTime;
      until?: LegalTime;
    };
export type KnownListing = Exclude<Listing, { status: 'none' }>;

export const noListing: Listing = { status: 'none' };

/** The facts of a listing's own stream. */
export type ListingFact = Extract<
  CourtFact,
  {
    type:
      | 'court.subject-listed.v1'
      | 'court.listing-taken-in.v1'
      | 'court.subject-delisted.v1'
      | 'court.listing-annulled.v1'
      | 'court.listing-corrected.v1'
      | 'court.listing-retracted.v1';
  }
>;

/** @returns the listing after one more of its facts */
export function evolveListing(state: Listing, fact: ListingFact): Listing {
  if (fact.type === 'court.subject-listed.v1') {
    const { authority, subject, data } = fact;
    if (subject === undefined) throw new Error('a listing names its subject');
    const { listing: id, list, obligations, effectiveFrom, until } = data;
    const about = { id, authority, subject, list, obligations, effectiveFrom };
    const listing = { status: 'listed' as const, ...about };
    return until === undefined ? listing : { ...listing, until };
  }
  if (fact.type === 'court.listing-taken-in.v1') {
    const { authority, subject, data } = fact;
    if (subject === undefined) throw new Error('a listing names its subject');
    const { listing: id, list, obligations } = data;
    return { status: 'listed', id, authority, subject, list, obligations };
  }
  if (state.status === 'none') throw new Error('a listing begins by being listed');
  switch (fact.type) {
    case 'court.subject-delisted.v1':
      return { ...state, status: 'delisted' };
    case 'court.listing-annulled.v1':
      return { ...state, status: 'annulled' };
    case 'court.listing-retracted.v1':
      return { ...state, status: 'retracted' };
    case 'court.listing-corrected.v1': {
      const { until: _, ...others } = state;
      const { effectiveFrom, until } = fact.data;
      return { ...others, effectiveFrom, ...(until === undefined ? {} : { until }) };
    }
    default:
      throw new Error(`no fact of a listing: ${(fact satisfies never as CourtFact).type}`);
  }
}

/** @returns whether it stands: nothing ended it, and its term (if it has one) still runs */
export function isAlive(listing: Listing, at: LegalTime): listing is KnownListing {
  if (listing.status !== 'listed') return false;
  return listing.until === undefined || !hasBegun(listing.until, at);
}
