import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@writ/exchange';
import { testPostgres, type FreshDatabase } from '@writ/testkit';
import type { Pool } from 'pg';
import { checkOut, giveBack, openPool } from './pool.postgres.js';

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await (await testPostgres()).freshDatabase('court');
  const logger = { warn: () => undefined };
  pool = openPool({ connectionString: database.admin, name: 'test', max: 1, logger });
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

describe('a pool', () => {
  it('starts no workers and compiles nothing, whatever the server would like', async () => {
    const { rows } = await pool.query(`SELECT name, setting FROM pg_settings
      WHERE name IN ('jit', 'max_parallel_workers_per_gather') ORDER BY name`);
    expect(rows.map(({ setting }: { setting: string }) => setting)).toEqual(['off', '0']);
  });

  it('outlives the loss of a connection that is out', async () => {
    const db = await checkOut(pool);
    const cut = db.query('SELECT pg_terminate_backend(pg_backend_pid())');
    await expect(cut).rejects.toThrow();
    await expect(db.query('SELECT 1')).rejects.toThrow();
    giveBack(db, true);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('a transaction', () => {
  const count = async () =>
    Number((await pool.query<{ n: string }>('SELECT count(*) AS n FROM note')).rows[0]?.n);
  beforeAll(() => pool.query('CREATE TABLE note (id integer PRIMARY KEY)'));
  const insert = 'INSERT INTO note (id) VALUES ($1)';

  it('keeps what the work and the last writes did', async () => {
    const work = (db: { query: Pool['query'] }) => db.query(insert, [1]);
    await inTransaction(pool, work, (db) => [db.query(insert, [2]), db.query(insert, [3])]);
    expect(await count()).toBe(3);
  });

  it.each([
    ['the work', 1, 4],
    ['a last write, though COMMIT has been sent behind it', 4, 1],
  ])('keeps nothing when %s fails', async (_what, first, last) => {
    const work = (db: { query: Pool['query'] }) => db.query(insert, [first]);
    const both = inTransaction(pool, work, (db) => [db.query(insert, [last])]);
    await expect(both).rejects.toThrow('duplicate key');
    expect(await count()).toBe(3);
  });
});
