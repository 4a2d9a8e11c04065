import type { PoolClient } from 'pg';
import type { Logger } from 'pino';
import { causesOfList } from '../cause/cause-store.postgres.js';
import { CONSUMER, type Assessor } from '../enforcement.consumer.js';
import { inTransaction, lockReference, pause } from '../transaction.postgres.js';
import { firstOpenJob, moveJob, type Job } from './reference-store.postgres.js';

const PAGE = 500;
const RETRY_MS = 1_000;

/**
 * Goes through the causes that a new memorandum version (or list) touches, page by page, each in
 * one transaction with the job's cursor: a killed job goes on where it stood. While a page is
 * decided nobody else decides, so that no cause slips between the old plan and the new.
 */
export class MemorandumJobs {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private wokenAgain = false;

  constructor(
    private readonly assessor: Assessor,
    private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /** Starts going through what is open, unless that is being done already. */
  wake(): void {
    this.wokenAgain = true;
    this.running ??= this.runAll().finally(() => (this.running = undefined));
  }

  /** Finishes the page at hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async runAll(): Promise<void> {
    while (this.wokenAgain && !this.stopping.signal.aborted) {
      this.wokenAgain = false;
      try {
        while (!this.stopping.signal.aborted && (await this.page()));
      } catch (error) {
        // Until it works `assessed` stands still, so that nobody takes the old measures for new.
        this.logger.error({ err: error }, 'memorandum_job_failed');
        this.wokenAgain = true;
        await pause(RETRY_MS, this.stopping.signal);
      }
    }
  }

  /** @returns whether there was anything left to do */
  async page(): Promise<boolean> {
    return inTransaction(this.assessor.options.pool, async (db) => {
      await lockReference(db);
      const job = await firstOpenJob(db);
      if (!job) return false;
      const list = job.cursor.list === '' ? job.lists[0] : job.cursor.list;
      if (list === undefined) await moveJob(db, job, 'done');
      else await this.pageOf(db, job, list);
      return true;
    });
  }

  private async pageOf(db: PoolClient, job: Job, list: string): Promise<void> {
    const plan = await this.assessor.references.planOf(db);
    const causes = await causesOfList(db, list, job.cursor, PAGE);
    const causedBy = { ledger: 'regulatory' as const, position: job.position };
    const trigger = { causedBy, correlation: job.correlation };
    const base = `${CONSUMER}/regulatory/${job.epoch}/${job.position}`;
    const steps = causes.map((cause) => {
      return { cause, trigger, key: `${base}/${cause.ledger}/${cause.id}` };
    });
    await this.assessor.record(plan, steps);
    const last = causes.at(-1);
    if (last && causes.length === PAGE) {
      await moveJob(db, job, { list, ledger: last.ledger, id: last.id });
      return;
    }
    const next = job.lists[job.lists.indexOf(list) + 1];
    await moveJob(db, job, next === undefined ? 'done' : { list: next, ledger: '', id: '' });
  }
}
