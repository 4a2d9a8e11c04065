import type { DeliveredFact, LedgerName } from '@writ/contracts';
import type { StreamRead } from '@writ/decider';
import { decideBatch, streamsOf, type KeyRow, type Verdict } from './batch.js';
import type { Clock } from './clock.js';
import { factValidator } from './fact-validators.js';
import type { FactCommand, FactOutcome, LedgerHead, LedgerReader, LedgerWriter } from './ledger.js';
import type { RecordedFact } from './ledger.js';
import { frontierOf, rootOfFrontier, type Tile } from './merkle.js';
import { keyHashOf, prepareCommand } from './prepare-command.js';
import { recordedFact } from './recorded-fact.js';
import { emptySequence, type SequencedEvent } from './sequence.js';
import { LedgerCheck, type StoredBatch } from './verify-facts.js';

export type MemoryLedgerOptions = { ledger: LedgerName; clock: Clock; epoch?: number };

/** The ledger's twin in memory: same decisions, same bytes, nothing durable. */
export type MemoryLedger = { writer: LedgerWriter; reader: LedgerReader };

/** @returns writer and reader of one new, empty ledger */
export function openMemoryLedger({ ledger, clock, epoch = 1 }: MemoryLedgerOptions): MemoryLedger {
  const store = new MemoryStore(ledger, clock, epoch);
  const readStream = async (stream: string) => store.readStream(stream);
  const close = async () => undefined;
  return {
    writer: {
      readStream,
      findKey: async (key) => store.findKey(key),
      append: async (command) => store.append(command),
      appendBulk: async (commands) => commands.map((command) => store.append(command)),
      close,
    },
    reader: {
      readStream,
      readFrom: async (after, limit) => store.readFrom(after, limit),
      positionAt: async (recordedAt) => store.positionAt(recordedAt),
      head: async () => store.head(),
      grownBeyond: (size, ms) => store.grownBeyond(size, ms),
      verify: async (onProgress) => store.verify(onProgress),
      close,
    },
  };
}

class MemoryStore {
  readonly #events: SequencedEvent[] = [];
  readonly #streams = new Map<string, RecordedFact[]>();
  readonly #keys = new Map<string, KeyRow>();
  readonly #batches: StoredBatch[] = [];
  readonly #tiles: Tile[] = [];
  readonly #validate;
  readonly #state;
  #wake = new Set<() => void>();

  constructor(
    private readonly ledger: LedgerName,
    private readonly clock: Clock,
    private readonly epoch: number,
  ) {
    this.#validate = factValidator(ledger);
    this.#state = emptySequence(ledger, epoch);
  }

  readStream(stream: string): StreamRead<RecordedFact> {
    const events = [...(this.#streams.get(stream) ?? [])];
    return { stream, version: events.length, events };
  }

  findKey(key: string): { fingerprint: string; events: RecordedFact[] } | undefined {
    const row = this.#keys.get(keyHashOf(key));
    return row && { fingerprint: row.fingerprint, events: this.#range(row.first, row.count) };
  }

  append(command: FactCommand): FactOutcome {
    const prepared = prepareCommand(this.ledger, this.#validate, command);
    const streams = streamsOf([prepared]);
    const versions = new Map(streams.map((s) => [s, this.#streams.get(s)?.length ?? 0]));
    const clock = this.clock.now().toISOString();
    const batch = decideBatch(this.#state, [prepared], versions, this.#keys, clock);
    for (const event of batch.events) {
      this.#events.push(event);
      const stream = this.#streams.get(event.stream);
      const fact = recordedFact(this.ledger, event);
      if (stream) stream.push(fact);
      else this.#streams.set(event.stream, [fact]);
    }
    if (batch.events.length > 0) {
      const size = this.#events.length;
      const { bucketLast, recordedAt, epoch, frontier, tiles } = batch;
      this.#batches.push({
        size,
        frontier,
        bucketLast,
        recordedAt,
        epoch,
      });
      this.#tiles.push(...tiles);
      for (const wake of [...this.#wake]) wake();
    }
    return this.#outcome(batch.verdicts[0]);
  }

  #outcome(verdict: Verdict | undefined): FactOutcome {
    switch (verdict?.kind) {
      case 'recorded':
        return {
          outcome: 'recorded',
          events: verdict.events.map((event) => recordedFact(this.ledger, event)),
        };
      case 'known':
        return { outcome: 'known', events: this.#range(verdict.first, verdict.count) };
      case 'key_reused':
        return { outcome: 'refused', reason: 'key_reused_with_another_body' };
      case 'conflict':
        return { outcome: 'conflict', stream: verdict.stream };
      case undefined:
        throw new Error('a command without verdict');
    }
  }

  #range(first: number, count: number): RecordedFact[] {
    const events = this.#events.slice(first, first + count);
    return events.map((event) => recordedFact(this.ledger, event));
  }

  readFrom(after: number, limit: number): { facts: DeliveredFact[]; head: LedgerHead } {
    const events = this.#events.slice(after + 1, after + 1 + limit);
    const facts = events.map(({ epoch, position, bucket, prev, type, subject, canonical }) => ({
      ...{ ledger: this.ledger, epoch, position, bucket, prev, type },
      ...(subject === undefined ? {} : { subject }),
      canonical,
    }));
    return { facts, head: this.head() };
  }

  positionAt(recordedAt: string): number {
    // Another precision must not matter: times are compared as times.
    const at = Date.parse(recordedAt);
    return this.#events.findLastIndex((event) => Date.parse(event.recordedAt) <= at);
  }

  head(): LedgerHead {
    const { tree, bucketLast, recordedAt } = this.#state;
    const root = rootOfFrontier(frontierOf(tree));
    const at = recordedAt === '' ? null : recordedAt;
    const { ledger, epoch } = this;
    return { ledger, epoch, size: tree.size, root, bucketLast: [...bucketLast], recordedAt: at };
  }

  async grownBeyond(size: number, ms: number): Promise<void> {
    if (this.#events.length > size) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#wake.delete(wake);
        resolve();
      };
      const wake = () => {
        if (this.#events.length > size) done();
      };
      const timer = setTimeout(done, ms);
      this.#wake.add(wake);
    });
  }

  verify(onProgress?: (checked: number, size: number) => void) {
    const check = new LedgerCheck(this.ledger, [{ epoch: this.epoch, from: 0 }]);
    const events = this.#events.map((event) => ({
      ...event,
      previousVersionAt: this.#streams.get(event.stream)?.[event.version - 2]?.position ?? -1,
    }));
    check.page(events, this.#batches, this.#tiles);
    onProgress?.(check.size, this.#events.length);
    return check.result(this.#events.length);
  }
}
