import type { CourtFact } from '@writ/contracts';
import type { ReadStream } from '@writ/decider';
import type { RecordedFact } from '@writ/ledger';
import { caseStream, listingStream } from '../court-context.js';
import {
  evolveListing,
  noListing,
  type KnownListing,
  type Listing,
  type ListingFact,
} from '../listing/listing.js';
import { evolveCase, unknownCase, type Case, type CaseFact } from './case.js';

/** A case and the listings that rest on it, in their order: listing n has the id `<case>-<n>`. */
export type CaseFile = { case: Case; listings: readonly KnownListing[] };

export const emptyFile: CaseFile = { case: unknownCase, listings: [] };

/** @returns the file after one more fact of the case or of one of its listings */
export function evolveFile(file: CaseFile, fact: CourtFact): CaseFile {
  switch (fact.type) {
    case 'court.cases-taken-in.v1':
      return file;
    case 'court.subject-listed.v1':
    case 'court.listing-taken-in.v1':
    case 'court.subject-delisted.v1':
    case 'court.listing-annulled.v1':
    case 'court.listing-corrected.v1':
    case 'court.listing-retracted.v1':
      return { ...file, listings: withListingFact(file.listings, fact) };
    default:
      return { ...file, case: evolveCase(file.case, fact) };
  }
}

function withListingFact(
  listings: readonly KnownListing[],
  fact: ListingFact,
): readonly KnownListing[] {
  const before = listings.find(({ id }) => id === fact.data.listing) ?? noListing;
  const after = evolveListing(before, fact);
  if (after.status === 'none') return listings;
  if (before.status === 'none') return [...listings, after];
  return listings.map((listing) => (listing.id === after.id ? after : listing));
}

/** @returns the case alone: enough for what no listing bears on */
export async function readCase(read: ReadStream<RecordedFact>, caseId: string): Promise<Case> {
  const events = await read(caseStream(caseId));
  return events.map(({ fact }) => fact as CaseFact).reduce(evolveCase, unknownCase);
}

/** @returns one listing alone */
export async function readListing(
  read: ReadStream<RecordedFact>,
  listingId: string,
): Promise<Listing> {
  const events = await read(listingStream(listingId));
  return events.map(({ fact }) => fact as ListingFact).reduce(evolveListing, noListing);
}

/**
 * Reads a case with all its listings. The first empty listing stream is read too, and so is
 * expected to be still empty when the decision is appended: a listing cannot slip in beside the
 * payment that forbids it, nor two listings take one number.
 */
export async function readCaseFile(
  read: ReadStream<RecordedFact>,
  caseId: string,
): Promise<CaseFile> {
  const known = await readCase(read, caseId);
  const listings: KnownListing[] = [];
  for (;;) {
    const listing = await readListing(read, `${caseId}-${listings.length + 1}`);
    if (listing.status === 'none') return { case: known, listings };
    listings.push(listing);
  }
}
