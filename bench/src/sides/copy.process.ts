import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { serveSide } from '../side.process.js';

export type CopyQuestion = { rows: number; round: number };

const COLUMNS = 'position, prev, version, epoch, bucket, stream, leaf, canonical';

/** The very rows that the ledger holds, copied into a table with one index by one COPY. */
serveSide<{ ledger: string; url: string }, CopyQuestion, number>(async ({ ledger, url }) => {
  const source = new pg.Client({ connectionString: ledger });
  const target = new pg.Client({ connectionString: url });
  await source.connect();
  await target.connect();
  return {
    answer: async ({ rows, round }) => {
      const table = `copied_${round}`;
      await target.query(`CREATE TABLE ${table} (position bigint PRIMARY KEY, prev bigint NOT NULL,
        version integer NOT NULL, epoch integer NOT NULL, bucket smallint NOT NULL,
        stream text NOT NULL, leaf bytea NOT NULL, canonical text NOT NULL)`);
      // In the order of the index, as ours are: a COPY against it would split pages all the way.
      const newest = `SELECT * FROM (SELECT ${COLUMNS} FROM ledger.event
        ORDER BY position DESC LIMIT ${rows}) newest ORDER BY position`;
      const chunks: Buffer[] = [];
      const out = source.query(copyTo(`COPY (${newest}) TO STDOUT`));
      for await (const chunk of out) chunks.push(chunk as Buffer);
      const text = [Buffer.concat(chunks)];
      const started = performance.now();
      const sql = `COPY ${table} (${COLUMNS}) FROM STDIN`;
      await pipeline(Readable.from(text), target.query(copyFrom(sql)));
      return rows / ((performance.now() - started) / 1_000);
    },
    close: async () => {
      await source.end();
      await target.end();
    },
  };
});
