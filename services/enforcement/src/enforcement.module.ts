import { Module, type DynamicModule } from '@nestjs/common';
import {
  openPool,
  SERVICE_HOST,
  type ServiceDefinition,
  type ServiceHost,
} from '@writ/service-host';
import { DataSource } from 'typeorm';
import { readAssessed } from './assessed.postgres.js';
import { Assessor, enforcementConsumer } from './enforcement.consumer.js';
import { postgresRequests } from './measure/acknowledged-request.postgres.js';
import { AcknowledgementDesk } from './measure/acknowledgement-desk.js';
import { MeasureController } from './measure/measure.controller.js';
import { CauseEntity, MeasureEntity } from './measure/measure.entity.js';
import { MeasureRepository } from './measure/measure.repository.js';
import { MemorandumJobs } from './memorandum/memorandum-job.process.js';
import { WaitingListsController } from './memorandum/waiting-lists.controller.js';
import { CausesAndMeasures1764000000000 } from './migrations/1-causes-and-measures.migration.js';
import { JobsByList1795350000000 } from './migrations/2-jobs-by-list.migration.js';
import { AcknowledgedRequests1795650000000 } from './migrations/3-acknowledged-requests.migration.js';

const METRICS_MS = 15_000;
/** Lists that are set aside are tried again by themselves. */
const RETRY_LISTS_MS = 60_000;

@Module({})
export class EnforcementModule {
  /** The only composition root of the service. */
  static register(host: ServiceHost): DynamicModule {
    const { assessor, jobs } = assess(host);
    const measures = {
      provide: MeasureRepository,
      useFactory: async () => {
        const database = new DataSource(host.typeOrm([MeasureEntity, CauseEntity]));
        await database.initialize();
        host.onStop(() => database.destroy());
        const repository = new MeasureRepository(database);
        countOpenLiftings(host, assessor, repository);
        return repository;
      },
    };
    const desk = {
      provide: AcknowledgementDesk,
      inject: [MeasureRepository],
      useFactory: (repository: MeasureRepository) =>
        new AcknowledgementDesk({
          ledger: host.writer(),
          requests: postgresRequests(host.pools.writer),
          catchUp: () => assessor.view.catchUp(),
          causesOf: (measureIds) => repository.causesOf(measureIds),
          now: () => host.clock.now(),
          jitter: (attempt) => host.jitter(attempt),
        }),
    };
    return {
      module: EnforcementModule,
      controllers: [MeasureController, WaitingListsController],
      providers: [
        { provide: SERVICE_HOST, useValue: host },
        { provide: MemorandumJobs, useValue: jobs },
        measures,
        desk,
      ],
    };
  }
}

/** Consumer, memorandum jobs and what the relay says of both. */
function assess(host: ServiceHost): { assessor: Assessor; jobs: MemorandumJobs } {
  const pool = host.pools.writer;
  // Of its own: who decides holds a connection while the view catches up on another.
  const connectionString = host.config.database.writer;
  const viewPool = openPool({ connectionString, name: 'view', max: 2, logger: host.logger });
  host.onStop(() => viewPool.end());
  const assessor = new Assessor({
    pool,
    viewPool,
    writer: host.writer(),
    reader: host.reader(),
    jitter: (attempt) => host.jitter(attempt),
    onReference: () => jobs.wake(),
  });
  const jobs = new MemorandumJobs(assessor, host.logger);
  const consumer = enforcementConsumer(assessor, pool, host.clock);
  host.consume(consumer);
  host.assessedBy(() => readAssessed(host.pools.reader));
  host.onReady(() => {
    // What failed under an older build may work under this one.
    jobs.retry().catch((error: unknown) => {
      host.logger.warn({ err: error }, 'lists_were_not_tried_again');
    });
    // What an older build could not take in may be understood by this one.
    consumer.retryAll(host.facts).catch((error: unknown) => {
      host.logger.warn({ err: error }, 'quarantine_was_not_retried');
    });
  });
  const again = setInterval(() => {
    jobs.retry().catch((error: unknown) => host.logger.warn({ err: error }, 'retry_failed'));
  }, RETRY_LISTS_MS);
  again.unref();
  host.onStop(() => clearInterval(again));
  host.onStop(() => jobs.stop());
  return { assessor, jobs };
}

function countOpenLiftings(
  host: ServiceHost,
  assessor: Assessor,
  measures: MeasureRepository,
): void {
  const gauge = host.metrics.openLiftings;
  const count = async () => {
    await assessor.view.catchUp();
    const open = await measures.countOpen(host.clock.now());
    gauge.reset();
    for (const line of open) gauge.set({ implementer: line.implementer }, line.open);
  };
  const timer = setInterval(() => {
    count().catch((error: unknown) => host.logger.warn({ err: error }, 'count_failed'));
  }, METRICS_MS);
  timer.unref();
  host.onStop(() => clearInterval(timer));
}

export const enforcementService: ServiceDefinition = {
  name: 'enforcement',
  ledger: 'enforcement',
  listensTo: ['court', 'regulatory'],
  migrations: [
    CausesAndMeasures1764000000000,
    JobsByList1795350000000,
    AcknowledgedRequests1795650000000,
  ],
  module: (host) => EnforcementModule.register(host),
};
