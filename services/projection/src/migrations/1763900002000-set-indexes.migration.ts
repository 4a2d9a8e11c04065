import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A set that is folded from the start has no use for what only answers look up by: it is indexed
 * once it is whole, which costs a fraction. Indexes are the owner's, so functions of the owner's do
 * it, and never to the set that answers.
 */
export class SetIndexes1763900002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const guard = `
      IF letter NOT IN ('a', 'b') OR letter = (SELECT set FROM projection.live) THEN
        RAISE EXCEPTION 'set % is not one to fold into', letter;
      END IF;`;
    const create = (name: string, body: string) => `
      CREATE FUNCTION projection.${name}(letter text) RETURNS void
      LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $body$
      BEGIN ${guard} ${body} END $body$;
      REVOKE ALL ON FUNCTION projection.${name}(text) FROM PUBLIC;`;
    await runner.query(
      create(
        'without_indexes',
        `
      EXECUTE format('DROP INDEX IF EXISTS projection.history_%1$s_list', letter);
      EXECUTE format('DROP INDEX IF EXISTS projection.history_%1$s_recorded', letter);`,
      ) +
        create(
          'with_indexes',
          `
      EXECUTE format('CREATE INDEX IF NOT EXISTS history_%1$s_list
        ON projection.history_%1$s (list, cause) WHERE list IS NOT NULL', letter);
      EXECUTE format('CREATE INDEX IF NOT EXISTS history_%1$s_recorded
        ON projection.history_%1$s (ledger, recorded_at, position)', letter);`,
        ),
    );
    await runner.query(`
      DO $$
      DECLARE writer text := regexp_replace(current_user, '_owner$', '_writer');
      BEGIN
        IF writer = current_user THEN RETURN; END IF;
        EXECUTE format('GRANT EXECUTE ON FUNCTION projection.without_indexes(text),
          projection.with_indexes(text) TO %I', writer);
      END $$;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive');
  }
}
