import pg from 'pg';
import { serveSide } from '../side.process.js';

const PAGE = 5_000;
/** Everything stays the text that came. */
const UNPARSED = { getTypeParser: () => String } as unknown as pg.CustomTypesConfig;

/** Pages through the facts of all ledgers, one after another, and does nothing with them. */
serveSide<{ readers: string[] }, null, number>(async ({ readers }) => {
  const clients = readers.map((url) => new pg.Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  return {
    answer: async () => {
      const started = performance.now();
      let rows = 0;
      for (const client of clients) {
        for (let after = -1, got = PAGE; got === PAGE;) {
          const page = await client.query<{ position: string }>({
            name: 'page',
            text: `SELECT position, prev, epoch, bucket, canonical FROM ledger.event
              WHERE position > $1::bigint ORDER BY position LIMIT ${PAGE}`,
            values: [after],
            types: UNPARSED,
          });
          got = page.rows.length;
          rows += got;
          after = Number(page.rows.at(-1)?.position ?? after);
        }
      }
      return rows / ((performance.now() - started) / 1_000);
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
});
