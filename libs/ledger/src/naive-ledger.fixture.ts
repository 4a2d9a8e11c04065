import pg from 'pg';
import type { LedgerUnderTest } from './ledger.contract.js';
import type { FactCommand } from './ledger.js';

/**
 * What most event stores on SQL do. `serial`: positions from a sequence, which become visible out
 * of commit order. `combined`: the lock and the size read by one statement, whose snapshot is
 * older than the lock. Kept so that the contract can be seen to catch them.
 */
export type NaiveKind = 'serial' | 'combined';

const CREATE: Record<NaiveKind, string> = {
  serial: `CREATE TABLE naive (position bigserial, stream text, version int, canonical text)`,
  combined: `CREATE TABLE naive (position bigint, stream text, version int, canonical text);
    CREATE TABLE naive_lock (one int); INSERT INTO naive_lock VALUES (1)`,
};

const INSERT: Record<NaiveKind, string> = {
  serial: `INSERT INTO naive (stream, version, canonical) VALUES ($1, $2, $3)
    RETURNING position - 1 AS position`,
  combined: `WITH l AS MATERIALIZED (SELECT one FROM naive_lock FOR UPDATE)
    INSERT INTO naive (position, stream, version, canonical)
    SELECT (SELECT coalesce(max(position) + 1, 0) FROM naive), $1, $2, $3 FROM l
    RETURNING position`,
};

/** @param url of a superuser, on a database of its own */
export async function openNaiveLedger(
  url: string,
  kind: NaiveKind,
): Promise<LedgerUnderTest & { close(): Promise<void> }> {
  const pool = new pg.Pool({ connectionString: url, max: 16 });
  pool.on('error', () => undefined);
  await pool.query(CREATE[kind]);
  const versions = new Map<string, number>();
  const versionOf = (stream: string) => versions.get(stream) ?? 0;
  const append = async (command: FactCommand) => {
    // Only its positions are naive: what it says of versions must not be caught instead.
    const moved = command.expect.find(({ stream, version }) => versionOf(stream) !== version);
    if (moved) return { outcome: 'conflict', stream: moved.stream };
    const written = command.write.map(({ stream, event }) => {
      const version = versionOf(stream) + 1;
      versions.set(stream, version);
      return { stream, event, version };
    });
    const events = [];
    const client = await pool.connect();
    await client.query('BEGIN');
    for (const { stream, event, version } of written) {
      const values = [stream, version, JSON.stringify(event)];
      const { rows } = await client.query<{ position: string }>(INSERT[kind], values);
      events.push({ position: Number(rows[0]?.position), version });
    }
    await client.query('SELECT pg_sleep(random() * 0.004)');
    await client.query('COMMIT');
    client.release();
    return { outcome: 'recorded', events };
  };
  const readStream = async (stream: string) => ({ version: versionOf(stream) });
  const first = kind === 'serial' ? 1 : 0;
  const size = async () => {
    const { rows } = await pool.query<{ size: string }>(
      `SELECT coalesce(max(position), ${first - 1}) + 1 - ${first} AS size FROM naive`,
    );
    return Number(rows[0]?.size);
  };
  const readFrom = async (after: number, limit: number) => {
    const { rows } = await pool.query<{ position: string }>(
      `SELECT position - ${first} AS position FROM naive WHERE position > $1
        ORDER BY position LIMIT $2`,
      [after + first, limit],
    );
    return { facts: rows.map(({ position }) => ({ position: Number(position) })) };
  };
  const head = async () => ({ size: await size() });
  const writer = { append, readStream } as never;
  const reader = { readFrom, head, grownBeyond: async () => undefined } as never;
  return { writer, reader, close: () => pool.end() };
}
