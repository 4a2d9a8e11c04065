import type { DeliveredFact, LedgerName, Watermark } from '@writ/contracts';

/** One bucket of one ledger: the unit of order, place and recovery. */
export type BucketKey = { ledger: LedgerName; bucket: number };

/** How far a consumer has come in one bucket. */
export type Place = BucketKey & {
  epoch: number;
  /** Position of the last fact applied in that bucket; -1: none. */
  place: number;
  /** Known to hold nothing more up to here (≥ place); where an embedded reader goes on. */
  upTo: number;
};

/** Facts of one bucket, in order, and the newest watermark, if any. */
export type BucketDelivery = BucketKey & { facts: DeliveredFact[]; watermark?: Watermark };

/** What a transport hands over at once; a consumer applies all of it in one transaction. */
export type Delivery = { buckets: BucketDelivery[] };

/** Told to the transport when a delivery does not join on: fetch (place, before) from the ledger. */
export type Gap = BucketKey & { place: number; before: number };

/** A consumer as a transport sees it. Duplicates, gaps and zombies are settled in `apply`. */
export interface FactConsumer {
  /** Stable: names the places (and the Kafka group). */
  readonly name: string;
  readonly ledgers: readonly LedgerName[];
  places(keys: readonly BucketKey[]): Promise<Place[]>;
  /**
   * Applies what is new, in one transaction with the place; facts at or before the place are
   * dropped. @returns gaps that must be healed first (nothing of such a bucket was applied)
   */
  apply(delivery: Delivery): Promise<{ gaps: Gap[] }>;
}

/** The ledger's own `GET /{service}/v1/facts`, for healing. */
export interface FactFetcher {
  fetch(ledger: LedgerName, after: number, limit: number): Promise<DeliveredFact[]>;
}

/** A transport: embedded (reader role) or Kafka. Services cannot tell which. */
export interface FactSource {
  readonly transport: 'embedded' | 'kafka';
  start(consumer: FactConsumer): Promise<void>;
  stop(): Promise<void>;
}
