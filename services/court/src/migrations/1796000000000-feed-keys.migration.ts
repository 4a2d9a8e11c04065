import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Answers of imports by their keys; until an import has ended there is none. */
export class FeedKeys1796000000000 implements MigrationInterface {
  readonly name = 'FeedKeys1796000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE court.feed_import (
        key text PRIMARY KEY,
        fingerprint text NOT NULL,
        answer text
      )`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive: nothing is taken back');
  }
}
