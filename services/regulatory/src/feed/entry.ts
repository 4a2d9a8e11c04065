import type { Seal, Terms } from '@writ/feeds';

/**
 * What the service remembers of one record of a feed: its newest listing. Nothing in it says which
 * record or whom it is about to someone without the service's key.
 */
export type EntryState = {
  /** Sealed (list, record id). */
  record: string;
  /** How many times the record has been listed. */
  ordinal: number;
  listing: string;
  subject: string;
  active: boolean;
  terms: Terms;
  /** Sealed text of all columns that count; null where only events were seen. */
  content: string | null;
  /** Events in the stream of `listing`. */
  version: number;
};

/**
 * The id of a record's n-th listing: derived, so that a killed import goes on with the same ids;
 * under the service's key, so that nobody else learns the record from it.
 */
export function listingIdOf(seal: Seal, record: string, ordinal: number): string {
  return seal('listing', record, String(ordinal)).slice(0, 32);
}
