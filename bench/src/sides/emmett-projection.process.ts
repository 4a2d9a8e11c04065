import {
  getPostgreSQLEventStore,
  postgreSQLEventStoreConsumer,
  postgreSQLRawSQLProjection,
} from '@event-driven-io/emmett-postgresql';
import { SQL } from '@event-driven-io/dumbo';
import pg from 'pg';
import { benchId, noticeServed, subjectListed } from '../bench-facts.js';
import { serveSide } from '../side.process.js';

const TABLES = `
  CREATE TABLE subject_state (subject text PRIMARY KEY, state jsonb NOT NULL);
  CREATE TABLE subject_history (position bigint PRIMARY KEY, subject text NOT NULL,
    data jsonb NOT NULL)`;

/** Its projection consumer, from the beginning: one state and one history row per event. */
serveSide<{ url: string; events: number }, { round: number }, number>(async ({ url, events }) => {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  const store = getPostgreSQLEventStore(url, { connectionOptions: { pool } });
  await store.schema.migrate();
  await pool.query(TABLES);
  for (let n = 0; n < events; n++) {
    const { type, ...fact } = n % 2 === 0 ? subjectListed(n) : noticeServed(n);
    await store.appendToStream(`listing-${benchId('case', n)}`, [{ type, data: fact }]);
  }
  return {
    answer: async ({ round }) => {
      await pool.query('TRUNCATE subject_state, subject_history');
      const consumer = postgreSQLEventStoreConsumer({
        connectionString: url,
        stopWhen: { noMessagesLeft: true },
      });
      consumer.projector({
        processorId: `bench-${round}`,
        startFrom: 'BEGINNING',
        projection: postgreSQLRawSQLProjection({
          name: `bench-${round}`,
          canHandle: ['court.subject-listed.v1', 'court.notice-served.v1'],
          evolve: (event) => {
            const { data, metadata } = event as unknown as {
              data: { subject: string };
              metadata: { globalPosition: bigint };
            };
            const text = JSON.stringify(data);
            return [
              SQL`INSERT INTO subject_state VALUES (${data.subject}, ${text}::jsonb)
                ON CONFLICT (subject) DO UPDATE SET state = excluded.state`,
              SQL`INSERT INTO subject_history
                VALUES (${metadata.globalPosition}, ${data.subject}, ${text}::jsonb)`,
            ];
          },
        }),
      });
      const started = performance.now();
      await consumer.start();
      const seconds = (performance.now() - started) / 1_000;
      await consumer.close();
      const { rows } = await pool.query<{ n: string }>('SELECT count(*) AS n FROM subject_history');
      if (Number(rows[0]?.n) !== events) throw new Error(`${rows[0]?.n} of ${events} projected`);
      return events / seconds;
    },
    close: async () => {
      await store.close();
      await pool.end();
    },
  };
});
