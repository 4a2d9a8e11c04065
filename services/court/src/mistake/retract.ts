import type { CourtFact } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import {
  courtFact,
  listingStream,
  nowOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';
import type { AnnulRefusal } from '../listing/annul.js';
import { listingInHand } from '../listing/delist.js';
import type { Listing } from '../listing/listing.js';

/** Take back what should not have been recorded. */
export type Retract = Pick<
  Extract<CourtFact, { type: 'court.listing-retracted.v1' }>['data'],
  'reason'
>;

/**
 * The decision was another's, or nobody's: as if it never was, also where it has ended since. A
 * decision that was made and is void is annulled, which is another thing to whoever reads it.
 */
export function retract(
  state: Listing,
  { reason }: Retract,
  context: CourtContext,
): Decision<CourtWrite, AnnulRefusal> {
  const known = listingInHand(state, context);
  if (known.kind === 'refuse') return known;
  const { id, list, subject, status } = known.listing;
  if (status === 'annulled') return refuse('listing_is_annulled', '/path/listing');
  if (status === 'retracted') return refuse('listing_is_retracted', '/path/listing');
  const data = { listing: id, list, reason, retractedAt: nowOf(context).instant };
  const event = courtFact(context, 'court.listing-retracted.v1', subject, data);
  return record({ stream: listingStream(id), event });
}
