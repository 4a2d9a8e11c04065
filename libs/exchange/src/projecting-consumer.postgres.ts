import { setTimeout as delay } from 'node:timers/promises';
import type { DeliveredFact, LedgerName } from '@writ/contracts';
import type { Pool, PoolClient } from 'pg';
import type {
  Applied,
  BucketKey,
  Delivery,
  FactConsumer,
  FactFetcher,
  ParkedFact,
  StoppedBucket,
} from './fact-source.js';
import { contradiction } from './healing.js';
import type { StoredPlace } from './join-on.js';
import { lockPlaces, movePlaces, openPlaces } from './place-store.postgres.js';
import {
  listQuarantine,
  lockQuarantined,
  park,
  parkedSubjects,
  releaseQuarantined,
  type Quarantined,
} from './quarantine.postgres.js';
import { retryEverySubject } from './retry-all.js';
import { splitParked, subjectKey, type ParkReason, type Parking } from './set-aside.js';
import { PoisonFact, sortOut, UnreadableFact } from './sort-out.js';
import { inOneFlight, inTransaction } from './transaction.postgres.js';

const NOTHING = Promise.resolve();

/** @typeParam C what `begin` reads: the same for all that follows in a transaction */
export type ProjectingOptions<C = undefined> = {
  name: string;
  ledgers: readonly LedgerName[];
  /** Of the database that holds both the places and what `fold` writes. */
  pool: Pool;
  clock: { now(): Date };
  /** @returns whether this build knows facts of that type and version */
  understands(type: string): boolean;
  /** Reads, once the places are locked, what `fold` and `moved` have to know. */
  begin?(db: PoolClient): Promise<C>;
  /**
   * Folds new facts (in order within each bucket) inside the transaction that moves the places.
   * May be run again on the same facts after a rollback.
   * @throws PoisonFact naming the fact that cannot be taken in
   * @throws UnreadableFact naming the fact whose text is another's, or none: its bucket stops
   */
  fold(db: PoolClient, fresh: readonly DeliveredFact[], begun: C): Promise<void>;
  /** Told, in that transaction, where the places stand after it; watermarks alone move them too. */
  moved?(db: PoolClient, places: readonly StoredPlace[], begun: C): Promise<void>;
};

/**
 * A consumer whose state and places live in one database: one transaction per delivery. Calls for
 * different buckets may run side by side; a bucket's row lock is the fence between two owners.
 */
export class ProjectingConsumer<C = undefined> implements FactConsumer {
  readonly name: string;
  readonly ledgers: readonly LedgerName[];

  constructor(private readonly options: ProjectingOptions<C>) {
    this.name = options.name;
    this.ledgers = options.ledgers;
  }

  places(keys: readonly BucketKey[]): Promise<StoredPlace[]> {
    return openPlaces(this.options.pool, this.name, keys);
  }

  async apply(delivery: Delivery): Promise<Applied> {
    const poison = new Map<string, DeliveredFact>();
    const unreadable: StoppedBucket[] = [];
    for (;;) {
      const buckets = delivery.buckets.filter((bucket) => !unreadable.some(isOf(bucket)));
      try {
        const applied = await inTransaction(this.options.pool, (db) =>
          this.applyIn(db, { buckets }, poison),
        );
        if (unreadable.length === 0) return applied;
        return { ...applied, stopped: [...(applied.stopped ?? []), ...unreadable] };
      } catch (error) {
        // Rolled back; once more without that bucket, which must not move on.
        if (error instanceof UnreadableFact && buckets.some(isOf(error.fact))) {
          unreadable.push(stopAt(error.fact));
          continue;
        }
        // Rolled back; once more with that subject parked from there on.
        if (!(error instanceof PoisonFact) || poison.has(subjectKey(error.fact))) throw error;
        poison.set(subjectKey(error.fact), error.fact);
      }
    }
  }

  private async applyIn(
    db: PoolClient,
    delivery: Delivery,
    poison: ReadonlyMap<string, DeliveredFact>,
  ): Promise<Applied> {
    const buckets = [...new Set(delivery.buckets.map(({ bucket }) => bucket))];
    // In this order: what waits, and what `begin` reads, are as of the locks.
    const [places, parked, begun] = await inOneFlight<[StoredPlace[], Set<string>, C]>(db, () => [
      lockPlaces(db, this.name, delivery.buckets),
      parkedSubjects(db, this.name, buckets),
      this.begun(db),
    ]);
    const { fresh, moved, applied } = sortOut(places, delivery);
    const split = splitParked(fresh, parked, poison, (type) => this.options.understands(type));
    // The places move with what the fold reads: all or nothing of it is committed.
    await inOneFlight(db, () => [
      split.foldable.length > 0 ? this.options.fold(db, split.foldable, begun) : NOTHING,
      movePlaces(db, this.name, moved),
      this.options.moved?.(db, moved, begun) ?? NOTHING,
    ]);
    await park(db, this.name, split.parkings, this.options.clock.now());
    const setAside = split.parkings.map(parkedFact);
    return setAside.length === 0 ? applied : { ...applied, parked: setAside };
  }

  private async begun(db: PoolClient): Promise<C> {
    return (await this.options.begin?.(db)) as C;
  }

  quarantine(): Promise<Quarantined[]> {
    return listQuarantine(this.options.pool, this.name);
  }

  /**
   * Tries everything that waits once more: on start, since the build may be a newer one. Resolves
   * when each subject was tried, or the pool has ended.
   */
  retryAll(fetcher: FactFetcher): Promise<{ released: number; waiting: number }> {
    return retryAllOf(this, this.options.pool, fetcher);
  }

  retryUnderstood(fetcher: FactFetcher): Promise<number> {
    return retryUnderstoodOf(this, this.options.understands, fetcher);
  }

  /**
   * Folds a subject's waiting facts in their order, as far as they can be taken in.
   *
   * @returns whether none of them waits any more
   */
  async retry(ledger: LedgerName, subject: string, fetcher: FactFetcher): Promise<boolean> {
    const poison = new Map<number, true>();
    for (;;) {
      try {
        return await inTransaction(this.options.pool, (db) =>
          this.retryIn(db, { consumer: this.name, ledger, subject }, fetcher, poison),
        );
      } catch (error) {
        if (!(error instanceof PoisonFact) || poison.has(error.fact.position)) throw error;
        poison.set(error.fact.position, true);
      }
    }
  }

  private async retryIn(
    db: PoolClient,
    of: { consumer: string; ledger: LedgerName; subject: string },
    fetcher: FactFetcher,
    poison: ReadonlyMap<number, true>,
  ): Promise<boolean> {
    const waiting = (await listQuarantine(db, this.name)).find(
      ({ ledger, subject }) => ledger === of.ledger && subject === of.subject,
    );
    if (!waiting) return true;
    const keys = [{ ledger: of.ledger, bucket: waiting.bucket }];
    const [place] = await lockPlaces(db, this.name, keys);
    const locked = await lockQuarantined(db, of);
    if (!locked || !place) return true;
    const facts = await fetchPositions(fetcher, place, locked);
    const stuck = facts.findIndex(
      ({ type, position }) => !this.options.understands(type) || poison.has(position),
    );
    const foldable = stuck < 0 ? facts : facts.slice(0, stuck);
    if (foldable.length > 0) await this.options.fold(db, foldable, await this.begun(db));
    const first = stuck < 0 ? undefined : facts[stuck];
    const rest = first && { facts: facts.slice(stuck), reason: this.reasonFor(first) };
    await releaseQuarantined(db, of, rest);
    return rest === undefined;
  }

  private reasonFor({ type }: DeliveredFact): ParkReason {
    return this.options.understands(type) ? 'fact_is_poison' : 'fact_version_unknown';
  }
}

/** Retries what waits of a consumer; nobody's process is kept alive by the pauses between. */
export function retryAllOf(
  consumer: Pick<ProjectingConsumer, 'quarantine' | 'retry'>,
  pool: Pool,
  fetcher: FactFetcher,
): Promise<{ released: number; waiting: number }> {
  return retryEverySubject({
    list: () => consumer.quarantine(),
    retry: ({ ledger, subject }) => consumer.retry(ledger, subject, fetcher),
    pause: async (ms) => delay(ms, undefined, { ref: false }),
    isOver: () => pool.ending || pool.ended,
  });
}

/** As `FactConsumer.retryUnderstood`; a subject whose ledger is away comes again with the next. */
export async function retryUnderstoodOf(
  consumer: Pick<ProjectingConsumer, 'quarantine' | 'retry'>,
  understands: (type: string) => boolean,
  fetcher: FactFetcher,
): Promise<number> {
  let released = 0;
  for (const { ledger, subject, reason, factType } of await consumer.quarantine()) {
    if (reason !== 'fact_version_unknown' || !understands(factType)) continue;
    if (await consumer.retry(ledger, subject, fetcher).catch(() => false)) released++;
  }
  return released;
}

function isOf({ ledger, bucket }: BucketKey) {
  return (other: BucketKey) => other.ledger === ledger && other.bucket === bucket;
}

function stopAt({ ledger, bucket, position }: DeliveredFact): StoppedBucket {
  return { ledger, bucket, reason: 'envelope_cannot_be_read', position };
}

function parkedFact({ fact, reason }: Parking): ParkedFact {
  const { ledger, bucket, position, type } = fact;
  return { ledger, bucket, position, type, reason };
}

/**
 * Positions of one subject are scattered over the ledger: fetched one by one, they are few. Only
 * positions were kept, so that a ledger restored since may have other facts there: of a later
 * epoch, of another subject, or before a place at which it does not hold what we applied.
 *
 * @throws Error when the ledger does not hold what waits
 */
export async function fetchPositions(
  fetcher: FactFetcher,
  place: StoredPlace,
  { ledger, subject, positions }: Quarantined,
): Promise<DeliveredFact[]> {
  const reason = await contradiction(fetcher, place);
  if (reason !== undefined) throw new Error(`${ledger}/${place.place} contradicts us: ${reason}`);
  const facts: DeliveredFact[] = [];
  for (const position of [...positions].sort((a, b) => a - b)) {
    const [fact] = await fetcher.fetch(ledger, position - 1, 1);
    const isThere = fact?.position === position && (fact.subject ?? '') === subject;
    if (!isThere || fact.epoch > place.epoch) {
      throw new Error(`${ledger} does not hold ${position} as it was set aside`);
    }
    facts.push(fact);
  }
  return facts;
}
