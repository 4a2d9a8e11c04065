import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { connectLedger, LEDGER_TIMEOUTS } from './connection.postgres.js';
import { sampleCommand } from './sample-facts.fixture.js';
import { openTestLedger, type TestLedger } from './test-ledger.fixture.js';

let ledger: TestLedger;
afterEach(() => ledger.close());

/** A server that takes workers wherever it may, as for a big table that it has not analysed yet. */
const LIKES_WORKERS = 'SET debug_parallel_query = on';
const READ_STREAM = `EXPLAIN SELECT canonical FROM ledger.event
  WHERE stream = ANY (string_to_array('case-a', E'\\n'))`;

describe('a look-up by key', () => {
  const planOn = async (client: pg.Client) => {
    await client.query(LIKES_WORKERS);
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(READ_STREAM);
    await client.end();
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };

  it('starts no workers, whatever the server believes of its tables', async () => {
    ledger = await openTestLedger();
    await ledger.writer.appendBulk(
      Array.from({ length: 500 }, (_, n) => sampleCommand(`key-${n}`, `case-${n}`, 0)),
    );
    const { writer } = ledger.database;
    const bare = new pg.Client({ connectionString: writer });
    await bare.connect();
    expect(await planOn(bare)).toContain('Workers Planned');
    const ours = await connectLedger(writer, LEDGER_TIMEOUTS, () => undefined);
    const plan = await planOn(ours);
    expect(plan).toContain('event_stream_version');
    expect(plan).not.toContain('Workers');
  });
});
