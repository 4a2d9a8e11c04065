import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { testPostgres } from './test-postgres.process.js';

describe('the Postgres of a test run', () => {
  it('is one, and gives databases that do not know of each other', async () => {
    const first = await testPostgres();
    const second = await testPostgres();
    expect(second.pid).toBe(first.pid);
    const [a, b] = await Promise.all([first.freshDatabase('court'), second.freshDatabase('court')]);
    expect(a.name).not.toBe(b.name);
    const owner = new pg.Client({ connectionString: a.owner });
    await owner.connect();
    await owner.query('CREATE TABLE court.note (id int)');
    await owner.end();
    const reader = new pg.Client({ connectionString: b.reader });
    await reader.connect();
    await expect(reader.query('SELECT * FROM court.note')).rejects.toThrow('does not exist');
    await reader.end();
    await a.drop();
    await b.drop();
  });
});
