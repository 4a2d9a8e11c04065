import type { DeliveredFact, LedgerName, Watermark } from '@writ/contracts';
import type { ParkReason } from './set-aside.js';

/** One bucket of one ledger: the unit of order, place and recovery. */
export type BucketKey = { ledger: LedgerName; bucket: number };

/** How far a consumer has come in one bucket. */
export type Place = BucketKey & {
  /** Of the fact at `place`; 0 while there is none. With position and leaf it names that fact. */
  epoch: number;
  /** Hex leaf hash of the fact at `place`; absent: none yet, or kept by an older build. */
  leaf?: string;
  /** Newest epoch of the ledger heard of; `upTo` and the watermark hold in it. Absent: `epoch`. */
  ledgerEpoch?: number;
  /** Position of the last fact applied in that bucket; -1: none. */
  place: number;
  /** Known to hold nothing more up to here (≥ place); where an embedded reader goes on. */
  upTo: number;
};

/** Facts of one bucket, in order, and the newest watermark, if any. */
export type BucketDelivery = BucketKey & {
  facts: DeliveredFact[];
  watermark?: Watermark;
  /** After the last of `facts` the ledger holds none of this bucket up to here. */
  upTo?: number;
  /** The ledger's, when it was read: `upTo` holds in it. Absent: that of the newest fact. */
  epoch?: number;
  /** Read from the ledger itself, and the ledger's fact at `place` was seen to be ours. */
  verified?: boolean;
};

/** What a transport hands over at once; a consumer applies all of it in one transaction. */
export type Delivery = { buckets: BucketDelivery[] };

/** Told when a delivery does not join on: fetch what is between place and before. */
export type Gap = BucketKey & { place: number; epoch: number; before: number };

/** Why a bucket stands still until somebody looks: never a skip, never a guess. */
export type StopReason =
  /** Headers missing or contradicting the partition or the body. */
  | 'envelope_cannot_be_read'
  /** A message came that the ledger, asked itself, does not hold. */
  | 'message_is_not_in_the_ledger'
  /** We applied more than the ledger holds now: it was restored behind us. */
  | 'consumer_holds_more_than_the_ledger'
  /** The fact we applied at our place is not the one that the ledger has there. */
  | 'ledger_holds_another_fact'
  /** A fact of an older epoch came after a newer one. */
  | 'message_is_of_a_past_epoch';

export type StoppedBucket = BucketKey & { reason: StopReason; position: number };

/** A fact that was set aside with its subject; the bucket goes on. */
export type ParkedFact = BucketKey & { position: number; type: string; reason: ParkReason };

/** What became of a delivery. Buckets in `gaps` or `stopped` were left untouched. */
export type Applied = { gaps: Gap[]; stopped?: StoppedBucket[]; parked?: ParkedFact[] };

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
  apply(delivery: Delivery): Promise<Applied>;
  /**
   * Tries once more what waits of one subject, in order, as far as it can be taken in.
   *
   * @returns whether nothing of it waits any more; absent: this consumer sets nothing aside
   */
  retry?(ledger: LedgerName, subject: string, fetcher: FactFetcher): Promise<boolean>;
  /**
   * Tries what waits for a type that this build knows: an older build beside it, which shares its
   * buckets while services are upgraded, set it aside. @returns how many subjects were released
   */
  retryUnderstood?(fetcher: FactFetcher): Promise<number>;
}

/** The ledger's own `GET /{service}/v1/facts`, for healing. */
export interface FactFetcher {
  /** @returns facts of all buckets after a position (-1: from the start), dense, ≤ `limit` */
  fetch(ledger: LedgerName, after: number, limit: number): Promise<DeliveredFact[]>;
}

/** For health, metrics and alarms. */
export type SourceStatus = {
  transport: 'embedded' | 'kafka';
  running: boolean;
  /** Buckets that stand still, and why; each was also handed to `onAlarm` once. */
  stopped: StoppedBucket[];
  /** The newest error while reading or applying; undefined once work goes on. */
  trouble?: string;
};

/** A transport: embedded (reader role) or Kafka. Services cannot tell which. */
export interface FactSource {
  readonly transport: 'embedded' | 'kafka';
  start(consumer: FactConsumer): Promise<void>;
  stop(): Promise<void>;
  status(): SourceStatus;
}
