import { createHash } from 'node:crypto';
import { exchangeSchemaSql } from '@writ/exchange';
import pg from 'pg';
import { DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { ledgerTables } from './ledgers.postgres.js';
import type { ServiceDefinition } from './service.process.js';

type Migrated = Pick<ServiceDefinition, 'name' | 'ledger' | 'listensTo' | 'migrations'>;

/** The database is older than this build: nothing may run on it before it is migrated. */
export class SchemaIsBehind extends Error {}

const LEDGER_MIGRATION = 'Ledger1700000000001';

/**
 * Brings a service's database to what this build needs, as its owner, one process at a time: the
 * ledger's tables, the exchange's, then the service's own migrations, each in its transaction.
 * A step of its own: a running service never holds the owner's password.
 *
 * @param database of the owner; the roles are `<database>_writer` and `<database>_reader` unless
 *   their connection strings name others
 */
export async function runMigrations(
  definition: Migrated,
  database: { owner: string; writer?: string; reader?: string },
): Promise<void> {
  const lock = new pg.Client({ connectionString: database.owner });
  lock.on('error', () => {});
  await lock.connect();
  try {
    await lock.query("SELECT pg_advisory_lock(hashtext('writ migrations'))");
    const roles = { writer: roleOf(database, 'writer'), reader: roleOf(database, 'reader') };
    const migrations = migrationClasses(definition, roles);
    const dataSource = await openMigrations(definition, database.owner, migrations);
    try {
      await dataSource.runMigrations();
    } finally {
      await dataSource.destroy();
    }
    if (usesExchange(definition)) await makeExchange(lock, roles);
  } finally {
    await lock.end();
  }
}

/**
 * Makes a service's database anew, as its owner, in one transaction: nothing of it is there before
 * its end, and whatever fails leaves the database as it was.
 *
 * @param steps `emptied` drops and makes the schemas; `filled` then finds the tables as they were
 *   after the migrations named (all where none are), and the remaining ones run behind it;
 *   `committed` is awaited before the transaction ends, so that several databases end together
 */
export async function remakeDatabase(
  definition: Migrated,
  owner: string,
  steps: {
    emptied(db: pg.ClientBase): Promise<void>;
    upTo?: ReadonlySet<string>;
    filled(db: pg.ClientBase): Promise<void>;
    committed?(): Promise<void>;
  },
): Promise<void> {
  const roles = { writer: roleOf({ owner }, 'writer'), reader: roleOf({ owner }, 'reader') };
  const all = migrationClasses(definition, roles);
  const open = (migrations: typeof all) => openMigrations(definition, owner, migrations);
  const { upTo } = steps;
  const first = all.filter((one) => upTo?.has(new one().name ?? one.name) ?? true);
  const [before, after] = [await open(first), await open(all)];
  const runner = before.createQueryRunner();
  try {
    const db = (await runner.connect()) as pg.ClientBase;
    await runner.startTransaction();
    await db.query("SELECT pg_advisory_xact_lock(hashtext('writ migrations'))");
    await steps.emptied(db);
    await migrateOn(before, runner);
    if (usesExchange(definition)) await makeExchange(db, roles);
    await steps.filled(db);
    await migrateOn(after, runner);
    await steps.committed?.();
    await runner.commitTransaction();
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => {});
    throw error;
  } finally {
    await runner.release();
    await Promise.all([before.destroy(), after.destroy()]);
  }
}

/** What is pending of a data source, in the transaction that a runner of another has open. */
async function migrateOn(dataSource: DataSource, runner: QueryRunner): Promise<void> {
  const executor = new MigrationExecutor(dataSource, runner);
  executor.transaction = 'all';
  await executor.executePendingMigrations();
}

async function makeExchange(
  db: Pick<pg.ClientBase, 'query'>,
  roles: { writer: string; reader: string },
): Promise<void> {
  await db.query(exchangeSchemaSql(roles));
  await db.query(`COMMENT ON SCHEMA exchange IS '${exchangeDigest()}'`);
}

function migrationClasses(
  { ledger, migrations = [] }: Migrated,
  roles: { writer: string; reader: string },
): (new () => MigrationInterface)[] {
  return [...(ledger ? [ledgerMigration(ledger, roles)] : []), ...migrations];
}

function openMigrations(
  { name }: Migrated,
  url: string,
  migrations: (new () => MigrationInterface)[],
): Promise<DataSource> {
  return new DataSource({
    type: 'postgres',
    url,
    schema: name,
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    migrations,
    logging: false,
  }).initialize();
}

/** @throws SchemaIsBehind naming what this build needs and the database lacks */
export async function assertMigrated(definition: Migrated, url: string): Promise<void> {
  const missing = await missingMigrations(definition, url);
  if (missing.length === 0) return;
  throw new SchemaIsBehind(
    `the database of ${definition.name} lacks ${missing.join(', ')}: ` +
      'run this service with --migrate first',
  );
}

/**
 * @param url of any role of the service's database
 * @returns what this build needs and the database lacks, by name
 */
export async function missingMigrations(definition: Migrated, url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    const known = await migrationsIn(client, definition.name);
    const missing = migrationsOf(definition).filter((name) => !known.has(name));
    if (usesExchange(definition) && !(await hasExchange(client))) missing.push('exchange');
    return missing;
  } finally {
    await client.end();
  }
}

async function migrationsIn(client: pg.Client, schema: string): Promise<Set<string>> {
  const table = `${schema}.migration`;
  const { rows } = await client.query<{ there: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS there',
    [table],
  );
  if (!rows[0]?.there) return new Set();
  const found = await client.query<{ name: string }>(`SELECT name FROM ${table}`);
  return new Set(found.rows.map(({ name }) => name));
}

/** @returns the migrations of a service that this build knows, by name, as TypeORM names them */
export function migrationsOf({ ledger, migrations = [] }: Migrated): string[] {
  const own = migrations.map((migration) => new migration().name ?? migration.name);
  return ledger ? [LEDGER_MIGRATION, ...own] : own;
}

function usesExchange({ ledger, listensTo }: Migrated): boolean {
  return ledger !== undefined || listensTo !== undefined;
}

/** The exchange's tables are made by one repeatable script: its digest tells which one ran. */
async function hasExchange(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ digest: string | null }>(
    `SELECT obj_description(oid, 'pg_namespace') AS digest
     FROM pg_namespace WHERE nspname = 'exchange'`,
  );
  return rows[0]?.digest === exchangeDigest();
}

function exchangeDigest(): string {
  const script = exchangeSchemaSql({ writer: 'writer', reader: 'reader' });
  return createHash('sha256').update(script).digest('hex');
}

function roleOf(
  urls: { owner: string; writer?: string; reader?: string },
  role: 'writer' | 'reader',
): string {
  const named = urls[role];
  if (named !== undefined) return new URL(named).username;
  return `${new URL(urls.owner).pathname.slice(1)}_${role}`;
}

function ledgerMigration(
  ledger: NonNullable<ServiceDefinition['ledger']>,
  roles: { writer: string; reader: string },
): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = LEDGER_MIGRATION;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(ledgerTables(ledger, roles));
    }

    async down(): Promise<void> {
      throw new Error('a ledger only grows');
    }
  };
}
