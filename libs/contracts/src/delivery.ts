import { Type, type Static } from '@sinclair/typebox';
import { closed, Instant, LedgerNameSchema, type LedgerName } from './envelope.js';

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

const LastPosition = Type.Integer({ minimum: -1 });

/** Where a ledger stands in one bucket. Travels beside the facts; never part of state. */
export const Watermark = closed({
  ledger: LedgerNameSchema,
  epoch: Type.Integer({ minimum: 1 }),
  bucket: Type.Integer({ minimum: 0, maximum: 32 }),
  /** The ledger holds no fact of this bucket in (last, upTo]. -1 on an empty ledger. */
  upTo: LastPosition,
  /** Position of the bucket's last fact; -1 when it has none. */
  last: LastPosition,
  /** When the ledger stood there. */
  at: Instant,
  /**
   * Enforcement only: per source it has assessed (every decision that follows from facts at or
   * before that position is recorded at or before `last`). -1: none yet.
   */
  assessed: Type.Optional(
    closed({ court: LastPosition, regulatory: LastPosition, reference: LastPosition }),
  ),
});
export type Watermark = Static<typeof Watermark>;

/** How an authority stands in one ledger, `GET /{service}/v1/authorities`. */
export type AuthorityStanding = {
  authority: string;
  /** Its newest number: so many facts speak for it. */
  submissions: number;
  /** Of the newest. */
  lastRecordedAt: string;
};

/** Every authority of one ledger, at one moment. */
export type AuthoritiesPage = {
  ledger: LedgerName;
  /** The ledger's clock: ages are told by it. */
  at: string;
  authorities: AuthorityStanding[];
};

/** One page of `GET /{service}/v1/facts?after=P`. */
export type FactsPage = {
  ledger: LedgerName;
  epoch: number;
  /** The ledger's size when the page was read. */
  size: number;
  /** Hex RFC 6962 root over the leaves of that many facts. */
  root: string;
  facts: DeliveredFact[];
  /** Pass as `after` to go on. */
  next: number;
};
