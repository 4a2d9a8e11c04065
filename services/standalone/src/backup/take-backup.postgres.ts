import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { SERVICES, type ServiceName } from '@writ/service-host';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { ownerOf } from './owner-session.postgres.js';
import { BackupRefused, MANIFEST_FILE, type DatabaseCopy, type Manifest } from './manifest.js';

export type Owners = Readonly<Record<ServiceName, string>>;

/** A service's database as it is looked at: one snapshot for as long as it takes. */
type Look = { service: ServiceName; snapshot: pg.Client };

const LOCK_MS_MAX = 10_000;

/**
 * Copies all databases at one moment, beside running services: for as long as it takes to open
 * five snapshots nobody can write anywhere, then everybody goes on. What one service has got from
 * another is thus in both copies, or in neither.
 *
 * @param folder must not exist; it is there when the backup is whole
 * @param owners connection strings of the databases' owners
 * @param keys prints of the keys that what is copied was encrypted with
 * @throws BackupRefused when the folder is there already, or an owner is not named
 */
export async function takeBackup(
  folder: string,
  owners: Partial<Owners>,
  keys: Manifest['keys'],
  note: (line: string) => void,
): Promise<Manifest> {
  if (existsSync(folder)) throw new BackupRefused(`${folder} is there already`);
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true, mode: 0o700 });
  const { looks, at } = await lookAtOneMoment(owners);
  try {
    const databases = {} as Manifest['databases'];
    for (const { service, snapshot } of looks) {
      databases[service] = await copyDatabase(snapshot, service, partial);
      const rows = databases[service].tables.reduce((sum, table) => sum + table.rows, 0);
      note(`${service}: ${rows} rows`);
    }
    const manifest: Manifest = { format: 1, at, databases, keys };
    await writeFile(join(partial, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
    renameSync(partial, folder);
    return manifest;
  } finally {
    await Promise.all(looks.map(({ snapshot }) => snapshot.end()));
  }
}

async function lookAtOneMoment(owners: Partial<Owners>): Promise<{ looks: Look[]; at: string }> {
  const holders: pg.Client[] = [];
  const looks: Look[] = [];
  try {
    for (const service of SERVICES) {
      const holder = await connected(ownerOf(owners, service));
      holders.push(holder);
      await holder.query('BEGIN');
      await holder.query(`SET LOCAL lock_timeout = ${LOCK_MS_MAX}`);
      const tables = (await tablesOf(holder, service)).map(({ name }) => name);
      if (tables.length === 0) throw new BackupRefused(`${service} has no tables: migrate first`);
      // Conflicts with every write and with no read.
      await holder.query(`LOCK TABLE ${tables.join(', ')} IN SHARE MODE`);
    }
    for (const service of SERVICES) {
      const snapshot = await connected(ownerOf(owners, service));
      looks.push({ service, snapshot });
      await snapshot.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // The snapshot is taken by the first statement.
      await snapshot.query('SELECT 1');
    }
    const { rows } = await holders[0]!.query<{ at: Date }>('SELECT clock_timestamp() AS at');
    return { looks, at: rows[0]?.at.toISOString() ?? '' };
  } catch (error) {
    await Promise.all(looks.map(({ snapshot }) => snapshot.end()));
    throw error;
  } finally {
    await Promise.all(holders.map((holder) => holder.end()));
  }
}

async function connected(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** Schemas of a service's database that hold what is its own. */
const schemasOf = (service: ServiceName) => [service, 'ledger', 'exchange'];

type Table = { schema: string; table: string; name: string; columns: string[] };

async function tablesOf(db: pg.Client, service: ServiceName): Promise<Table[]> {
  const { rows } = await db.query<{ schema: string; table: string; columns: string[] }>(
    `SELECT n.nspname AS schema, c.relname AS table,
       array_agg(quote_ident(a.attname) ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
       AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relkind = 'r' AND n.nspname = ANY ($1)
     GROUP BY 1, 2 ORDER BY 1, 2`,
    [schemasOf(service)],
  );
  return rows.map((row) => ({ ...row, name: `"${row.schema}"."${row.table}"` }));
}

async function copyDatabase(
  db: pg.Client,
  service: ServiceName,
  folder: string,
): Promise<DatabaseCopy> {
  const tables: DatabaseCopy['tables'] = [];
  for (const { schema, table, name, columns } of await tablesOf(db, service)) {
    const file = `${service}.${schema}.${table}.copy.gz`;
    const copying = db.query(copyTo(`COPY ${name} (${columns.join(', ')}) TO STDOUT`));
    await pipeline(copying, createGzip(), createWriteStream(join(folder, file), { mode: 0o600 }));
    const sha256 = await digestOf(join(folder, file));
    tables.push({ schema, table, columns, file, rows: copying.rowCount, sha256 });
  }
  const ran = await db.query<{ name: string }>(`SELECT name FROM ${service}.migration ORDER BY id`);
  const migrations = ran.rows.map(({ name }) => name);
  const sequences = await sequencesOf(db, service);
  if (!tables.some(({ schema }) => schema === 'ledger')) return { migrations, tables, sequences };
  const { rows } = await db.query<{ epoch: number; size: string }>(
    'SELECT (SELECT max(epoch) FROM ledger.epoch) AS epoch, max(size) AS size FROM ledger.batch',
  );
  const ledger = { epoch: rows[0]?.epoch ?? 1, size: Number(rows[0]?.size ?? 0) };
  return { migrations, tables, sequences, ledger };
}

async function sequencesOf(db: pg.Client, service: ServiceName) {
  const found = await db.query<{ schema: string; sequence: string }>(
    `SELECT schemaname AS schema, sequencename AS sequence FROM pg_sequences
     WHERE schemaname = ANY ($1) ORDER BY 1, 2`,
    [schemasOf(service)],
  );
  const sequences: DatabaseCopy['sequences'] = [];
  for (const { schema, sequence } of found.rows) {
    const { rows } = await db.query<{ last: string; called: boolean }>(
      `SELECT last_value AS last, is_called AS called FROM "${schema}"."${sequence}"`,
    );
    const { last = '1', called = false } = rows[0] ?? {};
    sequences.push({ schema, sequence, last, isCalled: called });
  }
  return sequences;
}

/** @returns hex SHA-256 of a file */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
