import { rmSync } from 'node:fs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { temporaryFolder } from '@writ/local-servers';
import {
  fixedClock,
  seededIds,
  testPostgres,
  type FixedClock,
  type FreshDatabase,
} from '@writ/testkit';
import { createApp } from './app.server.js';
import { SERVICES, type HostConfig, type ServiceName } from './config.js';
import { openHost, type OpenHost, type Surroundings } from './host.process.js';
import { runMigrations } from './migrations.postgres.js';
import { createLogger } from './logger.process.js';
import { createMetrics } from './metrics.process.js';
import type { ServiceDefinition } from './service.process.js';

export type TestHost = {
  host: OpenHost;
  /** Not listening: `app.inject({ method, url, payload, headers })`. */
  app: NestFastifyApplication;
  clock: FixedClock;
  database: FreshDatabase;
  stop(): Promise<void>;
};

/** Headers of a recording request; the authority and actor are made up. */
export function recordingHeaders(key: string): Record<string, string> {
  return {
    'writ-authority': 'court.test',
    'writ-actor': 'person:clerk-1',
    'idempotency-key': key,
  };
}

/**
 * One service on a database of its own, with a clock that stands still and seeded ids; for
 * `.int.spec.ts`. Other services are not there: hand in an `identity` where one is needed.
 */
export async function testHost(
  definition: ServiceDefinition,
  overrides: Partial<Surroundings> = {},
): Promise<TestHost> {
  const postgres = await testPostgres();
  const database = await postgres.freshDatabase(definition.name);
  const keys = temporaryFolder('writ-test-keys-');
  const clock = fixedClock();
  const surroundings: Surroundings = {
    clock,
    ids: seededIds(),
    logger: createLogger('silent', definition.name),
    metrics: createMetrics(definition.name),
    assessed: new Map(),
    ...overrides,
  };
  await runMigrations(definition, database);
  const host = await openHost(definition, testConfig(definition, database, keys), surroundings);
  const app = await createApp([host], surroundings);
  await host.start();
  const stop = async () => {
    await app.close();
    await host.stop();
    await database.drop();
    rmSync(keys, { recursive: true, force: true });
  };
  return { host, app, clock, database, stop };
}

function testConfig(
  { ledger }: ServiceDefinition,
  { writer, reader }: FreshDatabase,
  keys: string,
): HostConfig {
  const nowhere = SERVICES.map((service) => [service, 'http://127.0.0.1:9']);
  return {
    listen: { host: '127.0.0.1', port: 0 },
    transport: 'embedded',
    kafkaBrokers: [],
    urls: Object.fromEntries(nowhere) as Record<ServiceName, string>,
    database: { writer, reader },
    ledgerReaders: ledger ? { [ledger]: reader } : {},
    keys,
    logLevel: 'silent',
  };
}
