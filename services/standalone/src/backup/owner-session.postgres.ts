import type { ServiceName } from '@writ/service-host';
import { grantStatements } from '@writ/local-servers';
import pg from 'pg';
import type { Owners } from './take-backup.postgres.js';
import { BackupRefused } from './manifest.js';

/** @throws BackupRefused where it is not named: nobody else's database is taken for it */
export function ownerOf(owners: Partial<Owners>, service: ServiceName): string {
  const owner = owners[service];
  if (owner === undefined) throw new BackupRefused(`no owner's connection string of ${service}`);
  return owner;
}

/** Runs work on a connection of an owner's own. */
export async function asOwner<T>(owner: string, work: (db: pg.Client) => Promise<T>): Promise<T> {
  const db = new pg.Client({ connectionString: owner });
  db.on('error', () => {});
  await db.connect();
  try {
    return await work(db);
  } finally {
    await db.end();
  }
}

/**
 * A service that runs goes on from what it has in memory: nothing is changed beneath it.
 *
 * @throws BackupRefused while one of its roles is connected
 */
export async function mustBeStopped(
  db: Pick<pg.ClientBase, 'query'>,
  service: ServiceName,
): Promise<void> {
  const { rows } = await db.query<{ sessions: string }>(
    `SELECT count(*) AS sessions FROM pg_stat_activity
     WHERE datname = current_database()
       AND usename IN (current_database() || '_writer', current_database() || '_reader')`,
  );
  if (rows[0]?.sessions === '0') return;
  throw new BackupRefused(`${service} is connected to its database: stop it first`);
}

/** Empties a service's database and grants its roles what a fresh one does. */
export async function emptyDatabase(db: pg.ClientBase, service: ServiceName): Promise<void> {
  await db.query(`DROP SCHEMA IF EXISTS ${service}, ledger, exchange CASCADE`);
  const { rows } = await db.query<{ name: string }>('SELECT current_database() AS name');
  for (const statement of grantStatements(rows[0]?.name ?? '', service)) await db.query(statement);
}
