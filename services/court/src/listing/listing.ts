import type { CourtFact, LegalTime } from '@writ/contracts';
import { hasBegun } from '@writ/law';

/** One listing as its stream tells it. */
export type Listing =
  | { status: 'none' }
  | {
      /** `delisted`: over from then on; `annulled`: as if it never was. */
      status: 'listed' | 'delisted' | 'annulled';
      id: string;
      authority: string;
      subject: string;
      list: string;
      obligations: readonly string[];
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
      | 'court.listing-annulled.v1';
  }
>;

/** @returns the listing after one more of its facts */
export function evolveListing(state: Listing, fact: ListingFact): Listing {
  if (fact.type === 'court.subject-listed.v1') {
    const { authority, subject, data } = fact;
    if (subject === undefined) throw new Error('a listing names its subject');
    const { listing: id, list, obligations, until } = data;
    const listing = { status: 'listed' as const, id, authority, subject, list, obligations };
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
    default:
      throw new Error(`no fact of a listing: ${(fact satisfies never as CourtFact).type}`);
  }
}

/** @returns whether it stands: nothing ended it, and its term (if it has one) still runs */
export function isAlive(listing: Listing, at: LegalTime): listing is KnownListing {
  if (listing.status !== 'listed') return false;
  return listing.until === undefined || !hasBegun(listing.until, at);
}
