import type { FastifyInstance } from 'fastify';
import type { LedgerName } from '@writ/contracts';
import type { AssessedReader, FactConsumer } from '@writ/exchange';
import type { LedgerReader, LedgerWriter } from '@writ/ledger';
import type { Logger } from 'pino';
import { randomIds, randomJitter, systemClock } from './clock.process.js';
import type { HostConfig, ServiceName } from './config.js';
import { startExchange } from './exchange.process.js';
import { httpIdentityClient, type IdentityClient } from './identity.client.js';
import { keyFile } from './key-file.process.js';
import { lifecycle, type Lifecycle } from './lifecycle.process.js';
import { openFacts, openReader, openWriter } from './ledgers.postgres.js';
import { createLogger } from './logger.process.js';
import { createMetrics, type Metrics } from './metrics.process.js';
import { assertMigrated } from './migrations.postgres.js';
import { openPool } from './pool.postgres.js';
import type { Clock, Ids, ServiceDefinition, ServiceHost } from './service.process.js';

/** Shared by all hosts of one process. */
export type Surroundings = {
  clock: Clock;
  ids: Ids;
  logger: Logger;
  metrics: Metrics;
  /** How far a ledger's owner has assessed its sources; services of one process find it here. */
  assessed: Map<LedgerName, AssessedReader>;
  /** Further routes of the process that are no service's: a sandbox's clock. */
  serveMore?: (fastify: FastifyInstance) => void;
  /** Instead of the one over HTTP: tests of one service. */
  identity?: IdentityClient;
};

export type OpenHost = ServiceHost &
  Lifecycle & {
    readonly definition: ServiceDefinition;
    readonly surroundings: Surroundings;
    /** The process's HTTP application, once there is one: orders go in there. */
    readonly edge: { fastify?: FastifyInstance };
    readonly consumers: readonly FactConsumer[];
    readonly freshnessLines: readonly { name: string; seconds(): Promise<number | undefined> }[];
  };

/** @returns what the hosts of a process share, as it is outside tests */
export function realSurroundings(
  level: HostConfig['logLevel'],
  service: string,
  logFile?: string,
): Surroundings {
  return {
    clock: systemClock,
    ids: randomIds,
    logger: createLogger(level, service, logFile),
    metrics: createMetrics(service),
    assessed: new Map(),
  };
}

const POOL_CONNECTIONS_MAX = 10;

/**
 * Opens a service's database and ledger and gives all that `register` needs.
 *
 * @throws SchemaIsBehind when the database was not migrated for this build
 */
export async function openHost(
  definition: ServiceDefinition,
  config: HostConfig,
  surroundings: Surroundings,
): Promise<OpenHost> {
  const { name: service, ledger } = definition;
  const logger = surroundings.logger.child({ service });
  await assertMigrated(definition, config.database.reader);
  const poolOf = (connectionString: string) =>
    openPool({ connectionString, name: service, max: POOL_CONNECTIONS_MAX, logger });
  const pools = {
    writer: poolOf(config.database.writer),
    reader: poolOf(config.database.reader),
  };
  const writer = ledger && openWriter(ledger, config, surroundings.clock);
  const reader = ledger && openReader(ledger, config.database.reader);
  const facts = openFacts(config);
  const consumers: FactConsumer[] = [];
  const freshnessLines: { name: string; seconds(): Promise<number | undefined> }[] = [];
  const closeDatabases = async () => {
    await writer?.close();
    await reader?.close();
    await facts.close();
    await Promise.all([pools.writer.end(), pools.reader.end()]);
  };
  const host: OpenHost = {
    ...surroundings,
    ...lifecycle(() => startExchange(host), closeDatabases),
    definition,
    surroundings,
    service,
    config,
    logger,
    pools,
    edge: {},
    consumers,
    freshnessLines,
    writer: () => present(writer, service),
    reader: () => present(reader, service),
    identity: surroundings.identity ?? httpIdentityClient(config.urls.identity, service),
    facts,
    key: keysIn(config),
    typeOrm: (entities) => ({
      type: 'postgres',
      url: config.database.writer,
      schema: service,
      entities: [...entities],
      logging: false,
    }),
    jitter: randomJitter,
    consume: (consumer) => void consumers.push(consumer),
    assessedBy: (read) => void (ledger && surroundings.assessed.set(ledger, read)),
    freshness: (line, seconds) => void freshnessLines.push({ name: line, seconds }),
  };
  return host;
}

/** Each key file is read once. */
function keysIn(config: HostConfig): (name: string) => Buffer {
  const keys = new Map<string, Buffer>();
  return (name) => {
    const folder = name === 'alias' ? (config.aliasKeys ?? config.keys) : config.keys;
    const key = keys.get(name) ?? keyFile(folder, name);
    keys.set(name, key);
    return key;
  };
}

function present<T extends LedgerReader | LedgerWriter>(
  opened: T | undefined,
  service: ServiceName,
): T {
  if (!opened) throw new Error(`the ${service} service has no ledger of its own`);
  return opened;
}
