import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whoever looks at a whole record is kept beside what was told at the counter. */
export class AskedBy1763900003000 implements MigrationInterface {
  name = 'AskedBy1763900003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE projection.answer ADD COLUMN asked text NOT NULL DEFAULT 'status'`,
    );
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive');
  }
}
