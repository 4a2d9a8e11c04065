import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a new fold version needs to go live, and what the state topic is fed from. */
export class FoldVersions1763900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- What a rebuild under another fold version makes otherwise; until the next rebuild.
      CREATE TABLE projection.rebuild_difference (
        rebuild uuid NOT NULL,
        owner text COLLATE "C" NOT NULL,
        ledger smallint NOT NULL,
        live text,
        rebuilt text,
        PRIMARY KEY (rebuild, owner, ledger)
      );
      -- Subjects whose state changed and is to be published: written with the state, gone once
      -- the broker has it. Many subjects a row, by line ends.
      CREATE TABLE projection.state_due (
        ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        subjects text NOT NULL
      );
      -- One row while changes are noted for the state topic; none: all is to be published first.
      CREATE TABLE projection.state_topic (
        one_row boolean PRIMARY KEY DEFAULT true CHECK (one_row),
        since timestamptz NOT NULL
      );
    `);
    await runner.query(`
      DO $$
      DECLARE writer text := regexp_replace(current_user, '_owner$', '_writer');
      BEGIN
        IF writer = current_user THEN RETURN; END IF;
        EXECUTE format('GRANT TRUNCATE ON projection.rebuild_difference TO %I', writer);
      END $$;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive');
  }
}
