import type { LedgerName } from '@writ/contracts';
import type pg from 'pg';
import { APPEND_SQL, appendParameters, hasAppended, type AppendResult } from './append.sql.js';
import {
  authoritiesOf,
  decideBatch,
  streamsOf,
  type Batch,
  type KeyRow,
  type Verdict,
} from './batch.js';
import { LedgerClockError } from './ledger-error.js';
import { frontierOf, TILE_WIDTH, treeOf } from './merkle.js';
import type { PreparedCommand } from './prepare-command.js';
import type { SequenceState } from './sequence.js';

export const APPEND_STATEMENT = { name: 'append-batch', text: APPEND_SQL };
const NO_GUARDS = { present: [], absent: [] };

export type LockedAppend =
  | { outcome: 'decided'; verdicts: Verdict[]; state: SequenceState }
  /** Another writer came between: nothing was written. */
  | { outcome: 'interfered' };

export type LockedAppendOptions = {
  ledger: LedgerName;
  /** ISO time of this process's clock. */
  clock: string;
  /** Refuse a clock that is ahead of the database's. */
  comparesClock: boolean;
  /** Used again if the ledger still stands there. */
  cached: SequenceState | undefined;
};

/**
 * The slow path: BEGIN, the lock as a statement of its own, then – with a snapshot taken after
 * the lock was granted – size, frontier, keys, versions; decide in queue order; insert; COMMIT.
 *
 * @throws LedgerClockError; errors of the database after a ROLLBACK; a lost connection
 */
export async function appendUnderLock(
  client: pg.Client,
  commands: readonly PreparedCommand[],
  options: LockedAppendOptions,
): Promise<LockedAppend> {
  try {
    const read = await lockAndRead(client, commands);
    const state = await stateFrom(client, read, options);
    const { clock } = options;
    const batch = decideBatch(state, commands, read.versions, read.known, clock);
    const appended = batch.events.length === 0 || (await write(client, batch, options));
    await client.query(appended ? 'COMMIT' : 'ROLLBACK');
    if (!appended) return { outcome: 'interfered' };
    return { outcome: 'decided', verdicts: batch.verdicts, state };
  } catch (error) {
    // Harmless on a lost connection; otherwise the session must not stay in the transaction.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function write(
  client: pg.Client,
  batch: Batch,
  { comparesClock, clock }: LockedAppendOptions,
): Promise<boolean> {
  const values = appendParameters(batch, NO_GUARDS, comparesClock ? clock : null);
  const { rows } = await client.query<AppendResult>({ ...APPEND_STATEMENT, values });
  if (rows[0]?.clock_ok === false) throw new LedgerClockError();
  return hasAppended(rows[0]);
}

type Head = { size: string; frontier: string; bucket_last: string; at: string; epoch: number };
type Read = {
  head: Head;
  known: Map<string, KeyRow>;
  versions: Map<string, number>;
  authorities: Map<string, number>;
};

/** Columns of a row of `ledger.batch` as `Head`; times as in facts. */
export const HEAD_COLUMNS = `b.size, encode(b.frontier, 'hex') AS frontier, b.bucket_last::text,
  coalesce(to_char(b.recorded_at, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), '') AS at`;

const READ_HEAD = {
  name: 'read-head',
  text: `SELECT ${HEAD_COLUMNS}, (SELECT max(o.epoch) FROM ledger.epoch o) AS epoch
    FROM ledger.batch b ORDER BY b.size DESC LIMIT 1`,
};
const READ_KEYS = {
  name: 'read-keys',
  text: `SELECT replace(key::text, '-', '') AS key, fingerprint, first, count
    FROM ledger.command_key WHERE key = ANY (string_to_array($1, E'\\n')::uuid[])`,
};
const READ_VERSIONS = {
  name: 'read-versions',
  text: `SELECT s.stream, coalesce((SELECT e.version FROM ledger.event e
      WHERE e.stream = s.stream ORDER BY e.version DESC LIMIT 1), 0) AS last
    FROM unnest(string_to_array($1, E'\\n')) AS s(stream)`,
};
const READ_AUTHORITIES = {
  name: 'read-authorities',
  text: `SELECT s.authority AS stream, coalesce((SELECT a.seq FROM ledger.authority_seq a
      WHERE a.authority = s.authority ORDER BY a.seq DESC LIMIT 1), 0) AS last
    FROM unnest(string_to_array($1, E'\\n')) AS s(authority)`,
};

/**
 * The head is read first: whoever commits after it takes the positions we would take, so that
 * what is read later can be wrong only when our insert fails.
 */
async function lockAndRead(client: pg.Client, commands: readonly PreparedCommand[]): Promise<Read> {
  const keyHashes = commands.map(({ keyHash }) => keyHash).join('\n');
  const streams = streamsOf(commands).join('\n');
  const authorities = authoritiesOf(commands).join('\n');
  type Last = { stream: string; last: string };
  type Key = { key: string; fingerprint: string; first: string; count: number };
  // Sent in one go; the server runs them one after the other, each with a snapshot of its own.
  const [, , head, keys, versions, seqs] = await Promise.all([
    client.query('BEGIN'),
    client.query('SELECT ledger.take_lock()'),
    client.query<Head>(READ_HEAD),
    client.query<Key>({ ...READ_KEYS, values: [keyHashes] }),
    client.query<Last>({ ...READ_VERSIONS, values: [streams] }),
    client.query<Last>({ ...READ_AUTHORITIES, values: [authorities] }),
  ]);
  if (!head.rows[0]) throw new Error('the ledger has no first batch row');
  const known = keys.rows.map(({ key, fingerprint, first, count }): [string, KeyRow] => [
    key,
    { keyHash: key, fingerprint, first: Number(first), count },
  ]);
  const last = ({ stream, last }: Last): [string, number] => [stream, Number(last)];
  return {
    head: head.rows[0],
    known: new Map(known),
    versions: new Map(versions.rows.map(last)),
    authorities: new Map(seqs.rows.map(last)),
  };
}

async function stateFrom(
  client: pg.Client,
  { head, authorities }: Read,
  { ledger, cached }: LockedAppendOptions,
): Promise<SequenceState> {
  const size = Number(head.size);
  const unchanged = cached?.epoch === head.epoch && frontierOf(cached.tree) === head.frontier;
  return {
    ledger,
    epoch: head.epoch,
    tree: unchanged ? cached.tree : await readTree(client, size, head.frontier),
    bucketLast: bucketLastOf(head.bucket_last),
    recordedAt: head.at,
    authorities: unchanged ? new Map([...cached.authorities, ...authorities]) : authorities,
  };
}

/** @returns the numbers of a bigint[] as Postgres writes it */
export function bucketLastOf(text: string): number[] {
  return text.slice(1, -1).split(',').map(Number);
}

async function readTree(client: pg.Client, size: number, frontier: string) {
  type Begun = { hashes: string | null };
  const levels: Promise<pg.QueryResult<Begun>>[] = [];
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / TILE_WIDTH)) {
    const begun = count - (count % TILE_WIDTH);
    const query = level === 0 ? BEGUN_LEAVES : BEGUN_TILES;
    const values = level === 0 ? [begun, count] : [begun, count, level - 1];
    levels.push(client.query<Begun>({ ...query, values }));
  }
  const partial = (await Promise.all(levels)).map(({ rows }) => rows[0]?.hashes);
  return treeOf(
    size,
    frontier,
    partial.map((hashes) => hashes ?? ''),
  );
}

const BEGUN_LEAVES = {
  name: 'begun-leaves',
  text: `SELECT string_agg(encode(leaf, 'hex'), '' ORDER BY position) AS hashes FROM ledger.event
    WHERE position >= $1::bigint AND position < $2::bigint`,
};
const BEGUN_TILES = {
  name: 'begun-tiles',
  text: `SELECT string_agg(encode(root, 'hex'), '' ORDER BY index) AS hashes FROM ledger.tile
    WHERE level = $3::smallint AND index >= $1::bigint AND index < $2::bigint`,
};

/**
 * Ends sessions of this role that hold a transaction open while their process says nothing: the
 * server's own time-out does not reach a holder frozen in the middle of a COPY.
 */
export async function endFrozenHolders(client: pg.Client, silentForMs: number): Promise<void> {
  await client.query({
    text: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
        AND application_name = 'writ-ledger' AND wait_event = 'ClientRead'
        AND state IN ('active', 'idle in transaction')
        AND state_change < clock_timestamp() - make_interval(secs => $1::float8 / 1000)
        AND xact_start IS NOT NULL`,
    values: [silentForMs],
  });
}
