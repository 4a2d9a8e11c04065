import { LEDGERS, type LedgerName, type RebuildReport } from '@writ/contracts';
import { lockPlaces, type FactFetcher } from '@writ/exchange';
import { Problem, type Clock, type Ids } from '@writ/service-host';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import { LIVE_CONSUMER, liveSet, ProjectionConsumer } from '../projection.consumer.js';
import { otherSet, type StateSet } from '../store/state-set.js';
import { catchUp } from './catch-up.js';
import {
  differences,
  emptySet,
  EVERYTHING,
  keepReport,
  readReport,
  readRoots,
  REBUILD_CONSUMER,
  rootOf,
  type UnequalBucket,
} from './rebuild-state.postgres.js';

export type RebuilderOptions = {
  pool: Pool;
  clock: Clock;
  ids: Ids;
  /** Each ledger's own facts, from the start. */
  facts: FactFetcher;
  logger: Pick<Logger, 'info' | 'error'>;
};

/** 'writ rebu': one rebuild at a time, whatever the number of processes. */
const REBUILD_LOCK = 8_245_931_027_531_117;
const KEEP_EVERY_FACTS = 20_000;

type Places = Map<string, number>;

type Folding = {
  consumer: ProjectionConsumer;
  /** Per ledger the position up to which all that is wanted is folded; moves. */
  after: Record<LedgerName, number>;
  set: StateSet;
  report: RebuildReport;
};

/**
 * Folds every ledger anew into the set that does not answer, and holds its roots against the live
 * ones at equal positions. The live state goes on answering all the time; it stops applying only
 * while the last stretch is folded and compared (its places are locked, answers take no lock).
 */
export class Rebuilder {
  private running: Promise<void> | undefined;

  constructor(private readonly options: RebuilderOptions) {}

  /** @returns the report of a rebuild just started. @throws Problem 409 when one is running */
  async start(): Promise<RebuildReport> {
    const { pool, ids, clock } = this.options;
    const lock = await pool.connect();
    const { rows } = await lock.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [
      REBUILD_LOCK,
    ]);
    if (!rows[0]?.got) {
      lock.release();
      throw new Problem(409, 'a_rebuild_is_running');
    }
    const set = otherSet(await liveSet(lock));
    const report: RebuildReport = {
      rebuild: ids.next(),
      state: 'folding',
      startedAt: clock.now().toISOString(),
      folded: 0,
      total: 0,
    };
    await keepReport(pool, set, report);
    this.running = this.run(lock, set, report).finally(() => {
      // Closing the connection is what lets go of the lock for certain.
      lock.release(true);
      this.running = undefined;
    });
    return { ...report };
  }

  newest(): Promise<RebuildReport | undefined> {
    return readReport(this.options.pool);
  }

  /** Resolves when no rebuild of this process runs any more. */
  async settled(): Promise<void> {
    await this.running;
  }

  /** A rebuild that ended with its process is not going on. */
  async closeAbandoned(): Promise<void> {
    await this.options.pool.query(
      `UPDATE projection.rebuild SET state = 'failed', ended_at = $2,
         report = (report::jsonb || '{"trouble":"its process ended"}')::text
       WHERE state IN ('folding', 'comparing')
         AND (SELECT pg_try_advisory_lock($1) AND pg_advisory_unlock($1))`,
      [REBUILD_LOCK, this.options.clock.now()],
    );
  }

  private async run(lock: PoolClient, set: StateSet, report: RebuildReport): Promise<void> {
    const { pool, logger, clock } = this.options;
    try {
      const unequal = await this.rebuild(lock, set, report);
      report.state = unequal.length === 0 ? 'equal' : 'unequal';
      if (unequal.length > 0) {
        report.unequal = unequal;
        // The alarm. The live state goes on; the other set stays for whoever looks into it.
        logger.error({ rebuild: report.rebuild, buckets: unequal.length }, 'rebuild is unequal');
      } else {
        await emptySet(pool, set, REBUILD_CONSUMER);
        logger.info({ rebuild: report.rebuild, folded: report.folded }, 'rebuild is equal');
      }
    } catch (error) {
      report.state = 'failed';
      report.trouble = error instanceof Error ? error.message : String(error);
      logger.error({ err: error, rebuild: report.rebuild }, 'rebuild failed');
    }
    report.endedAt = clock.now().toISOString();
    // Whoever reads that it has ended may start the next one.
    await lock.query('SELECT pg_advisory_unlock($1)', [REBUILD_LOCK]).catch(() => {});
    await keepReport(pool, set, report).catch((error: unknown) =>
      logger.error({ err: error }, 'the report of a rebuild is not kept'),
    );
  }

  private async rebuild(
    lock: PoolClient,
    set: StateSet,
    report: RebuildReport,
  ): Promise<UnequalBucket[]> {
    const { pool, clock } = this.options;
    await emptySet(pool, set, REBUILD_CONSUMER);
    const consumer = new ProjectionConsumer({
      name: REBUILD_CONSUMER,
      pool,
      clock,
      set: () => Promise.resolve(set),
    });
    const after: Record<LedgerName, number> = { court: -1, regulatory: -1, enforcement: -1 };
    const folding: Folding = { consumer, after, set, report };
    const fold = (upTo: Record<LedgerName, number>, live?: Places) =>
      this.foldTo(folding, upTo, live);
    // Twice: the second stretch is as short as the first was long ago.
    for (let round = 0; round < 2; round++) {
      const roots = await readRoots(lock, otherSet(set));
      await fold(byLedger((ledger) => Math.min(...of(roots, ledger).map(({ upTo }) => upTo))));
    }
    report.state = 'comparing';
    await keepReport(pool, set, report);
    await lock.query('BEGIN');
    try {
      const places = await lockPlaces(lock, LIVE_CONSUMER, EVERYTHING);
      const live: Places = new Map(places.map((one) => [`${one.ledger}/${one.bucket}`, one.place]));
      await fold(
        byLedger((ledger) => Math.max(...of(places, ledger).map(({ place }) => place))),
        live,
      );
      const roots = await readRoots(lock, otherSet(set));
      report.root = rootOf(roots).root;
      return differences(roots, await readRoots(lock, set));
    } finally {
      await lock.query('ROLLBACK');
    }
  }

  private async foldTo(
    { consumer, after, set, report }: Folding,
    upTo: Record<LedgerName, number>,
    live: Places | undefined,
  ): Promise<void> {
    const { facts: fetcher, pool } = this.options;
    let keptAt = report.folded;
    report.total = Object.values(upTo).reduce((sum, position) => sum + position + 1, 0);
    const onFolded = (count: number) => {
      report.folded += count;
      if (report.folded - keptAt < KEEP_EVERY_FACTS) return;
      keptAt = report.folded;
      // Progress for whoever watches; the next one corrects what this one fails to say.
      keepReport(pool, set, report).catch(() => {});
    };
    await Promise.all(
      LEDGERS.map(async (ledger) => {
        after[ledger] = await catchUp({
          ledger,
          fetcher,
          consumer,
          after: after[ledger],
          upTo: upTo[ledger],
          wanted: ({ bucket, position }) =>
            live === undefined || position <= (live.get(`${ledger}/${bucket}`) ?? -1),
          onFolded,
        });
      }),
    );
  }
}

function of<T extends { ledger: LedgerName }>(all: readonly T[], ledger: LedgerName): T[] {
  return all.filter((one) => one.ledger === ledger);
}

function byLedger(value: (ledger: LedgerName) => number): Record<LedgerName, number> {
  return {
    court: value('court'),
    regulatory: value('regulatory'),
    enforcement: value('enforcement'),
  };
}
