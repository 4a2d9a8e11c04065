import type { Fact, LedgerName } from '@writ/contracts';
import type { RecordedFact } from './ledger.js';
import { recordedAtOf, typeAndSubject } from './envelope.js';
import type { SequencedEvent } from './sequence.js';

/**
 * A recorded fact. `fact` is parsed on first use, since most callers want a receipt only; being a
 * getter it does not survive a spread.
 */
class LazyFact implements RecordedFact {
  readonly ledger: LedgerName;
  readonly epoch: number;
  readonly position: number;
  readonly bucket: number;
  readonly prev: number;
  readonly type: string;
  readonly subject?: string;
  readonly stream: string;
  readonly version: number;
  readonly leaf: string;
  readonly recordedAt: string;
  readonly canonical: string;
  #fact: Fact | undefined;

  constructor(ledger: LedgerName, event: SequencedEvent) {
    this.ledger = ledger;
    this.epoch = event.epoch;
    this.position = event.position;
    this.bucket = event.bucket;
    this.prev = event.prev;
    this.type = event.type;
    if (event.subject !== undefined) this.subject = event.subject;
    this.stream = event.stream;
    this.version = event.version;
    this.leaf = event.leaf;
    this.recordedAt = event.recordedAt;
    this.canonical = event.canonical;
  }

  get fact(): Fact {
    return (this.#fact ??= JSON.parse(this.canonical) as Fact);
  }
}

/** @returns the event as callers see it */
export function recordedFact(ledger: LedgerName, event: SequencedEvent): RecordedFact {
  return new LazyFact(ledger, event);
}

/** An event as read from its table; `leaf` as Postgres writes bytea: `\\x` and hex digits. */
export type EventRow = {
  position: string;
  prev: string;
  version: number;
  epoch: number;
  bucket: number;
  stream: string;
  leaf: string;
  canonical: string;
};

/** @returns the event of a row as callers see it */
export function recordedFactOfRow(ledger: LedgerName, row: EventRow): RecordedFact {
  const { version, epoch, bucket, stream, canonical } = row;
  const { type, subject } = typeAndSubject(canonical);
  const places = { position: Number(row.position), prev: Number(row.prev), version, epoch };
  const texts = { stream, canonical, type, subject, recordedAt: recordedAtOf(canonical) };
  return new LazyFact(ledger, { ...places, ...texts, bucket, leaf: row.leaf.slice(2) });
}
