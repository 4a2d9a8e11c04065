import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startPostgres, type PostgresServer } from './postgres.process.js';
import { provisionDatabase, type DatabaseUrls } from './provision.postgres.js';

let server: PostgresServer;
let urls: DatabaseUrls;

beforeAll(async () => {
  server = await startPostgres({ fsync: false, endWith: process.pid });
  urls = await provision();
  await as('owner', 'CREATE TABLE court.note (id int PRIMARY KEY)');
});
afterAll(() => server.stop());

const provision = () =>
  provisionDatabase(server.url('postgres'), 'writ_court', 'court', (role) => `secret-of-${role}`);

async function as(role: keyof DatabaseUrls, sql: string): Promise<number | null> {
  const client = new pg.Client({ connectionString: urls[role] });
  await client.connect();
  try {
    return (await client.query(sql)).rowCount;
  } finally {
    await client.end();
  }
}

describe('a provisioned database', () => {
  it('can be provisioned again', async () => expect(await provision()).toEqual(urls));

  it('lets the writer change the tables of its own service', async () => {
    await as('writer', 'INSERT INTO court.note VALUES (1)');
    expect(await as('writer', 'UPDATE court.note SET id = 2')).toBe(1);
    expect(await as('writer', 'DELETE FROM court.note')).toBe(1);
  });

  it.each([
    ['writer', 'TRUNCATE court.note'],
    ['writer', 'DROP TABLE court.note'],
    ['writer', 'CREATE TABLE court.other (n int)'],
    ['writer', 'CREATE TABLE public.other (n int)'],
    ['writer', 'CREATE SCHEMA ledger'],
    ['reader', 'UPDATE court.note SET id = 1'],
    ['reader', 'INSERT INTO court.note VALUES (1)'],
  ] as const)('refuses the %s: %s', async (role, sql) =>
    expect(as(role, sql)).rejects.toThrow(/permission denied|must be owner/),
  );

  it('is closed to the roles of another service', async () => {
    const admin = server.url('postgres');
    const other = await provisionDatabase(admin, 'writ_identity', 'identity', () => 'a-secret');
    const url = new URL(other.writer);
    url.pathname = '/writ_court';
    const client = new pg.Client({ connectionString: url.href });
    await expect(client.connect()).rejects.toThrow('permission denied for database');
  });
});
