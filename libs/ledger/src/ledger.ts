import type { AppendCommand, AppendOutcome, Ledger, StreamRead } from '@writ/decider';
import type { DeliveredFact, Fact, LedgerName, NewFact, Watermark } from '@writ/contracts';

/** A recorded fact with what the ledger keeps beside it. */
export type RecordedFact = DeliveredFact & {
  stream: string;
  version: number;
  /** Hex RFC 6962 leaf hash of `canonical`. */
  leaf: string;
  recordedAt: string;
  /** Parsed on first use. */
  fact: Fact;
};

export type FactCommand = AppendCommand<NewFact>;
export type FactOutcome = AppendOutcome<RecordedFact>;

/** One imported row's events: all or none of a command's events are in one chunk. */
export type BulkCommand = Omit<FactCommand, 'fingerprint'> & { fingerprint: string };

/** Where a ledger stands. */
export type LedgerHead = {
  ledger: LedgerName;
  epoch: number;
  /** Number of events = next position. */
  size: number;
  /** Hex RFC 6962 root over all leaves. */
  root: string;
  /** Per bucket (33) the position of its last fact, -1 when none. */
  bucketLast: number[];
  recordedAt: string | null;
};

/** May append. Its database role cannot UPDATE or DELETE. */
export interface LedgerWriter extends Ledger<RecordedFact, NewFact> {
  append(command: FactCommand): Promise<FactOutcome>;
  /** In chunks of ≤ 1,000 events, others' commands between them; outcomes in order. */
  appendBulk(commands: readonly BulkCommand[]): Promise<FactOutcome[]>;
  readStream(stream: string): Promise<StreamRead<RecordedFact>>;
  close(): Promise<void>;
}

/** May read; a different database role. */
export interface LedgerReader {
  readStream(stream: string): Promise<StreamRead<RecordedFact>>;
  /** Facts after a position (-1: all), dense, at most `limit`; one short transaction. */
  readFrom(after: number, limit: number): Promise<{ facts: DeliveredFact[]; head: LedgerHead }>;
  /** The last position recorded at or before a time; -1 when none. */
  positionAt(recordedAt: string): Promise<number>;
  head(): Promise<LedgerHead>;
  /** Resolves when the ledger is larger than `size`, or after `ms`; LISTEN, else polling. */
  grownBeyond(size: number, ms: number): Promise<void>;
  verify(onProgress?: (checked: number, size: number) => void): Promise<LedgerVerification>;
  close(): Promise<void>;
}

export type LedgerVerification = {
  ok: boolean;
  size: number;
  root: string;
  /** The first few: position and the rule broken. */
  faults: { position: number; rule: string }[];
};

/** @returns the watermark of each bucket when a ledger stands at `head` */
export function watermarksOf(head: LedgerHead, at: string): Watermark[] {
  return head.bucketLast.map((last, bucket) => ({
    ledger: head.ledger,
    epoch: head.epoch,
    bucket,
    upTo: head.size - 1,
    last,
    at,
  }));
}
