import { EventEmitter, once } from 'node:events';
import type { DeliveredFact } from '@writ/contracts';
import { testPostgres, type FreshDatabase } from '@writ/testkit';
import pg from 'pg';
import { DecidingConsumer, decidingKey } from '../deciding-consumer.postgres.js';
import type { FactConsumer } from '../fact-source.js';
import { exchangeSchemaSql, loadPlaces } from '../place-store.postgres.js';
import { ProjectingConsumer, type ProjectingOptions } from '../projecting-consumer.postgres.js';
import { BrokenConsumer, type Fault } from './broken-consumer.fixture.js';
import { factOf } from '../sort-out.js';
import { KNOWN_TYPE, type TestLedger } from './test-ledger.fixture.js';

export const CONSUMER = 'exchange-test';
const ALL = Array.from({ length: 33 }, (_, bucket) => ({ ledger: 'court' as const, bucket }));

/** What a test may do to a consumer. */
export type LabHooks = {
  fault?: Fault;
  /** A deciding consumer: records outside the transaction of its place. */
  decides?: boolean;
  /** Before the statement that moves the places. */
  onPlacesMove?: () => void;
  /** After what it decided is recorded, before the place moves. */
  onDecided?: () => void;
  understands?: (type: string) => boolean;
  /** Before the fold writes; may wait, or throw. */
  onFold?: (fresh: readonly DeliveredFact[]) => Promise<void>;
  /** After the transaction, before the transport hears of it. */
  onApplied?: () => void;
};

/** A database with places and a log of what was folded, in the order of folding. */
export class Lab {
  private readonly changes = new EventEmitter();
  /** One per consumer, as each would be its own process; ended together. */
  private readonly pools: pg.Pool[] = [];

  private constructor(
    readonly database: FreshDatabase,
    readonly pool: pg.Pool,
    private readonly ledger: TestLedger,
    private readonly patienceMs: number,
  ) {
    this.changes.setMaxListeners(100);
  }

  static async open(ledger: TestLedger, patienceMs: number): Promise<Lab> {
    const database = await (await testPostgres()).freshDatabase('lab');
    const owner = new pg.Client({ connectionString: database.owner });
    await owner.connect();
    const writer = `${database.name}_writer`;
    await owner.query(exchangeSchemaSql({ writer, reader: `${database.name}_reader` }));
    await owner.query(`CREATE TABLE lab.folded (
      seq bigserial PRIMARY KEY, bucket int NOT NULL, position bigint NOT NULL,
      key text UNIQUE)`);
    await owner.query(`GRANT SELECT, INSERT ON lab.folded TO "${writer}"`);
    await owner.query(`GRANT USAGE ON SEQUENCE lab.folded_seq_seq TO "${writer}"`);
    await owner.end();
    return new Lab(database, poolOf(database), ledger, patienceMs);
  }

  /** A consumer as of a process of its own. */
  consumer(hooks: LabHooks = {}): FactConsumer & Partial<Pick<ProjectingConsumer, 'retryAll'>> {
    const pool = poolOf(this.database);
    if (hooks.onPlacesMove) watchPlaces(pool, hooks.onPlacesMove);
    this.pools.push(pool);
    const options: ProjectingOptions = {
      name: CONSUMER,
      ledgers: ['court'],
      pool,
      clock: { now: () => new Date('2026-03-01T00:00:00Z') },
      understands: hooks.understands ?? ((type) => type === KNOWN_TYPE),
      fold: async (db, fresh) => {
        const folding = hooks.onFold?.(fresh);
        this.changes.emit('change');
        await folding;
        readAll(fresh, hooks);
        await db.query(
          `INSERT INTO lab.folded (bucket, position)
           SELECT bucket, position FROM unnest($1::int[], $2::bigint[])
             WITH ORDINALITY AS fact (bucket, position, n) ORDER BY n`,
          [fresh.map(({ bucket }) => bucket), fresh.map(({ position }) => position)],
        );
      },
    };
    const consumer = hooks.decides ? deciding(options, hooks) : projecting(options, hooks);
    const apply = consumer.apply.bind(consumer);
    consumer.apply = async (delivery) => {
      const applied = await apply(delivery);
      hooks.onApplied?.();
      this.changes.emit('change');
      return applied;
    };
    return consumer;
  }

  /** Resolves when every place has reached the end of the ledger, as far as `buckets` go. */
  async settled(buckets?: readonly number[]): Promise<void> {
    await this.until(async () => {
      const places = await loadPlaces(this.pool, CONSUMER, ALL);
      const { bucketLast } = this.ledger.head();
      return places
        .filter(({ bucket }) => buckets?.includes(bucket) ?? true)
        .every(({ bucket, place }) => place >= (bucketLast[bucket] ?? -1));
    }, 'the places did not reach the end of the ledger');
  }

  /** Looked at after every applied delivery. @throws Error after the lab's patience */
  async until(isSo: () => Promise<boolean> | boolean, otherwise: string): Promise<void> {
    const signal = AbortSignal.timeout(this.patienceMs);
    for (;;) {
      const change = once(this.changes, 'change', { signal }).catch(() => undefined);
      if (await isSo()) return;
      if (signal.aborted) throw new Error(otherwise);
      await change;
    }
  }

  /** For conditions that no applied delivery announces. */
  announce(): void {
    this.changes.emit('change');
  }

  /** @returns positions in the order they were folded, per bucket */
  async folded(): Promise<Map<number, number[]>> {
    const { rows } = await this.pool.query<{ bucket: number; position: string }>(
      'SELECT bucket, position FROM lab.folded ORDER BY seq',
    );
    const byBucket = new Map<number, number[]>();
    for (const { bucket, position } of rows) {
      byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), Number(position)]);
    }
    return byBucket;
  }

  async close(): Promise<void> {
    await Promise.all([this.pool, ...this.pools].map((pool) => pool.end()));
    await this.database.drop();
  }
}

/** As every fold and decision does first; the broken one knows no error of its own for it. */
function readAll(fresh: readonly DeliveredFact[], { fault }: LabHooks): void {
  if (fault === 'unreadable-retried') fresh.forEach(({ canonical }) => void JSON.parse(canonical));
  else fresh.forEach(factOf);
}

function projecting(options: ProjectingOptions, { fault }: LabHooks) {
  return fault && fault !== 'unreadable-retried'
    ? new BrokenConsumer(options, fault)
    : new ProjectingConsumer(options);
}

/** Records as a ledger does: what comes under a known key is the first answer again. */
function deciding({ fold: _, ...options }: ProjectingOptions, hooks: LabHooks) {
  const decide = async (fresh: readonly DeliveredFact[]) => {
    await hooks.onFold?.(fresh);
    readAll(fresh, hooks);
    for (const fact of fresh) {
      const key = hooks.fault === 'no-key' ? null : decidingKey(CONSUMER, fact);
      await options.pool.query(
        `INSERT INTO lab.folded (bucket, position, key) VALUES ($1, $2, $3)
         ON CONFLICT (key) DO NOTHING`,
        [fact.bucket, fact.position, key],
      );
    }
    hooks.onDecided?.();
  };
  return hooks.fault === 'place-before-receipt'
    ? decidingAfterwards(options, decide)
    : new DecidingConsumer({ ...options, decide });
}

/** The broken one: moves its place as any projecting consumer does, and decides then. */
function decidingAfterwards(
  options: Omit<ProjectingOptions, 'fold'>,
  decide: (fresh: readonly DeliveredFact[]) => Promise<void>,
): ProjectingConsumer {
  let undecided: DeliveredFact[] = [];
  const consumer = new ProjectingConsumer({
    ...options,
    fold: async (_, fresh) => void undecided.push(...fresh),
  });
  const apply = consumer.apply.bind(consumer);
  consumer.apply = async (delivery) => {
    const applied = await apply(delivery);
    const fresh = undecided;
    undecided = [];
    if (fresh.length > 0) await decide(fresh);
    return applied;
  };
  return consumer;
}

/** Calls back before the statement that moves places, on every connection of a pool. */
function watchPlaces(pool: pg.Pool, onMove: () => void): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...values: unknown[]) => unknown;
    client.query = ((...values: unknown[]) => {
      if (String(values[0]).startsWith('UPDATE exchange.place SET')) onMove();
      return query(...values);
    }) as typeof client.query;
  });
}

function poolOf({ writer }: FreshDatabase): pg.Pool {
  const pool = new pg.Pool({ connectionString: writer, max: 5, pipeline: true });
  pool.on('error', () => undefined);
  return pool;
}

/** Bucket → positions in order: what every consumer must have folded, once. */
export function expectedOf(
  facts: readonly DeliveredFact[],
  isLeftOut: (fact: DeliveredFact) => boolean = () => false,
): Map<number, number[]> {
  const byBucket = new Map<number, number[]>();
  for (const fact of facts) {
    if (isLeftOut(fact)) continue;
    byBucket.set(fact.bucket, [...(byBucket.get(fact.bucket) ?? []), fact.position]);
  }
  return byBucket;
}
