import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { aliasOf, generatedUscc } from '@writ/identifiers';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { benchId } from '../bench-facts.js';
import { serveSide } from '../side.process.js';

export type SubjectsSetup = { projection: string; reference: string; aliasKeyFile: string };
/** The states of two subjects of the projection stand for all: one restricted, one no more. */
export type SubjectsQuestion = { subjects: number; restricted: string; free: string };

/** Fills the projection's tables, and the reference's, with as many known subjects. */
serveSide<SubjectsSetup, SubjectsQuestion, null>(async (setup) => {
  const key = createSecretKey(readFileSync(setup.aliasKeyFile));
  const projection = new pg.Client({ connectionString: setup.projection });
  const reference = new pg.Client({ connectionString: setup.reference });
  await Promise.all([projection.connect(), reference.connect()]);

  const rows = function* (count: number): Generator<string> {
    for (let n = 0; n < count; n++) {
      const value = generatedUscc(n);
      const alias = aliasOf(key, 'cn.uscc', value);
      yield `\\\\x${alias}\t${benchId('subject', n)}\t${n % 10 === 0 ? 't' : 'f'}\t${value}\n`;
    }
  };
  const chunked = function* (count: number): Generator<string> {
    let chunk = '';
    for (const row of rows(count)) {
      chunk += row;
      if (chunk.length < 65_536) continue;
      yield chunk;
      chunk = '';
    }
    yield chunk;
  };

  return {
    answer: async ({ subjects, restricted, free }) => {
      const filled = '(alias bytea, subject uuid, restricted boolean, value text)';
      await projection.query(`CREATE TEMP TABLE filled ${filled}`);
      const copy = projection.query(copyFrom('COPY filled FROM STDIN'));
      await pipeline(Readable.from(chunked(subjects)), copy);
      await projection.query(
        'INSERT INTO projection.alias (alias, subject) SELECT alias, subject FROM filled ' +
          'ON CONFLICT DO NOTHING',
      );
      await projection.query(
        `INSERT INTO projection.state_a (subject, ledger, state)
         SELECT filled.subject, template.ledger, template.state
         FROM filled JOIN projection.state_a template
           ON template.subject = CASE WHEN filled.restricted THEN $1::uuid ELSE $2::uuid END
         ON CONFLICT DO NOTHING`,
        [restricted, free],
      );
      await projection.query('DROP TABLE filled');
      await reference.query('CREATE TABLE status_by_key (key text PRIMARY KEY, state text)');
      const { rows: templates } = await projection.query<{ state: string }>(
        'SELECT string_agg(state, chr(10)) AS state FROM projection.state_a WHERE subject = $1',
        [free],
      );
      const values = function* (): Generator<string> {
        let chunk = '';
        for (let n = 0; n < subjects; n++) chunk += `${generatedUscc(n)}\n`;
        yield chunk;
      };
      const keys = reference.query(copyFrom('COPY status_by_key (key) FROM STDIN'));
      await pipeline(Readable.from(values()), keys);
      // Written whole afterwards, so that its pages are as full as after a COPY of both columns.
      await reference.query('UPDATE status_by_key SET state = $1', [templates[0]?.state ?? '']);
      await reference.query('VACUUM FULL ANALYZE status_by_key');
      await projection.query('VACUUM ANALYZE projection.alias, projection.state_a');
      return null;
    },
    close: async () => {
      await projection.end();
      await reference.end();
    },
  };
});
