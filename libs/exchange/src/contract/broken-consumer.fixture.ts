import type { DeliveredFact, LedgerName } from '@writ/contracts';
import type { Applied, BucketKey, Delivery, FactConsumer, Gap } from '../fact-source.js';
import { movedOn, type StoredPlace } from '../join-on.js';
import { loadPlaces, lockPlaces, movePlaces } from '../place-store.postgres.js';
import type { ProjectingOptions } from '../projecting-consumer.postgres.js';
import { PoisonFact } from '../sort-out.js';

/** One mistake each; every line of the contract must catch its own. */
export type Fault =
  | 'order-reversed'
  | 'duplicates-kept'
  | 'no-prev-check'
  | 'place-moved-first'
  | 'fold-committed-first'
  | 'place-in-memory'
  | 'no-lock'
  | 'slow-skipped'
  | 'unknown-skipped'
  | 'poison-skipped'
  /** What cannot be read is an error like any other: tried again, with all that came with it. */
  | 'unreadable-retried'
  /** What is known to be empty is kept when the ledger begins another epoch. */
  | 'up-to-kept'
  /** Of a deciding consumer: what it records carries no key. */
  | 'no-key'
  /** Of a deciding consumer: the place moves before what it decided is recorded. */
  | 'place-before-receipt';

/** A consumer as one would write it in a hurry; right but for one fault. */
export class BrokenConsumer implements FactConsumer {
  readonly name: string;
  readonly ledgers: readonly LedgerName[];
  private readonly memory = new Map<string, StoredPlace>();

  constructor(
    private readonly options: ProjectingOptions,
    private readonly fault: Fault,
  ) {
    this.name = options.name;
    this.ledgers = options.ledgers;
  }

  async places(keys: readonly BucketKey[]): Promise<StoredPlace[]> {
    const stored = await loadPlaces(this.options.pool, this.name, keys);
    return this.fault === 'place-in-memory'
      ? stored.map((place) => this.remembered(place))
      : stored;
  }

  async apply(delivery: Delivery): Promise<Applied> {
    const db = await this.options.pool.connect();
    try {
      await db.query('BEGIN');
      const keys = delivery.buckets;
      let places =
        this.fault === 'no-lock'
          ? await unlocked(db, this.name, keys)
          : await lockPlaces(db, this.name, keys);
      if (this.fault === 'place-in-memory') places = places.map((p) => this.remembered(p));
      const gaps: Gap[] = [];
      const moved: StoredPlace[] = [];
      const fresh: DeliveredFact[] = [];
      delivery.buckets.forEach((bucket, index) => {
        const place = places[index] as StoredPlace;
        const facts = this.freshOf(place, bucket.facts);
        if (!facts) {
          const before = bucket.facts.at(-1)?.position ?? 0;
          gaps.push({ ...bucket, place: place.place, epoch: place.epoch, before });
          return;
        }
        fresh.push(...facts);
        const to = movedOn(place, facts, bucket);
        const upTo = this.fault === 'up-to-kept' ? Math.max(place.upTo, to.upTo) : to.upTo;
        moved.push({ ...to, upTo });
      });
      if (this.fault === 'order-reversed') fresh.reverse();
      await this.write(db, fresh, moved);
      for (const place of moved) this.memory.set(`${place.ledger}/${place.bucket}`, place);
      return { gaps };
    } catch (error) {
      await db.query('ROLLBACK');
      throw error;
    } finally {
      db.release();
    }
  }

  private async write(
    db: Parameters<ProjectingOptions['fold']>[0],
    fresh: readonly DeliveredFact[],
    moved: readonly StoredPlace[],
  ): Promise<void> {
    if (this.fault === 'place-moved-first') {
      await movePlaces(db, this.name, moved);
      await db.query('COMMIT');
      await db.query('BEGIN');
    }
    const known =
      this.fault === 'unknown-skipped'
        ? fresh.filter(({ type }) => this.options.understands(type))
        : fresh;
    await this.fold(db, known);
    if (this.fault === 'fold-committed-first') {
      await db.query('COMMIT');
      await db.query('BEGIN');
    }
    if (this.fault !== 'place-moved-first') await movePlaces(db, this.name, moved);
    await db.query('COMMIT');
  }

  private async fold(
    db: Parameters<ProjectingOptions['fold']>[0],
    fresh: readonly DeliveredFact[],
  ): Promise<void> {
    if (fresh.length === 0) return;
    if (this.fault === 'slow-skipped') return this.foldImpatiently(db, fresh);
    await this.options.fold(db, fresh, undefined).catch((error: unknown) => {
      if (this.fault !== 'poison-skipped' || !(error instanceof PoisonFact)) throw error;
      const rest = fresh.filter((fact) => fact !== error.fact);
      return this.fold(db, rest);
    });
  }

  private async foldImpatiently(
    db: Parameters<ProjectingOptions['fold']>[0],
    fresh: readonly DeliveredFact[],
  ): Promise<void> {
    let isSkipped = false;
    const query = async (...values: Parameters<typeof db.query>) => {
      if (isSkipped) throw new Error('too late');
      return db.query(...values);
    };
    const folding = this.options.fold({ ...db, query } as typeof db, fresh, undefined);
    folding.catch(() => undefined);
    const impatience = new Promise<void>((resolve) => setImmediate(resolve));
    await Promise.race([folding, impatience]);
    isSkipped = true;
  }

  /** @returns undefined for a gap */
  private freshOf(
    place: StoredPlace,
    facts: readonly DeliveredFact[],
  ): DeliveredFact[] | undefined {
    const fresh =
      this.fault === 'duplicates-kept'
        ? [...facts]
        : facts.filter(({ position }) => position > place.place);
    const first = fresh[0];
    const checksPrev = this.fault !== 'no-prev-check' && this.fault !== 'duplicates-kept';
    return checksPrev && first && first.prev !== place.place ? undefined : fresh;
  }

  private remembered(place: StoredPlace): StoredPlace {
    const nothing = { ledger: place.ledger, bucket: place.bucket, epoch: 0, place: -1, upTo: -1 };
    return this.memory.get(`${place.ledger}/${place.bucket}`) ?? nothing;
  }
}

async function unlocked(
  db: Parameters<typeof loadPlaces>[0],
  consumer: string,
  keys: readonly BucketKey[],
): Promise<StoredPlace[]> {
  await db.query(
    `INSERT INTO exchange.place (consumer, ledger, bucket)
     SELECT $1, ledger, bucket FROM unnest($2::text[], $3::smallint[]) AS key (ledger, bucket)
     ORDER BY ledger, bucket ON CONFLICT DO NOTHING`,
    [consumer, keys.map(({ ledger }) => ledger), keys.map(({ bucket }) => bucket)],
  );
  return loadPlaces(db, consumer, keys);
}
