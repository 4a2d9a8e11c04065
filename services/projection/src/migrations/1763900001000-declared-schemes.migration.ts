import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Copy of the schemes declared as data at identity; a declaration never changes. */
export class DeclaredSchemes1763900001000 implements MigrationInterface {
  name = 'DeclaredSchemes1763900001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE projection.scheme (
        scheme text COLLATE "C" PRIMARY KEY,
        pattern text NOT NULL,
        normalise text[] NOT NULL
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive');
  }
}
