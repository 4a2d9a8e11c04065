import { randomUUID } from 'node:crypto';
import { ALL_BUCKETS, LEDGERS, type LedgerName, type RootResponse } from '@writ/contracts';
import {
  EmbeddedFactSource,
  httpFactFetcher,
  KafkaFactSource,
  loadPlaces,
  type Applied,
  type BucketDelivery,
  type Delivery,
  type FactConsumer,
  type FactSource,
} from '@writ/exchange';
import { openLedgerReader, type LedgerReader } from '@writ/ledger';
import { provisionDatabase } from '@writ/local-servers';
import {
  liveSet,
  ProjectionConsumer,
  projectionService,
  readRoots,
  rootOf,
} from '@writ/projection';
import { runMigrations } from '@writ/service-host';
import pg from 'pg';
import type { System } from './system.fixture.js';

/** Transactions side by side: buckets are each other's equals. */
const CONNECTIONS = 8;
const PAGE = 5_000;
const clock = { now: () => new Date() };

/** How it is fed: by which transport, and at most how many facts per transaction. */
export type Feeding = { transport: 'embedded' | 'kafka'; batch: number };

/** A projection beside the live one: own database, own places, the same ledgers. */
export type FreshProjection = {
  /** Facts in the largest transaction, and transactions that held any. */
  fed(): { largest: number; transactions: number };
  /** Resolves when all buckets stand where the given root does. @returns its own buckets there */
  bucketsAt(root: RootResponse): Promise<RootResponse['buckets']>;
  stop(): Promise<void>;
};

/** Starts a projection of a system's ledgers in an empty database. */
export async function startFreshProjection(
  system: System,
  { transport, batch }: Feeding,
): Promise<FreshProjection> {
  const name = `writ_one_root_${randomUUID().slice(0, 8)}`;
  const urls = await provisionDatabase(
    system.postgres.adminUrl,
    name,
    'projection',
    (role) => `${role}-secret`,
  );
  await runMigrations(projectionService, urls);
  const pool = new pg.Pool({ connectionString: urls.writer, max: CONNECTIONS });
  pool.on('error', () => {});
  const fold = new ProjectionConsumer({ name, pool, clock, set: liveSet });
  const fed = new FedInBatches(fold, batch);
  const readers = transport === 'embedded' ? readersOf(system) : undefined;
  const source = readers
    ? new EmbeddedFactSource({ readers, clock, pageSize: PAGE })
    : kafka(system, name);
  await source.start(fed);
  return {
    fed: () => ({ largest: fed.largest, transactions: fed.transactions }),
    bucketsAt: async (root) => {
      await fed.standsAt(root.buckets);
      return rootOf(await readRoots(pool, 'a'), root.foldVersion).buckets;
    },
    stop: async () => {
      await source.stop();
      await Promise.all(Object.values(readers ?? {}).map((reader) => reader.close()));
      await pool.end();
    },
  };
}

function readersOf({ databases }: System): Record<LedgerName, LedgerReader> {
  const open = (ledger: LedgerName) =>
    openLedgerReader({ ledger, connection: databases[ledger].reader });
  return {
    court: open('court'),
    regulatory: open('regulatory'),
    enforcement: open('enforcement'),
  };
}

function kafka({ kafka: broker, services }: System, groupId: string): FactSource {
  if (!broker) throw new Error('this system has no broker');
  const origins = { court: '', regulatory: '', enforcement: '' };
  for (const ledger of LEDGERS) origins[ledger] = services[ledger].url;
  return new KafkaFactSource({
    brokers: broker.brokers,
    clientId: groupId,
    groupId,
    fetcher: httpFactFetcher(origins),
  });
}

/** Hands deliveries on in transactions of at most so many facts each, bucket by bucket. */
class FedInBatches implements FactConsumer {
  largest = 0;
  transactions = 0;
  readonly name;
  readonly ledgers;
  private readonly reached = new Map<string, number>();
  private onMoved = () => {};

  constructor(
    private readonly consumer: FactConsumer,
    private readonly size: number,
  ) {
    this.name = consumer.name;
    this.ledgers = consumer.ledgers;
  }

  places(keys: Parameters<FactConsumer['places']>[0]) {
    return this.consumer.places(keys);
  }

  async apply({ buckets }: Delivery): Promise<Applied> {
    if (factsIn(buckets) <= this.size) return this.hand(buckets);
    const applied = { gaps: [] as Applied['gaps'], stopped: [] as Required<Applied>['stopped'] };
    // A bucket number's turns follow each other, whatever the ledger; buckets go side by side.
    const turns = new Map<number, BucketDelivery[]>();
    for (const one of buckets) turns.set(one.bucket, [...(turns.get(one.bucket) ?? []), one]);
    await Promise.all(
      [...turns.values()].map(async (ofBucket) => {
        for (const one of ofBucket) {
          const { gaps, stopped = [] } = await this.piecemeal(one);
          applied.gaps.push(...gaps);
          applied.stopped.push(...stopped);
        }
      }),
    );
    return applied;
  }

  /** Resolves when all these places are reached; what is beyond them is a mistake of the test. */
  async standsAt(wanted: RootResponse['buckets']): Promise<void> {
    const isThere = () =>
      wanted.every(({ bucket, position }) =>
        LEDGERS.every((ledger) => this.placeOf(ledger, bucket) >= position[ledger]),
      );
    await new Promise<void>((resolve) => {
      this.onMoved = () => isThere() && resolve();
      this.onMoved();
    });
  }

  private placeOf(ledger: LedgerName, bucket: number): number {
    return this.reached.get(`${ledger}/${bucket}`) ?? -1;
  }

  /** What belongs behind the last fact (watermark, `upTo`) goes with the last piece. */
  private async piecemeal(delivery: BucketDelivery): Promise<Applied> {
    const { facts, watermark: _, upTo: __, ...bucket } = delivery;
    let from = 0;
    for (; from + this.size < facts.length; from += this.size) {
      const applied = await this.hand([{ ...bucket, facts: facts.slice(from, from + this.size) }]);
      if (applied.gaps.length > 0 || applied.stopped?.length) return applied;
    }
    return this.hand([{ ...delivery, facts: facts.slice(from) }]);
  }

  private async hand(buckets: BucketDelivery[]): Promise<Applied> {
    const facts = factsIn(buckets);
    this.largest = Math.max(this.largest, facts);
    if (facts > 0) this.transactions++;
    const applied = await this.consumer.apply({ buckets });
    for (const { ledger, bucket, facts: given } of buckets) {
      if (applied.gaps.some((gap) => gap.ledger === ledger && gap.bucket === bucket)) continue;
      const last = given.at(-1)?.position ?? -1;
      this.reached.set(`${ledger}/${bucket}`, Math.max(this.placeOf(ledger, bucket), last));
    }
    this.onMoved();
    return applied;
  }
}

const factsIn = (buckets: readonly BucketDelivery[]) =>
  buckets.reduce((sum, { facts }) => sum + facts.length, 0);

export type LiveRoot = { root: RootResponse; facts: number };

/**
 * The live root once enforcement has taken in all that it listens to and the projection all there
 * is, every bucket at its ledger's end.
 */
export async function rootAtRest(system: System): Promise<LiveRoot> {
  const readers = readersOf(system);
  const pool = new pg.Pool({ connectionString: system.databases.enforcement.reader, max: 1 });
  try {
    for (;;) {
      const [court, regulatory] = [await readers.court.head(), await readers.regulatory.head()];
      const sources = [court, regulatory];
      const keys = sources.flatMap(({ ledger }) => ALL_BUCKETS.map((b) => ({ ledger, bucket: b })));
      const places = await loadPlaces(pool, 'enforcement', keys);
      const ends = sources.flatMap(({ bucketLast }) => bucketLast);
      const isAssessed = places.every(({ place }, index) => place === ends[index]);
      const enforcement = await readers.enforcement.head();
      const { body: root } = await system.client.get<RootResponse>('/projection/v1/root');
      const heads = { court, regulatory, enforcement };
      const isWhole = root.buckets.every(({ position }, bucket) =>
        LEDGERS.every((ledger) => position[ledger] === heads[ledger].bucketLast[bucket]),
      );
      const facts = LEDGERS.reduce((sum, ledger) => sum + heads[ledger].size, 0);
      if (isAssessed && isWhole) return { root, facts };
    }
  } finally {
    await pool.end();
    await Promise.all(Object.values(readers).map((reader) => reader.close()));
  }
}
