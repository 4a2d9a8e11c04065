import type { DynamicModule } from '@nestjs/common';
import type { LedgerName } from '@writ/contracts';
import type { AssessedReader, FactConsumer, FactFetcher } from '@writ/exchange';
import type { LedgerReader, LedgerWriter } from '@writ/ledger';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { DataSourceOptions, EntitySchema, MigrationInterface } from 'typeorm';
import type { HostConfig, ServiceName } from './config.js';
import type { IdentityClient } from './identity.client.js';
import type { Metrics } from './metrics.process.js';

/** What time it is; a fixed one in tests. */
export type Clock = { now(): Date };

/** Random 128-bit ids, 32 lower-case hex digits; seeded in tests. */
export type Ids = { next(): string };

/** What a service is made of; `runService` and the standalone process do the rest. */
export type ServiceDefinition = {
  name: ServiceName;
  /** The ledger it alone writes; facts endpoint, ledger tables and relay come with it. */
  ledger?: LedgerName;
  /** Ledgers it consumes; the exchange's place table is then created in its database. */
  listensTo?: readonly LedgerName[];
  /** Of the schema named like the service; additive; run as owner before anything else. */
  migrations?: readonly (new () => MigrationInterface)[];
  /** Route pattern → bytes, where a body may be larger than the 1 MiB default. */
  bodyLimits?: Readonly<Record<string, number>>;
  /** The only composition root of the service. */
  module(host: ServiceHost): DynamicModule;
};

/** All that a service gets from the world. Tests build their own. */
export type ServiceHost = {
  readonly service: ServiceName;
  readonly config: HostConfig;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Structured; never log identifiers, names, bodies or URLs with values. */
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The service's own database. The writer role may not UPDATE or DELETE ledger tables. */
  readonly pools: { readonly writer: Pool; readonly reader: Pool };
  /** Writer of the service's own ledger. @throws Error when the definition names none */
  writer(): LedgerWriter;
  /** Reader of the service's own ledger. @throws Error when the definition names none */
  reader(): LedgerReader;
  readonly identity: IdentityClient;
  /** Facts of any ledger from the ledger itself, for healing and rebuilds. */
  readonly facts: FactFetcher;
  /** 32 random bytes from `<name>.key` (0600), created once. `service` and `alias` are usual. */
  key(name: string): Buffer;
  /** For `TypeOrmModule.forRoot`: the service's own schema as the writer role. */
  typeOrm(entities: readonly (EntitySchema | (new () => unknown))[]): DataSourceOptions;
  /** Waits between attempts of `handle`. */
  jitter(attempt: number): Promise<void>;
  /** Starts a consumer once the process listens, on whatever transport is configured. */
  consume(consumer: FactConsumer): void;
  /**
   * Enforcement's only: how far it has assessed its sources, read before each watermark of its
   * ledger is made.
   */
  assessedBy(read: AssessedReader): void;
  /** Aborted first of all on a stop: long polls and loops over HTTP end here. */
  readonly stopping: AbortSignal;
  /** Called once the process listens. */
  onReady(start: () => Promise<void> | void): void;
  /** Called on a graceful stop, newest first, before databases are closed. */
  onStop(stop: () => Promise<void> | void): void;
  /** Adds a line to `/health/fresh`: seconds behind, or undefined when not known. */
  freshness(name: string, seconds: () => Promise<number | undefined>): void;
};
