import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inOneFlight, inTransaction } from '@writ/exchange';
import { testPostgres, type FreshDatabase } from '@writ/testkit';
import type { Pool, PoolClient } from 'pg';
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

  it('keeps all of what its work did', async () => {
    await inTransaction(pool, (db) =>
      inOneFlight(db, () => [1, 2, 3].map((n) => db.query(insert, [n]))),
    );
    expect(await count()).toBe(3);
  });

  it('keeps nothing of it when one part fails while another goes on', async () => {
    const twice = async (db: PoolClient) => {
      await db.query(insert, [4]);
      await db.query('SELECT 1');
      return db.query(insert, [5]);
    };
    const both = inTransaction(pool, (db) =>
      inOneFlight(db, () => [twice(db), db.query(insert, [1])]),
    );
    await expect(both).rejects.toThrow();
    expect(await count()).toBe(3);
  });

  it('keeps nothing when a part fails before it is sent', async () => {
    const unsent = async () => {
      throw new Error('not even sent');
    };
    const both = inTransaction(pool, (db) =>
      inOneFlight(db, () => [db.query(insert, [6]), unsent()]),
    );
    await expect(both).rejects.toThrow('not even sent');
    expect(await count()).toBe(3);
  });

  it('says so when its work keeps a failure to itself, and keeps nothing', async () => {
    const quiet = inTransaction(pool, async (db) => {
      await db.query(insert, [7]);
      await db.query(insert, [1]).catch(() => undefined);
    });
    await expect(quiet).rejects.toThrow('ended in ROLLBACK');
    expect(await count()).toBe(3);
  });
});
