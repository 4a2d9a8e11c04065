import { remainder } from '@writ/law';
import { caseStream, listingStream } from '../court-context.js';
import type { CaseFile } from './case-file.js';
import type { OpenCase } from './case.js';

/** @returns a case as a clerk reads it: what is owed and left, what stands, and every version */
export function describeCase(
  { case: open, listings }: CaseFile & { case: OpenCase },
  versions: ReadonlyMap<string, number>,
) {
  return {
    case: open.id,
    version: versions.get(caseStream(open.id)) ?? 0,
    authority: open.authority,
    instrument: open.instrument ?? 'not-stated',
    obligations: [...open.obligations.values()].map(({ id, ...obligation }) => {
      const { amount, performed } = obligation;
      const outstanding = amount && performed ? { outstanding: remainder(amount, performed) } : {};
      return { obligation: id, ...obligation, ...outstanding };
    }),
    notices: [...open.notices.values()].map(({ id, ...notice }) => ({ notice: id, ...notice })),
    listings: listings.map(({ id, authority: _, ...listing }) => ({
      listing: id,
      version: versions.get(listingStream(id)) ?? 0,
      ...listing,
    })),
  };
}
