import {
  LEDGERS,
  type LedgerName,
  type RebuildDifferences,
  type RebuildReport,
} from '@writ/contracts';
import { lockPlaces, type FactFetcher } from '@writ/exchange';
import { checkOut, giveBack, Problem, type Clock, type Ids } from '@writ/service-host';
import type { Pool, PoolClient } from 'pg';
import type { Logger } from 'pino';
import { FOLD_VERSION } from '../fold/subject-state.js';
import { LIVE_CONSUMER, liveState, ProjectionConsumer } from '../projection.consumer.js';
import { otherSet, type StateSet } from '../store/state-set.js';
import { catchUp } from './catch-up.js';
import {
  differences,
  dropIndexes,
  emptySet,
  EVERYTHING,
  keepReport,
  makeIndexes,
  readReport,
  readRoots,
  REBUILD_CONSUMER,
  rootOf,
} from './rebuild-state.postgres.js';
import {
  dropOldSet,
  keepDifferences,
  pageDifferences,
  switchSets,
  type DifferenceKey,
} from './switch-set.postgres.js';

export type RebuilderOptions = {
  pool: Pool;
  clock: Clock;
  ids: Ids;
  /** Each ledger's own facts, from the start. */
  facts: FactFetcher;
  logger: Pick<Logger, 'info' | 'error'>;
  /** After another set answers. */
  onSwitched?: () => void;
};

/** 'writ rebu': one rebuild at a time, whatever the number of processes. */
export const REBUILD_LOCK = 8_245_931_027_531_117;
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
    const lock = await this.lock();
    try {
      const { set: live, foldVersion } = await liveState(lock);
      const set = otherSet(live);
      const report: RebuildReport = {
        rebuild: ids.next(),
        state: 'folding',
        foldVersion: FOLD_VERSION,
        liveFoldVersion: foldVersion,
        startedAt: clock.now().toISOString(),
        folded: 0,
        total: 0,
      };
      await keepReport(pool, set, report);
      this.running = this.run(lock, set, report).finally(() => {
        // Closing the connection is what lets go of the lock for certain.
        giveBack(lock, true);
        this.running = undefined;
      });
      return { ...report };
    } catch (error) {
      giveBack(lock, true);
      throw error;
    }
  }

  /**
   * Lets the newest rebuild's set answer in place of the live one: brought up to the live places
   * first, then switched in one transaction, and the old set dropped.
   *
   * @throws Problem 409 when none waits for that, or another build's
   */
  async accept(by: { by: string; actor: string }): Promise<RebuildReport> {
    const lock = await this.lock();
    try {
      const report = await readReport(lock);
      const { set: live } = await liveState(lock);
      if (!report || !waitsForAcceptance(report)) {
        throw new Problem(409, 'no_rebuild_waits_for_acceptance');
      }
      if (report.foldVersion !== FOLD_VERSION) {
        throw new Problem(409, 'rebuild_is_of_another_fold_version');
      }
      await this.switchTo(lock, live, report, by);
      this.options.onSwitched?.();
      await dropOldSet(lock, live);
      return report;
    } finally {
      giveBack(lock, true);
    }
  }

  differences(
    rebuild: string,
    after: DifferenceKey | undefined,
    limit: number,
  ): Promise<RebuildDifferences['differences']> {
    return pageDifferences(this.options.pool, rebuild, after, limit);
  }

  /** One that lost the database may not have been able to say so: whoever asks must not wait on. */
  async newest(): Promise<RebuildReport | undefined> {
    const report = await readReport(this.options.pool);
    const goesOn = report?.state === 'folding' || report?.state === 'comparing';
    if (!goesOn || this.running) return report;
    await this.closeAbandoned();
    return readReport(this.options.pool);
  }

  /** Resolves when no rebuild of this process runs any more. */
  async settled(): Promise<void> {
    await this.running;
  }

  /** A rebuild that nobody holds the lock of is not going on. */
  async closeAbandoned(): Promise<void> {
    await this.options.pool.query(
      `UPDATE projection.rebuild SET state = 'failed', ended_at = $2,
         report = (report::jsonb || '{"trouble":"it ended without a word"}')::text
       WHERE state IN ('folding', 'comparing')
         AND (SELECT pg_try_advisory_lock($1) AND pg_advisory_unlock($1))`,
      [REBUILD_LOCK, this.options.clock.now()],
    );
  }

  private async lock(): Promise<PoolClient> {
    const lock = await checkOut(this.options.pool);
    try {
      const sql = 'SELECT pg_try_advisory_lock($1) AS got';
      const { rows } = await lock.query<{ got: boolean }>(sql, [REBUILD_LOCK]);
      if (rows[0]?.got) return lock;
    } catch (error) {
      giveBack(lock, true);
      throw error;
    }
    giveBack(lock);
    throw new Problem(409, 'a_rebuild_is_running');
  }

  private async run(lock: PoolClient, set: StateSet, report: RebuildReport): Promise<void> {
    const { pool, logger, clock } = this.options;
    const { rebuild } = report;
    try {
      await this.rebuild(lock, set, report);
      const isOfSameVersion = report.foldVersion === report.liveFoldVersion;
      if (!report.unequal && !report.differences) {
        report.state = 'equal';
        // Of another version it waits: accepted, it is the one that answers.
        if (isOfSameVersion) await emptySet(pool, set, REBUILD_CONSUMER);
        logger.info({ rebuild, folded: report.folded }, 'rebuild is equal');
      } else if (isOfSameVersion) {
        report.state = 'unequal';
        // The alarm. The live state goes on; the other set stays for whoever looks into it.
        logger.error({ rebuild, buckets: report.unequal?.length }, 'rebuild is unequal');
      } else {
        report.state = 'different';
        logger.info({ rebuild, differences: report.differences }, 'rebuild waits for acceptance');
      }
    } catch (error) {
      report.state = 'failed';
      report.trouble = error instanceof Error ? error.message : String(error);
      logger.error({ err: error, rebuild }, 'rebuild failed');
    }
    report.endedAt = clock.now().toISOString();
    // Whoever reads that it has ended may start the next one.
    await lock.query('SELECT pg_advisory_unlock($1)', [REBUILD_LOCK]).catch(() => {});
    await keepReport(pool, set, report).catch((error: unknown) =>
      logger.error({ err: error }, 'the report of a rebuild is not kept'),
    );
  }

  /** Folds all, and tells the report what is unequal or different. */
  private async rebuild(lock: PoolClient, set: StateSet, report: RebuildReport): Promise<void> {
    const { pool } = this.options;
    const live = otherSet(set);
    await emptySet(pool, set, REBUILD_CONSUMER);
    await dropIndexes(pool, set);
    const folding = this.folding(
      set,
      report,
      byLedger(() => -1),
    );
    await this.foldTo(folding, await standsAt(lock, live));
    await makeIndexes(pool, set);
    // Once more: this stretch is only what came meanwhile.
    await this.foldTo(folding, await standsAt(lock, live));
    report.state = 'comparing';
    await keepReport(pool, set, report);
    await lock.query('BEGIN');
    try {
      await this.foldToLive(lock, folding);
      const roots = await readRoots(lock, live);
      report.comparedAt = await standsAt(lock, live);
      report.root = rootOf(roots).root;
      const unequal = differences(roots, await readRoots(lock, set));
      if (unequal.length > 0) report.unequal = unequal;
      if (report.foldVersion !== report.liveFoldVersion) {
        report.differences = await keepDifferences(lock, live, report.rebuild);
      }
      await lock.query('COMMIT');
    } catch (error) {
      await lock.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  private async switchTo(
    lock: PoolClient,
    live: StateSet,
    report: RebuildReport,
    by: { by: string; actor: string },
  ): Promise<void> {
    const from = report.comparedAt ?? byLedger(() => -1);
    const folding = this.folding(otherSet(live), report, { ...from });
    await this.foldTo(folding, await standsAt(lock, live));
    await lock.query('BEGIN');
    try {
      await this.foldToLive(lock, folding);
      await switchSets(lock, live, report.foldVersion);
      report.state = 'accepted';
      report.accepted = { ...by, at: this.options.clock.now().toISOString() };
      await keepReport(lock, otherSet(live), report);
      await lock.query('COMMIT');
    } catch (error) {
      await lock.query('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  private folding(set: StateSet, report: RebuildReport, after: Folding['after']): Folding {
    const { pool, clock } = this.options;
    const name = REBUILD_CONSUMER;
    const consumer = new ProjectionConsumer({ name, pool, clock, set: async () => set });
    return { consumer, after, set, report };
  }

  /** The last stretch, exactly to the live places: locked, they stay there until the end. */
  private async foldToLive(lock: PoolClient, folding: Folding): Promise<void> {
    const places = await lockPlaces(lock, LIVE_CONSUMER, EVERYTHING);
    const live: Places = new Map(places.map((one) => [`${one.ledger}/${one.bucket}`, one.place]));
    const newest = byLedger((ledger) => Math.max(...of(places, ledger).map(({ place }) => place)));
    await this.foldTo(folding, newest, live);
  }

  private async foldTo(
    { consumer, after, set, report }: Folding,
    upTo: Record<LedgerName, number>,
    live?: Places,
  ): Promise<void> {
    const { facts: fetcher, pool } = this.options;
    let keptAt = report.folded;
    report.total = Object.values(upTo).reduce((sum, position) => sum + position + 1, 0);
    const onFolded = (count: number) => {
      report.folded += count;
      if (report.folded - keptAt < KEEP_EVERY_FACTS) return;
      keptAt = report.folded;
      // Progress for whoever watches; the next one corrects what this one fails to say.
      if (report.state === 'folding') keepReport(pool, set, report).catch(() => {});
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

/** A rebuild under another fold version that came to its end, unless it was accepted. */
function waitsForAcceptance({ state, foldVersion, liveFoldVersion }: RebuildReport): boolean {
  return foldVersion !== liveFoldVersion && (state === 'equal' || state === 'different');
}

/** Per ledger the position up to which every bucket of a set is folded. */
async function standsAt(db: PoolClient, set: StateSet): Promise<Record<LedgerName, number>> {
  const roots = await readRoots(db, set);
  return byLedger((ledger) => Math.min(...of(roots, ledger).map(({ upTo }) => upTo)));
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
