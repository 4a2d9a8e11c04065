import { ALL_BUCKETS, type DeliveredFact, type LedgerName } from '@writ/contracts';
import { fetcherOf, heal, type BucketKey, type FactConsumer } from '@writ/exchange';
import type { LedgerReader } from '@writ/ledger';

export type Readers = Readonly<Record<LedgerName, LedgerReader>>;

/** How a consumer is followed: each of its buckets by itself, and badly. */
type Cursor = BucketKey & { next: number };

/**
 * A log per bucket between ledgers and one consumer that keeps each bucket's order and nothing
 * else: buckets overtake one another, messages come twice, are lost, or come late; the consumer's
 * offsets are forgotten.
 */
export class FaultyTransport {
  private readonly cursors: Cursor[];
  /** What went wrong, for a run that shows nothing otherwise. */
  readonly faults = { again: 0, lost: 0, rewound: 0, healed: 0 };

  constructor(
    private readonly consumer: FactConsumer,
    private readonly readers: Readers,
    private readonly random: () => number,
  ) {
    this.cursors = consumer.ledgers.flatMap((ledger) =>
      ALL_BUCKETS.map((bucket) => ({ ledger, bucket, next: 0 })),
    );
  }

  /** Delivers something to somebody, or nothing: one of the buckets that have more. */
  async step(): Promise<void> {
    const logs = await this.logs();
    const waiting = this.cursors
      .map((cursor) => ({ cursor, log: logs(cursor) }))
      .filter(({ cursor, log }) => cursor.next < log.length);
    const chosen = waiting[Math.floor(this.random() * waiting.length)];
    if (!chosen) return;
    const { cursor, log } = chosen;
    const size = 1 + Math.floor(this.random() * 4);
    let from = cursor.next;
    if (this.happens(0.15)) {
      from = Math.max(0, from - 3);
      this.faults.again++;
    }
    if (this.happens(0.1) && log.length - from > 1) {
      from++;
      this.faults.lost++;
    }
    const facts = log.slice(from, from + size);
    cursor.next = from + facts.length;
    await this.deliver(cursor, facts);
    if (this.happens(0.05)) {
      cursor.next = 0;
      this.faults.rewound++;
    }
  }

  /** Delivers everything that is left, in order. @returns whether there was anything */
  async drain(): Promise<boolean> {
    const logs = await this.logs();
    let isMore = false;
    for (const cursor of this.cursors) {
      const facts = logs(cursor).slice(cursor.next);
      isMore ||= facts.length > 0;
      cursor.next += facts.length;
      if (facts.length > 0) await this.deliver(cursor, facts);
    }
    return isMore;
  }

  /** A new owner of the buckets starts from offsets that say nothing. */
  restart(): void {
    for (const cursor of this.cursors) cursor.next = 0;
    this.faults.rewound++;
  }

  private async deliver({ ledger, bucket }: BucketKey, facts: DeliveredFact[]): Promise<void> {
    const applied = await this.consumer.apply({ buckets: [{ ledger, bucket, facts }] });
    const stops = [...(applied.stopped ?? [])];
    if (applied.gaps.length > 0) {
      this.faults.healed++;
      stops.push(...(await heal(this.consumer, fetcherOf(this.readers[ledger]), applied.gaps)));
    }
    if (stops.length > 0) throw new Error(`stopped: ${JSON.stringify(stops)}`);
  }

  private async logs(): Promise<(key: BucketKey) => DeliveredFact[]> {
    const byBucket = new Map<string, DeliveredFact[]>();
    for (const ledger of this.consumer.ledgers) {
      for (const fact of (await this.readers[ledger].readFrom(-1, 100_000)).facts) {
        const key = `${ledger}/${fact.bucket}`;
        const log = byBucket.get(key);
        if (log) log.push(fact);
        else byBucket.set(key, [fact]);
      }
    }
    return ({ ledger, bucket }) => byBucket.get(`${ledger}/${bucket}`) ?? [];
  }

  private happens(share: number): boolean {
    return this.random() < share;
  }
}
