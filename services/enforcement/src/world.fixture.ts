import { rmSync } from 'node:fs';
import type { BulkCommand, LedgerReader, LedgerWriter } from '@writ/ledger';
import { openLedgerReader, openLedgerWriter } from '@writ/ledger';
import type { DeliveredFact, Fact, NewFact } from '@writ/contracts';
import type { Delivery } from '@writ/exchange';
import {
  createApp,
  createLogger,
  createMetrics,
  openHost,
  runMigrations,
  SERVICES,
  type HostConfig,
  type OpenHost,
  type ServiceName,
  type Surroundings,
} from '@writ/service-host';
import { fixedClock, seededIds, testPostgres, type FixedClock } from '@writ/testkit';
import { temporaryFolder } from '@writ/local-servers';
import type { Pool } from 'pg';
import { Assessor } from './enforcement.consumer.js';
import { enforcementService } from './enforcement.module.js';
import type { CauseFact } from './cause/cause.js';
import type { ReferenceFact } from './memorandum/reference.js';

type Source = { writer: LedgerWriter; reader: LedgerReader; url: string };

/** Enforcement on databases of its own beside two source ledgers that nobody else writes. */
export type World = {
  court: Source;
  regulatory: Source;
  host: OpenHost;
  app: Awaited<ReturnType<typeof createApp>>;
  clock: FixedClock;
  pool: Pool;
  /** Another process over the same databases, its consumer not started. */
  assessor(change?: Partial<Assessor['options']>): Assessor;
  /** Records facts of the fixtures in their ledger; `position` there only orders them. */
  record(...facts: (CauseFact | ReferenceFact)[]): Promise<void>;
  /** All decisions recorded: cause id → rows, in order. */
  decisions(): Promise<{ cause: string; rows: string[]; position: number }[]>;
  stop(): Promise<void>;
};

export async function world(): Promise<World> {
  const postgres = await testPostgres();
  const clock = fixedClock();
  const [own, court, regulatory] = await Promise.all(
    ['enforcement', 'court', 'regulatory'].map((schema) => postgres.freshDatabase(schema)),
  );
  if (!own || !court || !regulatory) throw new Error('three databases were asked for');
  await runMigrations(enforcementService, own);
  await runMigrations({ name: 'court', ledger: 'court' }, court);
  await runMigrations({ name: 'regulatory', ledger: 'regulatory' }, regulatory);
  const keys = temporaryFolder('writ-enforcement-keys-');
  const nowhere = SERVICES.map((service) => [service, 'http://127.0.0.1:9']);
  const config: HostConfig = {
    listen: { host: '127.0.0.1', port: 0 },
    transport: 'embedded',
    kafkaBrokers: [],
    urls: Object.fromEntries(nowhere) as Record<ServiceName, string>,
    database: own,
    ledgerReaders: { court: court.reader, regulatory: regulatory.reader, enforcement: own.reader },
    keys,
    logLevel: 'silent',
  };
  const surroundings: Surroundings = {
    clock,
    ids: seededIds(),
    logger: createLogger('silent', 'enforcement'),
    metrics: createMetrics('enforcement'),
    assessed: new Map(),
  };
  const host = await openHost(enforcementService, config, surroundings);
  const app = await createApp([host], surroundings);
  const sources = {
    court: openSource('court', court, clock),
    regulatory: openSource('regulatory', regulatory, clock),
  };
  const pool = host.pools.writer;
  const closing: (() => Promise<void>)[] = [];
  return {
    ...sources,
    host,
    app,
    clock,
    pool,
    assessor: (change = {}) => {
      const writer = openLedgerWriter({ ledger: 'enforcement', connection: own.writer, clock });
      closing.push(() => writer.close());
      const { jitter } = host;
      const reader = host.reader();
      const options = { pool, viewPool: host.pools.writer, writer, reader, jitter };
      return new Assessor({ ...options, onReference: () => undefined, ...change });
    },
    record: (...facts) => recordFacts(sources, facts),
    decisions: () => decisionsOf(host.reader()),
    stop: async () => {
      await app.close();
      await host.stop();
      for (const close of closing) await close();
      for (const { writer, reader } of Object.values(sources)) {
        await writer.close();
        await reader.close();
      }
      await Promise.all([own, court, regulatory].map((database) => database.drop()));
      rmSync(keys, { recursive: true, force: true });
    },
  };
}

function openSource(
  ledger: 'court' | 'regulatory',
  database: { writer: string; reader: string },
  clock: FixedClock,
): Source {
  return {
    writer: openLedgerWriter({ ledger, connection: database.writer, clock }),
    reader: openLedgerReader({ ledger, connection: database.reader }),
    url: database.reader,
  };
}

let keys = 0;

async function recordFacts(
  sources: Pick<World, 'court' | 'regulatory'>,
  facts: readonly (CauseFact | ReferenceFact)[],
): Promise<void> {
  const byLedger = { court: [] as BulkCommand[], regulatory: [] as BulkCommand[] };
  const versions = new Map<string, number>();
  for (const fact of facts) {
    const ledger = fact.type.startsWith('court') ? 'court' : 'regulatory';
    const stream = streamOf(fact);
    const version =
      versions.get(stream) ?? (await sources[ledger].reader.readStream(stream)).version;
    versions.set(stream, version + 1);
    byLedger[ledger].push({
      key: `fact-${++keys}`,
      fingerprint: 'made-up',
      expect: [{ stream, version }],
      write: [{ stream, event: proposed(fact) }],
    });
  }
  for (const ledger of ['court', 'regulatory'] as const) {
    const commands = byLedger[ledger];
    const outcomes = commands.length > 0 ? await sources[ledger].writer.appendBulk(commands) : [];
    const refused = outcomes.find(({ outcome }) => outcome !== 'recorded');
    if (refused) throw new Error(`a made-up fact was not recorded: ${refused.outcome}`);
  }
}

function streamOf({ type, data }: CauseFact | ReferenceFact): string {
  if ('listing' in data) return `listing-${data.listing}`;
  return type === 'regulatory.list-declared.v1'
    ? `list-${data.list}`
    : `memorandum-${(data as { memorandum: string }).memorandum}`;
}

function proposed(fact: Fact): NewFact {
  const { type, authority, actor, source, rules, subject, correlation, data } = fact;
  const base = { type, authority, actor, source, rules, correlation, data };
  return subject === undefined ? base : { ...base, subject };
}

async function decisionsOf(reader: LedgerReader) {
  const { facts } = await reader.readFrom(-1, 100_000);
  return facts
    .filter(({ type }) => type === 'enforcement.measures-decided.v1')
    .map(({ canonical, position }) => {
      const { data } = JSON.parse(canonical) as {
        data: { cause: { id: string }; measures: { row: string }[] };
      };
      return { cause: data.cause.id, rows: data.measures.map(({ row }) => row), position };
    });
}

/** What a transport would hand over: all facts of these ledgers, by bucket. */
export async function everything(
  from: World,
  ledgers: readonly ('court' | 'regulatory')[] = ['regulatory', 'court'],
): Promise<Delivery> {
  const buckets = new Map<string, Delivery['buckets'][number]>();
  for (const ledger of ledgers) {
    const { facts } = await from[ledger].reader.readFrom(-1, 100_000);
    for (const fact of facts) {
      const key = `${ledger}/${fact.bucket}`;
      const bucket = buckets.get(key) ?? { ledger, bucket: fact.bucket, facts: [] };
      bucket.facts.push(fact);
      buckets.set(key, bucket);
    }
  }
  return { buckets: [...buckets.values()] };
}

/** @returns those facts in one row, reference last */
export function flat(delivery: Delivery): DeliveredFact[] {
  return delivery.buckets.flatMap(({ facts }) => facts);
}
