import type { LedgerName } from './envelope.js';

/** A fact on its way: the recorded bytes and where they stand. */
export type DeliveredFact = {
  ledger: LedgerName;
  epoch: number;
  position: number;
  bucket: number;
  /** Position of the fact before it in that bucket of that ledger; -1 for the first. */
  prev: number;
  type: string;
  subject?: string;
  /** RFC 8785 text exactly as recorded and hashed. */
  canonical: string;
};

/** Where a ledger stands in one bucket. Travels beside the facts; never part of state. */
export type Watermark = {
  ledger: LedgerName;
  epoch: number;
  bucket: number;
  /** The ledger holds no fact of this bucket in (last, upTo]. -1 on an empty ledger. */
  upTo: number;
  /** Position of the bucket's last fact; -1 when it has none. */
  last: number;
  /** When the ledger stood there. */
  at: string;
  /**
   * Enforcement only: per source it has assessed (every decision that follows from facts at or
   * before that position is recorded at or before `last`). -1: none yet.
   */
  assessed?: { court: number; regulatory: number; reference: number };
};

/** One page of `GET /{service}/v1/facts?after=P`. */
export type FactsPage = {
  ledger: LedgerName;
  epoch: number;
  /** The ledger's size when the page was read. */
  size: number;
  facts: DeliveredFact[];
  /** Pass as `after` to go on. */
  next: number;
};
