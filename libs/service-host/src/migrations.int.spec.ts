import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { temporaryFolder } from '@writ/local-servers';
import { testPostgres, type FreshDatabase } from '@writ/testkit';
import pg from 'pg';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { assertMigrated, runMigrations, SchemaIsBehind } from './migrations.postgres.js';
import type { ServiceDefinition } from './service.process.js';

class Notes1790000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE court.note (id int)');
  }
  async down(): Promise<void> {}
}
class Remarks1790000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE court.remark (id int)');
  }
  async down(): Promise<void> {}
}

type Parts = Pick<ServiceDefinition, 'name' | 'ledger' | 'migrations'>;
const older: Parts = { name: 'court', ledger: 'court', migrations: [Notes1790000000001] };
const newer: Parts = { ...older, migrations: [Notes1790000000001, Remarks1790000000002] };
let database: FreshDatabase;
const keys = temporaryFolder('writ-migrations-');

beforeAll(async () => {
  database = await (await testPostgres()).freshDatabase('court');
});
afterAll(async () => {
  await database.drop();
  rmSync(keys, { recursive: true, force: true });
});

async function asAdmin<T extends object>(sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: database.admin });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** `main.js` of a service as an operator runs it, with these settings alone. */
async function runCourt(args: string[], env: Record<string, string>) {
  const main = new URL('court-main.fixture.mjs', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

describe('migrating', () => {
  it('is a step before the start: a service on an older database says so and ends', async () => {
    await expect(assertMigrated(older, database.reader)).rejects.toThrow(SchemaIsBehind);
    await runMigrations(older, database);
    await assertMigrated(older, database.reader);
    await expect(assertMigrated(newer, database.writer)).rejects.toThrow(
      'lacks Remarks1790000000002: run this service with --migrate first',
    );
    await runMigrations(newer, database);
    await assertMigrated(newer, database.writer);
    // A newer database serves an older build: migrations only add.
    await assertMigrated(older, database.reader);
  });

  it('needs the owner alone: the roles follow from the name of the database', async () => {
    const { owner } = database;
    await runMigrations(newer, { owner });
    const [granted] = await asAdmin<{ may: boolean }>(
      `SELECT has_table_privilege('${database.name}_writer', 'ledger.event', 'INSERT') AS may`,
    );
    expect(granted).toEqual({ may: true });
  });

  it('notices tables of the exchange that an older build has made', async () => {
    await asAdmin(`COMMENT ON SCHEMA exchange IS 'of an older build'`);
    await expect(assertMigrated(newer, database.reader)).rejects.toThrow('lacks exchange');
    await runMigrations(newer, database);
    await assertMigrated(newer, database.reader);
  });
});

describe('a service as a process', () => {
  it('migrates as owner and ends, or runs without and refuses an older database', async () => {
    const behind = await (await testPostgres()).freshDatabase('court');
    const runtime = {
      WRIT_COURT_DB_WRITER: behind.writer,
      WRIT_COURT_DB_READER: behind.reader,
      WRIT_KEYS: keys,
      PORT: '0',
    };
    const refused = await runCourt([], runtime);
    expect(refused.code).toBe(1);
    expect(refused.said).toContain('run this service with --migrate first');
    // The owner's password does not help: a running service never connects as owner.
    const owned = await runCourt([], { ...runtime, WRIT_COURT_DB_OWNER: behind.owner });
    expect(owned.code).toBe(1);
    const missing = await runCourt(['--migrate'], runtime);
    expect([missing.code, missing.said]).toEqual([
      2,
      'court: WRIT_COURT_DB_OWNER is required to migrate\n',
    ]);
    const migrated = await runCourt(['--migrate'], { WRIT_COURT_DB_OWNER: behind.owner });
    expect([migrated.code, migrated.said]).toEqual([
      0,
      'court: the database is up to this build\n',
    ]);
    await assertMigrated({ name: 'court', ledger: 'court' }, behind.reader);
    await behind.drop();
  }, 60_000);
});
