import { createHmac, createSecretKey } from 'node:crypto';
import type { Terms } from './source-entry.js';

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

/** Seals what must not be readable: a keyed hash. */
export type Seal = (kind: 'record' | 'content' | 'listing', ...parts: readonly string[]) => string;

/** @param key the service's own key; without it no record id can be guessed back */
export function sealWith(key: Buffer): Seal {
  // A KeyObject: raw bytes cost several times as much on some versions of Node.
  const secret = createSecretKey(key);
  return (kind, ...parts) =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['feed', kind, ...parts]))
      .digest('hex');
}

/**
 * The id of a record's n-th listing: derived, so that a killed import goes on with the same ids;
 * under the service's key, so that nobody else learns the record from it.
 */
export function listingIdOf(seal: Seal, record: string, ordinal: number): string {
  return seal('listing', record, String(ordinal)).slice(0, 32);
}
