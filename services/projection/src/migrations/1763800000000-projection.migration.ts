import type { MigrationInterface, QueryRunner } from 'typeorm';
import { FOLD_VERSION } from '../fold/subject-state.js';

/** One of two sets of the same tables: the live one, and one a rebuild folds into. */
function setSql(set: 'a' | 'b'): string {
  return `
    -- A subject's state, one component per ledger; ledger: 0 court, 1 regulatory, 2 enforcement.
    CREATE TABLE projection.state_${set} (
      subject uuid NOT NULL,
      ledger smallint NOT NULL,
      state text NOT NULL,
      PRIMARY KEY (subject, ledger)
    ) WITH (fillfactor = 80);
    -- Lists, memoranda, snapshots and cases: what concerns no subject.
    CREATE TABLE projection.reference_${set} (
      key text COLLATE "C" NOT NULL,
      ledger smallint NOT NULL,
      state text NOT NULL,
      PRIMARY KEY (key, ledger)
    );
    -- Per fact how the thing it is about stands from then on. Legal time: [from_at, until_at), or
    -- by date where a date is stated; ledger time: [position, known_until).
    CREATE TABLE projection.history_${set} (
      subject uuid NOT NULL,
      ledger smallint NOT NULL,
      position bigint NOT NULL,
      part smallint NOT NULL,
      known_until bigint,
      recorded_at timestamptz NOT NULL,
      type text COLLATE "C" NOT NULL,
      cause text COLLATE "C",
      list text COLLATE "C",
      from_at timestamptz,
      from_date text COLLATE "C",
      until_at timestamptz,
      until_date text COLLATE "C",
      data text NOT NULL,
      PRIMARY KEY (subject, ledger, position, part)
    ) WITH (fillfactor = 90);
    CREATE INDEX history_${set}_list ON projection.history_${set} (list, cause)
      WHERE list IS NOT NULL;
    CREATE INDEX history_${set}_recorded ON projection.history_${set}
      (ledger, recorded_at, position);
    -- Moved in the transaction that applies: root, place, and the newest watermark reached.
    CREATE TABLE projection.progress_${set} (
      ledger smallint NOT NULL,
      bucket smallint NOT NULL,
      root text COLLATE "C" NOT NULL DEFAULT repeat('0', 64),
      epoch integer NOT NULL DEFAULT 0,
      place bigint NOT NULL DEFAULT -1,
      up_to bigint NOT NULL DEFAULT -1,
      current_to timestamptz,
      assessed_court bigint,
      assessed_regulatory bigint,
      assessed_reference bigint,
      PRIMARY KEY (ledger, bucket)
    ) WITH (fillfactor = 50);
    INSERT INTO projection.progress_${set} (ledger, bucket)
      SELECT ledger, bucket FROM generate_series(0, 2) ledger, generate_series(0, 32) bucket;
  `;
}

/** Beyond the schema's defaults: answers only grow; a rebuild empties the set it folds into. */
function grantsSql(): string {
  const emptied = ['a', 'b'].flatMap((set) =>
    ['state', 'reference', 'history', 'progress'].map((table) => `projection.${table}_${set}`),
  );
  return `
    DO $$
    DECLARE writer text := regexp_replace(current_user, '_owner$', '_writer');
    BEGIN
      IF writer = current_user THEN RETURN; END IF;
      EXECUTE format('REVOKE UPDATE, DELETE ON projection.answer FROM %I', writer);
      EXECUTE format('GRANT TRUNCATE ON ${emptied.join(', ')} TO %I', writer);
    END $$;
  `;
}

export class Projection1763800000000 implements MigrationInterface {
  name = 'Projection1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA IF NOT EXISTS projection');
    await runner.query(setSql('a'));
    await runner.query(setSql('b'));
    await runner.query(`
      -- Which set answers. One row.
      CREATE TABLE projection.live (
        one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
        set text NOT NULL CHECK (set IN ('a', 'b')),
        fold_version integer NOT NULL
      );
      INSERT INTO projection.live (set, fold_version) VALUES ('a', ${FOLD_VERSION});
      -- Copy of identity's aliases: keyed hash of an identifier. Erased with its source.
      CREATE TABLE projection.alias (
        alias bytea PRIMARY KEY,
        subject uuid NOT NULL
      );
      CREATE INDEX alias_subject ON projection.alias (subject);
      CREATE TABLE projection.alias_place (
        one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
        sequence bigint NOT NULL,
        current_to timestamptz
      );
      INSERT INTO projection.alias_place (sequence) VALUES (0);
      -- What was told at the counter; append-only. Subjects by id, never by identifier.
      CREATE TABLE projection.answer (
        answer uuid PRIMARY KEY,
        answered_at timestamptz NOT NULL,
        asker text NOT NULL,
        actor text,
        purpose text NOT NULL,
        subject uuid,
        scheme text,
        place text,
        position text NOT NULL,
        answers text NOT NULL
      );
      CREATE INDEX answer_subject ON projection.answer (subject, answered_at)
        WHERE subject IS NOT NULL;
      CREATE TABLE projection.rebuild (
        rebuild uuid PRIMARY KEY,
        ordinal bigint GENERATED ALWAYS AS IDENTITY,
        set text NOT NULL,
        fold_version integer NOT NULL,
        state text NOT NULL,
        started_at timestamptz NOT NULL,
        ended_at timestamptz,
        folded bigint NOT NULL DEFAULT 0,
        report text NOT NULL DEFAULT '{}'
      );
    `);
    await runner.query(grantsSql());
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive');
  }
}
