import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An import takes its key before it begins: until it has ended there is no answer. */
export class FeedKeys1795900000000 implements MigrationInterface {
  readonly name = 'FeedKeys1795900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE regulatory.feed_import ALTER COLUMN answer DROP NOT NULL');
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive: nothing is taken back');
  }
}
