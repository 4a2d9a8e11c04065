import type { LedgerName, RebuildDifferences } from '@writ/contracts';
import type { Sql } from '@writ/exchange';
import { LIVE_CONSUMER } from '../projection.consumer.js';
import { noteAllDue } from '../publication/state-due.postgres.js';
import { ledgerCode, ledgerOfCode, otherSet, type StateSet } from '../store/state-set.js';
import { emptySet, readRoots, REBUILD_CONSUMER } from './rebuild-state.postgres.js';

/** Compares whole tables: the pool it comes from plans by key only. */
const JOIN_WHOLE_TABLES = ['enable_hashjoin', 'enable_mergejoin', 'enable_seqscan'];

/**
 * Writes down, owner by owner, what the rebuilt set holds otherwise than the live one. Both must
 * stand still: call with the live places locked, inside that transaction.
 *
 * @returns how many components differ
 */
export async function keepDifferences(db: Sql, live: StateSet, rebuild: string): Promise<number> {
  for (const setting of JOIN_WHOLE_TABLES) await db.query(`SET LOCAL ${setting} = on`);
  await db.query('DELETE FROM projection.rebuild_difference');
  const select = (table: 'state' | 'reference', key: string, owner: string) =>
    `SELECT $1::uuid, ${owner}, ledger, live.state, rebuilt.state
     FROM projection.${table}_${live} live
     FULL JOIN projection.${table}_${otherSet(live)} rebuilt USING (${key}, ledger)
     WHERE live.state IS DISTINCT FROM rebuilt.state`;
  const { rows } = await db.query<{ count: string }>(
    `WITH kept AS (
       INSERT INTO projection.rebuild_difference (rebuild, owner, ledger, live, rebuilt)
       ${select('state', 'subject', "replace(subject::text, '-', '')")}
       UNION ALL ${select('reference', 'key', 'key')} RETURNING 1
     ) SELECT count(*) AS count FROM kept`,
    [rebuild],
  );
  return Number(rows[0]!.count);
}

export type DifferenceKey = { owner: string; ledger: LedgerName };

/** @returns a page of differences after the given one, by owner and ledger */
export async function pageDifferences(
  db: Sql,
  rebuild: string,
  after: DifferenceKey | undefined,
  limit: number,
): Promise<RebuildDifferences['differences']> {
  const { rows } = await db.query<{
    owner: string;
    ledger: number;
    live: string | null;
    rebuilt: string | null;
  }>(
    `SELECT owner, ledger, live, rebuilt FROM projection.rebuild_difference
     WHERE rebuild = $1::uuid AND (owner, ledger) > ($2, $3::smallint)
     ORDER BY owner, ledger LIMIT $4`,
    [rebuild, after?.owner ?? '', after ? ledgerCode(after.ledger) : -1, limit],
  );
  return rows.map(({ owner, ledger, live, rebuilt }) => ({
    owner,
    ledger: ledgerOfCode(ledger),
    ...(live === null ? {} : { live: JSON.parse(live) as unknown }),
    ...(rebuilt === null ? {} : { rebuilt: JSON.parse(rebuilt) as unknown }),
  }));
}

/**
 * Lets the rebuilt set answer from this transaction's commit on. The live places must be locked,
 * and both sets must stand at them: what is set aside, and how current the buckets are, goes with
 * the switch.
 *
 * @throws Error when the sets do not stand at the same places
 */
export async function switchSets(db: Sql, live: StateSet, foldVersion: number): Promise<void> {
  const rebuilt = otherSet(live);
  const [before, after] = [await readRoots(db, live), await readRoots(db, rebuilt)];
  if (before.some(({ place }, at) => place !== after[at]?.place)) {
    throw new Error('the rebuilt set does not stand where the live one does');
  }
  const watermark = ['current_to', 'assessed_court', 'assessed_regulatory', 'assessed_reference'];
  const carried = ['epoch', 'up_to', ...watermark].map((name) => `${name} = live.${name}`);
  await db.query(
    `UPDATE projection.progress_${rebuilt} kept SET ${carried.join(', ')}
     FROM projection.progress_${live} live
     WHERE live.ledger = kept.ledger AND live.bucket = kept.bucket`,
  );
  await db.query('DELETE FROM exchange.quarantine WHERE consumer = $1', [LIVE_CONSUMER]);
  await db.query('UPDATE exchange.quarantine SET consumer = $1 WHERE consumer = $2', [
    LIVE_CONSUMER,
    REBUILD_CONSUMER,
  ]);
  await db.query('UPDATE projection.live SET set = $1, fold_version = $2', [rebuilt, foldVersion]);
  await noteAllDue(db, [live, rebuilt]);
}

/**
 * Empties the set that answered before. Readers that began before the switch may still be at it,
 * and a truncated table is empty to them too: each holds `projection.live` until it has ended.
 *
 * @param db one connection
 */
export async function dropOldSet(db: Sql, old: StateSet): Promise<void> {
  await db.query('BEGIN');
  await db.query('LOCK TABLE projection.live IN ACCESS EXCLUSIVE MODE');
  await db.query('COMMIT');
  await emptySet(db, old, REBUILD_CONSUMER);
}
