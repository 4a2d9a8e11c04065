import type { DeliveredFact, LedgerName } from '@writ/contracts';
import type { Applied, BucketKey, Delivery, FactConsumer, FactFetcher } from './fact-source.js';
import type { StoredPlace } from './join-on.js';
import {
  ProjectingConsumer,
  retryAllOf,
  retryUnderstoodOf,
  type ProjectingOptions,
} from './projecting-consumer.postgres.js';
import type { Quarantined } from './quarantine.postgres.js';
import { PoisonFact, UnreadableFact } from './sort-out.js';

export type DecidingOptions = Omit<ProjectingOptions, 'fold'> & {
  /**
   * Decides and records what follows from new facts (in order within each bucket); resolves when
   * all receipts are in. Every append carries `decidingKey`, since the same facts may come again.
   * @throws PoisonFact naming the fact that cannot be decided on
   * @throws UnreadableFact naming the fact whose text is another's, or none: its bucket stops
   */
  decide(fresh: readonly DeliveredFact[]): Promise<void>;
};

/**
 * The key under which a deciding consumer records what follows from a fact. A redelivered fact
 * finds it, so two owners of a bucket, or a crash before the place moved, record nothing twice.
 */
export function decidingKey(consumer: string, fact: DeliveredFact): string {
  return `${consumer}/${fact.ledger}/${fact.epoch}/${fact.position}`;
}

/** Rolls the place back until the facts have been decided on. */
class Undecided extends Error {
  constructor(readonly facts: readonly DeliveredFact[]) {
    super('not decided yet');
  }
}

/**
 * A consumer that records in a ledger of its own: it cannot move its place in the sequencer's
 * transaction, so it appends first, keyed, and moves its place after the receipts.
 */
export class DecidingConsumer implements FactConsumer {
  readonly name: string;
  readonly ledgers: readonly LedgerName[];
  private readonly keeping: ProjectingConsumer;
  /** Recorded, place not yet moved. */
  private readonly decided = new Set<string>();
  /** What could not be decided on, until the transaction of the places takes note of it. */
  private readonly unfit = new Map<string, PoisonFact | UnreadableFact>();

  constructor(private readonly options: DecidingOptions) {
    this.name = options.name;
    this.ledgers = options.ledgers;
    this.keeping = new ProjectingConsumer({
      ...options,
      fold: async (_, fresh) => this.check(fresh),
    });
  }

  places(keys: readonly BucketKey[]): Promise<StoredPlace[]> {
    return this.keeping.places(keys);
  }

  async apply(delivery: Delivery): Promise<Applied> {
    const applied = await this.decidingFirst(() => this.keeping.apply(delivery));
    this.forget(delivery.buckets.flatMap(({ facts }) => facts));
    return applied;
  }

  quarantine(): Promise<Quarantined[]> {
    return this.keeping.quarantine();
  }

  /** As for a projecting consumer: what waits is decided on, in order, as far as it goes. */
  retry(ledger: LedgerName, subject: string, fetcher: FactFetcher): Promise<boolean> {
    this.unfit.clear();
    return this.decidingFirst(() => this.keeping.retry(ledger, subject, fetcher));
  }

  retryAll(fetcher: FactFetcher): Promise<{ released: number; waiting: number }> {
    return retryAllOf(this, this.options.pool, fetcher);
  }

  retryUnderstood(fetcher: FactFetcher): Promise<number> {
    return retryUnderstoodOf(this, this.options.understands, fetcher);
  }

  private async decidingFirst<T>(move: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await move();
      } catch (error) {
        if (!(error instanceof Undecided)) throw error;
        await this.decide(error.facts);
      }
    }
  }

  private async decide(facts: readonly DeliveredFact[]): Promise<void> {
    const undecided = facts.filter((fact) => !this.decided.has(decidingKey(this.name, fact)));
    try {
      await this.options.decide(undecided);
      for (const fact of undecided) this.decided.add(decidingKey(this.name, fact));
    } catch (error) {
      if (!(error instanceof PoisonFact || error instanceof UnreadableFact)) throw error;
      this.unfit.set(decidingKey(this.name, error.fact), error);
    }
  }

  private check(fresh: readonly DeliveredFact[]): void {
    for (const fact of fresh) {
      const unfit = this.unfit.get(decidingKey(this.name, fact));
      if (unfit) throw unfit;
    }
    if (fresh.some((fact) => !this.decided.has(decidingKey(this.name, fact)))) {
      throw new Undecided(fresh);
    }
  }

  private forget(facts: readonly DeliveredFact[]): void {
    for (const fact of facts) {
      this.decided.delete(decidingKey(this.name, fact));
      this.unfit.delete(decidingKey(this.name, fact));
    }
  }
}
