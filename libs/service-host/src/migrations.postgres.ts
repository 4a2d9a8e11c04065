import { exchangeSchemaSql } from '@writ/exchange';
import pg from 'pg';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import type { DatabaseUrls } from './config.js';
import { ledgerTables } from './ledgers.postgres.js';
import type { ServiceDefinition } from './service.process.js';

/**
 * Brings a service's database to what this build needs, as its owner, one process at a time: the
 * ledger's tables, the exchange's, then the service's own migrations, each in its transaction.
 *
 * Without an owner in the settings nothing is done: the operator migrates.
 */
export async function runMigrations(
  definition: Pick<ServiceDefinition, 'name' | 'ledger' | 'listensTo' | 'migrations'>,
  database: DatabaseUrls,
): Promise<void> {
  if (database.owner === undefined) return;
  const lock = new pg.Client({ connectionString: database.owner });
  lock.on('error', () => {});
  await lock.connect();
  try {
    await lock.query("SELECT pg_advisory_lock(hashtext('writ migrations'))");
    const roles = {
      writer: new URL(database.writer).username,
      reader: new URL(database.reader).username,
    };
    const ledger = definition.ledger ? [ledgerMigration(definition.ledger, roles)] : [];
    const dataSource = new DataSource({
      type: 'postgres',
      url: database.owner,
      schema: definition.name,
      migrationsTableName: 'migration',
      migrationsTransactionMode: 'each',
      migrations: [...ledger, ...(definition.migrations ?? [])],
      logging: false,
    });
    await dataSource.initialize();
    try {
      await dataSource.runMigrations();
    } finally {
      await dataSource.destroy();
    }
    if (definition.ledger || definition.listensTo) await lock.query(exchangeSchemaSql(roles));
  } finally {
    await lock.end();
  }
}

function ledgerMigration(
  ledger: NonNullable<ServiceDefinition['ledger']>,
  roles: { writer: string; reader: string },
): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = 'Ledger1700000000001';

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(ledgerTables(ledger, roles));
    }

    async down(): Promise<void> {
      throw new Error('a ledger only grows');
    }
  };
}
