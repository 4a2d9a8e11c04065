import type { Watermark } from '@writ/contracts';
import type {
  BucketDelivery,
  BucketKey,
  FactConsumer,
  FactFetcher,
  StoppedBucket,
  StopReason,
} from './fact-source.js';
import { heal, type Hole } from './healing.js';

/** What a transport puts in: one bucket's facts and how to say that they are applied. */
export type InboxEntry = BucketDelivery & {
  /** The ledger holds a fact there that never came: fetch it. */
  catchUpTo?: number;
  /** Called once the facts are durably applied (or found to be so already). */
  done?: () => void;
};

export type InboxOptions = {
  consumer: FactConsumer;
  fetcher: FactFetcher;
  /** Waits before trying again; comes in so that tests need no clock. */
  pause: (ms: number) => Promise<void>;
  onAlarm: (stopped: StoppedBucket) => void;
  /** Told when what is wrong changes; undefined once work goes on. */
  onTrouble?: (message: string | undefined) => void;
  /** Transactions side by side; a slow bucket occupies one of them. */
  lanes?: number;
};

type Waiting = BucketKey & {
  facts: BucketDelivery['facts'];
  watermark?: Watermark;
  catchUpTo?: number;
  done: (() => void)[];
};

const RETRY_MS = [50, 200, 500, 1_000, 2_000];

/**
 * Group commit for a consumer: everything that came in while transactions ran goes into the next
 * one. A bucket number is in one transaction at a time, whatever the ledger, so that a subject's
 * folds never meet within a process; a slow bucket delays those it shares one transaction with,
 * once, and nobody else.
 *
 * An error of the database is tried again until it works or the inbox closes: the transport's own
 * retrying would stop every bucket.
 */
export class DeliveryInbox {
  private readonly waiting = new Map<string, Waiting>();
  private readonly busy = new Set<number>();
  private readonly stoppedBuckets = new Map<string, StoppedBucket>();
  private readonly running = new Set<Promise<void>>();
  /** Facts put in and not yet applied, per bucket. */
  private readonly load = new Map<string, number>();
  private loadOfAll = 0;
  private lighter: (() => void)[] = [];
  private watermarksDue = false;
  private closed = false;
  /** The newest error while applying or healing; undefined once work goes on. */
  trouble: string | undefined;

  constructor(private readonly options: InboxOptions) {}

  put(entry: InboxEntry): void {
    if (this.closed || this.isStopped(entry)) return;
    const key = keyOf(entry);
    const waiting: Waiting = this.waiting.get(key) ?? {
      ledger: entry.ledger,
      bucket: entry.bucket,
      facts: [],
      done: [],
    };
    waiting.facts.push(...entry.facts);
    if (entry.watermark) waiting.watermark = entry.watermark;
    if (entry.done) waiting.done.push(entry.done);
    this.waiting.set(key, waiting);
    this.lift(key, entry.facts.length);
    if (entry.catchUpTo !== undefined) waiting.catchUpTo = entry.catchUpTo;
    if (isUrgent(waiting)) this.pump();
  }

  /** Watermarks alone are no reason for a transaction; the transport's timer calls this. */
  flushWatermarks(): void {
    this.watermarksDue = true;
    this.pump();
  }

  /** Stops a bucket for good (until a restart), whoever found out. */
  stop(key: BucketKey, reason: StopReason, position: number): void {
    if (this.isStopped(key)) return;
    const stopped = { ledger: key.ledger, bucket: key.bucket, reason, position };
    this.stoppedBuckets.set(keyOf(key), stopped);
    this.forget(keyOf(key));
    this.options.onAlarm(stopped);
  }

  isStopped(key: BucketKey): boolean {
    return this.stoppedBuckets.has(keyOf(key));
  }

  stopped(): StoppedBucket[] {
    return [...this.stoppedBuckets.values()];
  }

  /** Forgets what waits for these buckets: they were handed to another process. */
  drop(isGone: (key: BucketKey) => boolean): void {
    for (const [key, waiting] of this.waiting) if (isGone(waiting)) this.forget(key);
  }

  /** Facts that came in and are not applied yet: of one bucket, or of all. */
  outstanding(key?: BucketKey): number {
    return key ? (this.load.get(keyOf(key)) ?? 0) : this.loadOfAll;
  }

  /** Resolves when something was applied or dropped. */
  becomesLighter(): Promise<void> {
    return new Promise((resolve) => this.lighter.push(resolve));
  }

  /** Takes nothing more in and waits for what is being applied. */
  async close(): Promise<void> {
    this.closed = true;
    this.drop(() => true);
    await Promise.all(this.running);
  }

  private forget(key: string): void {
    const waiting = this.waiting.get(key);
    this.waiting.delete(key);
    this.lift(key, -(waiting?.facts.length ?? 0));
  }

  private lift(key: string, facts: number): void {
    this.load.set(key, (this.load.get(key) ?? 0) + facts);
    this.loadOfAll += facts;
    if (facts > 0) return;
    const waiters = this.lighter;
    this.lighter = [];
    waiters.forEach((resolve) => resolve());
  }

  private pump(): void {
    while (!this.closed && this.running.size < (this.options.lanes ?? 3)) {
      const batch = this.take();
      if (batch.length === 0) return;
      const run: Promise<void> = this.process(batch).finally(() => {
        for (const waiting of batch) {
          this.busy.delete(waiting.bucket);
          this.lift(keyOf(waiting), -waiting.facts.length);
        }
        this.running.delete(run);
        this.pump();
      });
      this.running.add(run);
    }
  }

  /** Everything that may go now; one transaction's worth. */
  private take(): Waiting[] {
    const batch: Waiting[] = [];
    const taken = new Set<number>();
    for (const [key, waiting] of this.waiting) {
      if (this.busy.has(waiting.bucket)) continue;
      if (!isUrgent(waiting) && !this.watermarksDue) continue;
      batch.push(waiting);
      taken.add(waiting.bucket);
      this.waiting.delete(key);
    }
    for (const bucket of taken) this.busy.add(bucket);
    this.watermarksDue = false;
    return batch;
  }

  private async process(batch: Waiting[]): Promise<void> {
    for (let attempt = 0; !this.closed; attempt++) {
      try {
        await this.applyAndHeal(batch);
        this.troubled(undefined);
        for (const waiting of batch) {
          if (!this.isStopped(waiting)) waiting.done.forEach((call) => call());
        }
        return;
      } catch (error) {
        this.troubled(error instanceof Error ? error.message : String(error));
        await this.options.pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 1_000);
      }
    }
  }

  private troubled(message: string | undefined): void {
    if (this.trouble === message) return;
    this.trouble = message;
    this.options.onTrouble?.(message);
  }

  private async applyAndHeal(batch: readonly Waiting[]): Promise<void> {
    const { consumer, fetcher } = this.options;
    let open = batch.filter((waiting) => !this.isStopped(waiting));
    while (open.length > 0) {
      const { gaps, stopped } = await consumer.apply({ buckets: open.map(asDelivery) });
      for (const stop of stopped ?? []) this.stop(stop, stop.reason, stop.position);
      const holes = [...gaps, ...open.flatMap(catchingUp)];
      for (const stop of await heal(consumer, fetcher, holes)) {
        this.stop(stop, stop.reason, stop.position);
      }
      const short = new Set(gaps.map(keyOf));
      open = open.filter((waiting) => short.has(keyOf(waiting)) && !this.isStopped(waiting));
    }
  }
}

function isUrgent({ facts, catchUpTo }: Waiting): boolean {
  return facts.length > 0 || catchUpTo !== undefined;
}

function catchingUp({ ledger, bucket, catchUpTo }: Waiting): Hole[] {
  return catchUpTo === undefined ? [] : [{ ledger, bucket, before: catchUpTo }];
}

function asDelivery({ ledger, bucket, facts, watermark }: Waiting): BucketDelivery {
  return { ledger, bucket, facts, ...(watermark ? { watermark } : {}) };
}

function keyOf({ ledger, bucket }: BucketKey): string {
  return `${ledger}/${bucket}`;
}
