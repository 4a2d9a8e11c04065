import { createSecretKey } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ALL_BUCKETS, LEDGERS } from '@writ/contracts';
import { KafkaStatePublisher } from '@writ/exchange';
import { openPool, type ServiceHost } from '@writ/service-host';
import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { AliasCopy, AliasesWereLost } from './aliases/alias-copy.postgres.js';
import { fetchSchemes } from './aliases/declared-schemes.client.js';
import { DeclaredSchemes } from './aliases/declared-schemes.postgres.js';
import { LIVE_CONSUMER, liveSet, ProjectionConsumer } from './projection.consumer.js';
import { PROJECTION_PARTS, type ProjectionParts } from './projection-parts.process.js';
import { ListsController } from './record/lists.controller.js';
import { endPublication, noteDue } from './publication/state-due.postgres.js';
import { StatePublication } from './publication/state-publication.process.js';
import { RecordController } from './record/record.controller.js';
import { RebuildController } from './rebuild/rebuild.controller.js';
import { warnOfOtherFold } from './rebuild/fold-version.postgres.js';
import { Rebuilder } from './rebuild/rebuilder.postgres.js';
import { AnswersController } from './status/answers.controller.js';
import { AnswerJournal } from './status/answer-journal.postgres.js';
import { Movements } from './status/movements.process.js';
import { ReferenceCopy } from './status/reference-copy.postgres.js';
import { SnapshotReader } from './status/snapshot.postgres.js';
import { serveStatus } from './status/status.server.js';
import { currentToOf } from './store/progress.js';

/** Every look-up is by key: no plan may ever scan a table, however young its statistics are. */
const BY_KEY_ONLY = [
  ...['plan_cache_mode=force_generic_plan', 'enable_seqscan=off'],
  ...['enable_hashjoin=off', 'enable_mergejoin=off'],
];

/** The only composition root of the projection service. */
@Module({})
export class ProjectionModule implements OnModuleInit {
  constructor(
    private readonly adapter: HttpAdapterHost,
    @Inject(PROJECTION_PARTS) private readonly parts: ProjectionParts,
  ) {}

  onModuleInit(): void {
    serveStatus(this.adapter.httpAdapter.getInstance<FastifyInstance>(), this.parts);
  }

  static register(host: ServiceHost): DynamicModule {
    const parts = partsOf(host);
    return {
      module: ProjectionModule,
      controllers: [RecordController, ListsController, RebuildController, AnswersController],
      providers: [{ provide: PROJECTION_PARTS, useValue: parts }],
    };
  }
}

function partsOf(host: ServiceHost): ProjectionParts {
  const { clock, ids, logger, config, pools } = host;
  const counter = keyedPool(host, config.database.reader, 'status', 3);
  // Of the rebuild too: two lanes a ledger, beside those that wait while it compares.
  const folding = keyedPool(host, config.database.writer, 'fold', 16);
  const movements = new Movements();
  const consumer = new ProjectionConsumer({
    name: LIVE_CONSUMER,
    pool: folding,
    clock,
    set: liveSet,
    ...(config.transport === 'kafka' ? { changed: noteDue } : {}),
    onApplied: () => movements.moved(),
  });
  const rebuilder = new Rebuilder({
    pool: folding,
    clock,
    ids,
    facts: host.facts,
    logger,
    onSwitched: () => movements.moved(),
  });
  const publication = publicationOf(host);
  const schemes = new DeclaredSchemes({
    ...pools,
    fetch: () => fetchSchemes(config.urls.identity),
    clock,
  });
  const aliases = new AliasCopy({
    pool: pools.writer,
    fetch: (after, limit, waitMs) => host.identity.aliases(after, limit, waitMs),
    meet: (used) => schemes.meet(used),
    onMoved: () => movements.moved(),
    onTrouble: (error) => tellOfAliases(host, error),
    pause: async (ms) => void (await wait(ms)),
  });
  const parts = {
    clock,
    ids,
    aliasKey: createSecretKey(host.key('alias')),
    schemes,
    snapshots: new SnapshotReader(counter, LIVE_CONSUMER),
    references: new ReferenceCopy(counter),
    movements,
    journal: new AnswerJournal(pools.writer),
    rebuilder,
    reader: pools.reader,
  };
  host.consume(consumer);
  host.onReady(async () => {
    aliases.start();
    if (publication) publication.start();
    else await endPublication(pools.writer);
    await rebuilder.closeAbandoned();
    await warnOfOtherFold(pools.reader, logger);
    // This build may know what the last one did not.
    consumer.retryAll(host.facts).catch((error: unknown) => {
      logger.warn({ err: error }, 'what waits in quarantine was not tried again');
    });
  });
  host.onStop(async () => {
    await aliases.stop();
    await publication?.stop();
    await rebuilder.settled();
    await counter.end();
    await folding.end();
  });
  host.freshness('projection', () => secondsBehind(host, parts));
  return parts;
}

function tellOfAliases({ logger, stopping }: ServiceHost, error: unknown): void {
  if (stopping.aborted) return;
  const level = error instanceof AliasesWereLost ? 'error' : 'warn';
  logger[level]({ err: error }, 'aliases cannot be followed');
}

/** Its statements are planned once, whatever stands in their parameters (megabytes, at times). */
function keyedPool(host: ServiceHost, url: string, purpose: string, max: number): Pool {
  const name = `projection-${purpose}`;
  return openPool({ connectionString: url, name, max, logger: host.logger, settings: BY_KEY_ONLY });
}

/** Over Kafka, states go to a compacted topic of their own; embedded, nobody would read it. */
function publicationOf({ config, clock, logger }: ServiceHost): StatePublication | undefined {
  if (config.transport !== 'kafka') return undefined;
  const publisher = new KafkaStatePublisher({
    brokers: [...config.kafkaBrokers],
    clientId: 'writ-projection-state',
  });
  const connectionString = config.database.writer;
  return new StatePublication({ connectionString, publisher, clock, logger });
}

/** How old what answers rest on is: the oldest of the newest watermarks reached, of any bucket. */
async function secondsBehind(
  host: ServiceHost,
  parts: ProjectionParts,
): Promise<number | undefined> {
  const { progress } = await parts.snapshots.read([]);
  const nowMs = host.clock.now().getTime();
  let behind = 0;
  for (const ledger of LEDGERS) {
    const oldest = currentToOf(progress, ledger, ALL_BUCKETS);
    if (oldest === undefined) return undefined;
    behind = Math.max(behind, (nowMs - oldest) / 1_000);
  }
  return behind;
}
