import type { Terms } from '@writ/feeds';
import { checkOut, giveBack, inTransaction } from '@writ/service-host';
import type { Pool, PoolClient } from 'pg';
import type { EntryState } from './entry.js';

/**
 * A change about to be recorded, written down before the first event of its snapshot: after a
 * crash the ledger says which of them happened, and only they become state.
 */
export type Intent = {
  /** Key of the command that records it; null where nothing is recorded (content became known). */
  key: string | null;
  after: EntryState;
};

/** What the import remembers between snapshots. A projection of the ledger and of sealed rows. */
export type FeedMemory = {
  /** @returns how to unlock, or undefined while another import of the list is running */
  lock(list: string): Promise<(() => Promise<void>) | undefined>;
  /** By sealed record; all of the list's, or those asked for. */
  entries(list: string, records?: readonly string[]): Promise<Map<string, EntryState>>;
  activeCount(list: string): Promise<number>;
  /** What an import that did not come to its end had set out to do. */
  unsettled(list: string): Promise<{ unit: string; intents: Intent[] } | undefined>;
  intend(list: string, unit: string, intents: readonly Intent[]): Promise<void>;
  /** Makes intents state: all of them, or those recorded under these keys. Forgets the others. */
  settle(list: string, recorded: 'all' | readonly string[]): Promise<void>;
};

type EntryRow = Omit<EntryState, 'terms'> & { terms: string };

const COLUMNS = 'record, ordinal, listing, subject, active, terms, content, version';
const ROW_TYPES =
  'record text, ordinal integer, listing text, subject text, active boolean, terms text, ' +
  'content text, version integer';
const ROWS_AT_ONCE_MAX = 5_000;

/** @param pool the writer role of the service's own database */
export function postgresFeedMemory(pool: Pool): FeedMemory {
  return {
    lock: (list) => lockList(pool, list),
    entries: (list, records) => readEntries(pool, list, records),
    activeCount: async (list) => {
      const { rows } = await pool.query<{ active: string }>(
        'SELECT count(*) AS active FROM regulatory.feed_entry WHERE list = $1 AND active',
        [list],
      );
      return Number(rows[0]?.active ?? 0);
    },
    unsettled: (list) => readIntents(pool, list),
    intend: (list, unit, intents) =>
      inTransaction(pool, (client) => writeIntents(client, list, unit, intents)),
    settle: (list, recorded) =>
      inTransaction(pool, (client) => settleIntents(client, list, recorded)),
  };
}

/** A session lock: it falls with its connection, so a killed import locks nobody out. */
async function lockList(pool: Pool, list: string) {
  const client = await checkOut(pool);
  const name = [`writ regulatory feed ${list}`];
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      name,
    );
    if (rows[0]?.locked) {
      return async () => {
        // A connection that is gone has let go of its lock by itself.
        const gone = await client
          .query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', name)
          .then(() => undefined)
          .catch((error: Error) => error);
        giveBack(client, gone);
      };
    }
  } catch (error) {
    giveBack(client, error as Error);
    throw error;
  }
  giveBack(client);
  return undefined;
}

async function readEntries(pool: Pool, list: string, records?: readonly string[]) {
  const only = records ? 'AND record = ANY($2)' : '';
  const { rows } = await pool.query<EntryRow>(
    `SELECT ${COLUMNS} FROM regulatory.feed_entry WHERE list = $1 ${only}`,
    records ? [list, records] : [list],
  );
  return new Map(rows.map((row) => [row.record, stateOf(row)]));
}

async function readIntents(pool: Pool, list: string) {
  const { rows } = await pool.query<EntryRow & { unit: string; key: string | null }>(
    `SELECT unit, key, ${COLUMNS} FROM regulatory.feed_intent WHERE list = $1 ORDER BY seq`,
    [list],
  );
  const [first] = rows;
  if (!first) return undefined;
  return { unit: first.unit, intents: rows.map((row) => ({ key: row.key, after: stateOf(row) })) };
}

function stateOf(row: EntryRow): EntryState {
  const { record, ordinal, listing, subject, active, content, version } = row;
  const terms = JSON.parse(row.terms) as Terms;
  return { record, ordinal, listing, subject, active, terms, content, version };
}

async function writeIntents(
  client: PoolClient,
  list: string,
  unit: string,
  intents: readonly Intent[],
): Promise<void> {
  await client.query('DELETE FROM regulatory.feed_intent WHERE list = $1', [list]);
  for (let at = 0; at < intents.length; at += ROWS_AT_ONCE_MAX) {
    const rows = intents.slice(at, at + ROWS_AT_ONCE_MAX).map(({ key, after }, index) => {
      return { seq: at + index, key, ...after, terms: JSON.stringify(after.terms) };
    });
    await client.query(
      `INSERT INTO regulatory.feed_intent (list, unit, seq, key, ${COLUMNS})
       SELECT $1, $2, seq, key, ${COLUMNS}
       FROM jsonb_to_recordset($3::jsonb) AS t(seq integer, key text, ${ROW_TYPES})`,
      [list, unit, JSON.stringify(rows)],
    );
  }
}

async function settleIntents(
  client: PoolClient,
  list: string,
  recorded: 'all' | readonly string[],
): Promise<void> {
  const only = recorded === 'all' ? '' : 'AND key = ANY($2)';
  await client.query(
    `INSERT INTO regulatory.feed_entry (list, ${COLUMNS})
     SELECT DISTINCT ON (record) list, ${COLUMNS} FROM regulatory.feed_intent
     WHERE list = $1 ${only} ORDER BY record, seq DESC
     ON CONFLICT (list, record) DO UPDATE SET
       ordinal = excluded.ordinal, listing = excluded.listing, subject = excluded.subject,
       active = excluded.active, terms = excluded.terms, content = excluded.content,
       version = excluded.version`,
    recorded === 'all' ? [list] : [list, recorded],
  );
  await client.query('DELETE FROM regulatory.feed_intent WHERE list = $1', [list]);
}
