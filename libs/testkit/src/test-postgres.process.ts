import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { provisionDatabase, startPostgres, type DatabaseUrls } from '@writ/local-servers';
import pg from 'pg';

export type FreshDatabase = DatabaseUrls & {
  name: string;
  /** The superuser's, on this database: for looking at what the roles may not. */
  admin: string;
  /** Ends all sessions on it and drops it. */
  drop(): Promise<void>;
};

export type TestPostgres = {
  /** Superuser's connection string, database `postgres`. */
  adminUrl: string;
  /** Of the postmaster. */
  pid: number;
  /**
   * An empty database with its own owner, writer and reader roles (`<name>_owner` …) and a schema
   * for a service's own tables, granted as deployed ones are.
   */
  freshDatabase(schema: string): Promise<FreshDatabase>;
};

type Shared = { adminUrl: string; pid: number };

/**
 * The one Postgres of this test process, started on first use (about 1.5 s), shared by all its test
 * files and ended with the process, however that ends. `fsync` is off: tests only.
 */
export async function testPostgres(): Promise<TestPostgres> {
  // A file, since every jest file has globals of its own.
  const file = join(tmpdir(), `writ-test-postgres-${process.pid}.json`);
  const shared = (await running(file)) ?? (await start(file));
  return { ...shared, freshDatabase: (schema) => freshDatabase(shared.adminUrl, schema) };
}

async function start(file: string): Promise<Shared> {
  const server = await startPostgres({
    fsync: false,
    endWith: process.pid,
    settings: { max_connections: '400' },
  });
  const shared = { adminUrl: server.url('postgres'), pid: server.pid };
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(shared), { mode: 0o600, flag: 'wx' });
  return shared;
}

/** @returns the server an earlier test file of this process has started, if it still answers */
async function running(file: string): Promise<Shared | undefined> {
  // Somebody else's file under that name says nothing about us.
  if (!existsSync(file) || lstatSync(file).uid !== process.getuid?.()) return undefined;
  const shared = JSON.parse(readFileSync(file, 'utf8')) as Shared;
  const client = new pg.Client({ connectionString: shared.adminUrl });
  try {
    await client.connect();
    await client.end();
    return shared;
  } catch {
    return undefined;
  }
}

async function freshDatabase(adminUrl: string, schema: string): Promise<FreshDatabase> {
  const name = `test_${schema}_${randomBytes(4).toString('hex')}`;
  const urls = await provisionDatabase(adminUrl, name, schema, (role) => `${role}-secret`);
  const admin = new URL(adminUrl);
  admin.pathname = `/${name}`;
  const drop = async () => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    for (const role of ['owner', 'writer', 'reader']) {
      await client.query(`DROP ROLE IF EXISTS ${name}_${role}`);
    }
    await client.end();
  };
  return { ...urls, name, admin: admin.href, drop };
}
