import { REFERENCE_BUCKET } from '@writ/contracts';
import { inTransaction } from '@writ/exchange';
import { openLedgerReader } from '@writ/ledger';
import pg, { type ClientBase } from 'pg';
import { CONSUMER } from './enforcement.consumer.js';
import { MeasureView } from './measure/measure-view.postgres.js';

type Db = Pick<ClientBase, 'query'>;
type Based = { ledger: string; id: string; cause: string; reference: string | null };

const PAGE = 5_000;

/**
 * Lets enforcement read a ledger again from the start, after that ledger was restored. What it
 * knows of it is forgotten, and what it decided on a fact that the ledger no longer holds counts as
 * not decided: otherwise a lifting decided on a lost payment would pass for newer than the listing
 * that is in force again. Its own ledger stays as it is; what is decided anew is recorded there.
 *
 * @param owner connection string of enforcement's own database, as its owner; the service must be
 *   stopped
 * @param source of the ledger to be read again, any role
 * @returns how many decisions rested on facts that are gone
 */
export async function rereadSource(
  owner: string,
  ledger: 'court' | 'regulatory',
  source: Db,
): Promise<number> {
  const pool = new pg.Pool({ connectionString: owner, max: 1 });
  const own = openLedgerReader({ ledger: 'enforcement', connection: owner });
  try {
    // What was recorded last is not folded before somebody decides: it would be taken in later.
    await new MeasureView(pool, own).catchUp();
    return await inTransaction(pool, (db) => forget(db, ledger, source));
  } finally {
    await own.close();
    await pool.end();
  }
}

async function forget(db: Db, ledger: 'court' | 'regulatory', source: Db): Promise<number> {
  const voided = await voidDecisions(db, ledger, source);
  await db.query('DELETE FROM enforcement.cause WHERE ledger = $1', [ledger]);
  if (ledger === 'regulatory') {
    await db.query('DELETE FROM enforcement.reference_fact');
    await db.query('DELETE FROM enforcement.list_job');
  }
  for (const table of ['exchange.place', 'exchange.quarantine']) {
    await db.query(`DELETE FROM ${table} WHERE consumer = $1 AND ledger = $2`, [CONSUMER, ledger]);
  }
  return voided;
}

async function voidDecisions(db: Db, ledger: string, source: Db): Promise<number> {
  // Facts of an epoch that some bucket has not heard of are others than those decided on.
  const { rows: heard } = await db.query<{ epoch: number | null }>(
    `SELECT min(coalesce(ledger_epoch, epoch)) AS epoch FROM exchange.place
     WHERE consumer = $1 AND ledger = $2 AND place >= 0`,
    [CONSUMER, ledger],
  );
  const epoch = heard[0]?.epoch ?? 0;
  let voided = 0;
  for (let after = { ledger: '', id: '' }; ;) {
    const { rows } = await db.query<Based>(
      `SELECT ledger, id, based_on ->> 'cause' AS cause, based_on ->> 'reference' AS reference
       FROM enforcement.decision WHERE based_on IS NOT NULL AND (ledger, id) > ($1, $2)
       ORDER BY ledger, id LIMIT ${PAGE}`,
      [after.ledger, after.id],
    );
    const last = rows.at(-1);
    if (!last) return voided;
    after = last;
    const gone = await restingOnLost(rows, ledger, epoch, source);
    voided += gone.length;
    await db.query(
      `UPDATE enforcement.decision SET based_on = '{"cause": -1}'
       WHERE (ledger, id) IN (
         SELECT ledger, id FROM jsonb_to_recordset($1) AS (ledger text, id text))`,
      [JSON.stringify(gone.map((one) => ({ ledger: one.ledger, id: one.id })))],
    );
  }
}

/** @returns decisions of which the source no longer holds the fact (or one it names) */
async function restingOnLost(
  decisions: readonly Based[],
  ledger: string,
  epoch: number,
  source: Db,
): Promise<Based[]> {
  const causes = decisions.filter((one) => one.ledger === ledger && Number(one.cause) >= 0);
  const { rows } = await source.query<{ position: string; listing: string }>(
    `SELECT position, canonical::jsonb #>> '{data,listing}' AS listing FROM ledger.event
     WHERE position = ANY($1::bigint[]) AND epoch <= $2`,
    [causes.map(({ cause }) => cause), epoch],
  );
  const held = new Map(rows.map(({ position, listing }) => [position, listing]));
  const gone = new Set(causes.filter(({ cause, id }) => held.get(cause) !== id));
  if (ledger === 'regulatory') {
    const referring = decisions.filter(({ reference }) => reference !== null);
    const { rows: there } = await source.query<{ position: string }>(
      `SELECT position FROM ledger.event WHERE position = ANY($1::bigint[]) AND epoch <= $2
       AND bucket = ${REFERENCE_BUCKET}`,
      [[...new Set(referring.map(({ reference }) => reference))], epoch],
    );
    const known = new Set(there.map(({ position }) => position));
    for (const one of referring) if (!known.has(one.reference ?? '')) gone.add(one);
  }
  return [...gone];
}
