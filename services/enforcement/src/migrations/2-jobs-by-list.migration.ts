import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A job for each list that a fact of the reference touches, so that one that fails stops its list
 * alone; and what each decision is based on, read again from enforcement's own ledger.
 */
export class JobsByList1795350000000 implements MigrationInterface {
  readonly name = 'JobsByList1795350000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE enforcement.list_job (
        position bigint NOT NULL,
        list text COLLATE "C" NOT NULL,
        epoch integer NOT NULL,
        correlation text NOT NULL,
        done boolean NOT NULL DEFAULT false,
        -- the last cause gone through
        cursor_ledger text COLLATE "C" NOT NULL DEFAULT '',
        cursor_id text COLLATE "C" NOT NULL DEFAULT '',
        failures integer NOT NULL DEFAULT 0,
        -- set aside until it is tried again: why, and since when
        waiting boolean NOT NULL DEFAULT false,
        reason text,
        since timestamptz,
        PRIMARY KEY (position, list)
      );
      CREATE INDEX list_job_open ON enforcement.list_job (list, position) WHERE NOT done;
      -- Nobody reads the jobs by fact any more; what was open is open here.
      INSERT INTO enforcement.list_job (position, list, epoch, correlation)
        SELECT position, list, epoch, correlation FROM enforcement.job, unnest(lists) AS list
        WHERE NOT done;
      ALTER TABLE enforcement.decision ADD COLUMN based_on jsonb;
      DELETE FROM enforcement.decision;
      DELETE FROM enforcement.measure;
      UPDATE enforcement.view_place SET position = -1;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive: restore instead');
  }
}
