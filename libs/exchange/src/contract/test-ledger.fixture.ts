import { bucketOf, type DeliveredFact } from '@writ/contracts';
import type { LedgerHead, LedgerReader } from '@writ/ledger';

/** What a test records: a subject (or none) and, where it matters, a type. */
export type Entry = { subject?: string; type?: string };

export const KNOWN_TYPE = 'court.subject-listed.v1';
const RECORDED_AT = '2026-03-01T00:00:00.000Z';

/** A court ledger in memory, with what tests need of restores and outages. */
export class TestLedger {
  private facts: DeliveredFact[] = [];
  private epoch = 1;
  private life = 1;
  private waiters: (() => void)[] = [];
  /** Thrown by every read while set. */
  outage: Error | undefined;
  /** What a reader gets instead of the page it asked for. */
  onRead: ((after: number, limit: number) => DeliveredFact[]) | undefined;

  record(...entries: readonly Entry[]): DeliveredFact[] {
    const recorded = entries.map((entry) => this.fact(entry));
    const waiters = this.waiters;
    this.waiters = [];
    waiters.forEach((wake) => wake());
    return recorded;
  }

  /** As after a restore from an older backup: later facts are gone, a new epoch begins. */
  restoreTo(size: number): void {
    this.forgetFrom(size);
    this.epoch++;
  }

  /** As after a restore for which nobody opened an epoch: other facts will stand there. */
  forgetFrom(size: number): void {
    this.facts = this.facts.slice(0, size);
    this.life++;
  }

  all(): readonly DeliveredFact[] {
    return this.facts;
  }

  head(): LedgerHead {
    const bucketLast = Array.from({ length: 33 }, () => -1);
    for (const { bucket, position } of this.facts) bucketLast[bucket] = position;
    return {
      ledger: 'court',
      epoch: this.epoch,
      size: this.facts.length,
      root: '',
      bucketLast,
      recordedAt: this.facts.length === 0 ? null : RECORDED_AT,
    };
  }

  /** As the ledger's own page of facts: never changed on its way. */
  page(after: number, limit: number): DeliveredFact[] {
    if (this.outage) throw this.outage;
    // As the database does, which takes no other numbers.
    if (!Number.isSafeInteger(after)) throw new Error(`${after} is no position`);
    return this.facts.slice(after + 1, after + 1 + limit);
  }

  reader(): LedgerReader {
    const notNeeded = async () => {
      throw new Error('the exchange does not read this');
    };
    return {
      readFrom: async (after, limit) => {
        const facts = this.onRead?.(after, limit) ?? this.page(after, limit);
        return { facts, head: this.head() };
      },
      head: async () => this.head(),
      grownBeyond: (size, ms) => this.grownBeyond(size, ms),
      readStream: notNeeded,
      positionAt: notNeeded,
      verify: notNeeded,
      close: async () => {},
    };
  }

  private grownBeyond(size: number, ms: number): Promise<void> {
    if (this.facts.length > size) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private fact({ subject, type = KNOWN_TYPE }: Entry): DeliveredFact {
    const position = this.facts.length;
    const bucket = bucketOf(subject);
    const prev = this.facts.findLast((fact) => fact.bucket === bucket)?.position ?? -1;
    const envelope = {
      data: { life: this.life, n: position },
      epoch: this.epoch,
      ledger: 'court',
      position,
      recordedAt: RECORDED_AT,
      ...(subject === undefined ? {} : { subject }),
      type,
    };
    const fact: DeliveredFact = {
      ledger: 'court',
      epoch: this.epoch,
      position,
      bucket,
      prev,
      type,
      ...(subject === undefined ? {} : { subject }),
      canonical: JSON.stringify(envelope),
    };
    this.facts.push(fact);
    return fact;
  }
}

/** A subject id of a bucket; made up, and nobody's. */
export function subjectIn(bucket: number, n = 0): string {
  return bucket.toString(16).padStart(2, '0') + n.toString(16).padStart(30, '0');
}

/** Facts of twelve subjects in six buckets, mixed, every tenth without a subject. */
export function mixed(count: number): Entry[] {
  return Array.from({ length: count }, (_, n) =>
    n % 10 === 9 ? {} : { subject: subjectIn((n * 7) % 6, (n * 5) % 2) },
  );
}
