import { inTransaction } from '@writ/exchange';
import type { PoolClient } from 'pg';
import type { Logger } from 'pino';
import { causesOfList } from '../cause/cause-store.postgres.js';
import { CONSUMER, type Assessor } from '../enforcement.consumer.js';
import { lockReference, pause } from '../transaction.postgres.js';
import { RowsExceedOneFact } from './plan-measures.js';
import {
  firstOpenJob,
  moveJob,
  noteFailure,
  reopenLists,
  waitingLists,
  type Job,
  type WaitingList,
} from './reference-store.postgres.js';

const PAGE = 500;
const RETRY_MS = 1_000;
/** Tried so often in a row before its list is set aside. */
const FAILURES_MAX = 3;

/**
 * Goes through the causes that a new memorandum version (or list) touches, page by page, each in
 * one transaction with the job's cursor: a killed job goes on where it stood. While a page is
 * decided nobody else decides, so that no cause slips between the old plan and the new.
 *
 * A list whose causes cannot be gone through is set aside, for all to see, and the others go on;
 * until it works no decision says that its causes were assessed, so nobody takes old for new.
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
    this.running ??= this.runAll().finally(() => {
      this.running = undefined;
      if (this.wokenAgain && !this.stopping.signal.aborted) this.wake();
    });
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
        this.logger.error({ err: error }, 'memorandum_job_failed');
        this.wokenAgain = true;
        await pause(RETRY_MS, this.stopping.signal);
      }
    }
  }

  /** @returns the lists set aside, longest first */
  waiting(): Promise<WaitingList[]> {
    return waitingLists(this.assessor.options.pool);
  }

  /**
   * Tries lists that are set aside once more: one, or all.
   *
   * @returns whether none of them waits any more
   */
  async retry(list?: string): Promise<boolean> {
    await reopenLists(this.assessor.options.pool, list);
    this.wake();
    await this.running;
    const waiting = await this.waiting();
    return !waiting.some((one) => list === undefined || one.list === list);
  }

  /**
   * @returns whether there was anything left to do
   * @throws whatever stopped a list, until it is set aside
   */
  async page(): Promise<boolean> {
    const { pool } = this.assessor.options;
    let job: Job | undefined;
    try {
      return await inTransaction(pool, async (db) => {
        await lockReference(db);
        job = await firstOpenJob(db);
        if (job) await this.pageOf(db, job);
        return job !== undefined;
      });
    } catch (error) {
      // A database that is away fails here as well, and sets nothing aside.
      const trouble = { reason: reasonOf(error), failuresMax: FAILURES_MAX };
      if (!job || !(await noteFailure(pool, job, trouble))) throw error;
      this.logger.error({ err: error, list: job.list }, 'list_was_set_aside');
      return true;
    }
  }

  private async pageOf(db: PoolClient, job: Job): Promise<void> {
    const plan = await this.assessor.references.planOf(db);
    const causes = await causesOfList(db, job.list, job.cursor, PAGE);
    const causedBy = { ledger: 'regulatory' as const, position: job.position };
    const trigger = { causedBy, correlation: job.correlation };
    const base = `${CONSUMER}/regulatory/${job.epoch}/${job.position}`;
    const steps = causes.map((cause) => {
      return { cause, trigger, key: `${base}/${cause.ledger}/${cause.id}` };
    });
    await this.assessor.record(plan, steps);
    const last = causes.at(-1);
    const isPageFull = last !== undefined && causes.length === PAGE;
    await moveJob(db, job, isPageFull ? { ledger: last.ledger, id: last.id } : 'done');
  }
}

/** A code, since what an error says may hold anything. */
function reasonOf(error: unknown): string {
  return error instanceof RowsExceedOneFact
    ? 'rows_exceed_one_fact'
    : 'decisions_could_not_be_recorded';
}
