import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the service remembers of its feeds, beside the ledger: the newest listing of each record
 * (sealed), the changes an import is about to record, and the answers of imports by their keys.
 */
export class Feeds1795300000000 implements MigrationInterface {
  readonly name = 'Feeds1795300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE regulatory.feed_entry (
        list text NOT NULL,
        record text NOT NULL,
        ordinal integer NOT NULL,
        listing text NOT NULL,
        subject text NOT NULL,
        active boolean NOT NULL,
        terms text NOT NULL,
        content text,
        version integer NOT NULL,
        PRIMARY KEY (list, record)
      )`);
    await runner.query(`
      CREATE TABLE regulatory.feed_intent (
        list text NOT NULL,
        seq integer NOT NULL,
        unit text NOT NULL,
        key text,
        record text NOT NULL,
        ordinal integer NOT NULL,
        listing text NOT NULL,
        subject text NOT NULL,
        active boolean NOT NULL,
        terms text NOT NULL,
        content text,
        version integer NOT NULL,
        PRIMARY KEY (list, seq)
      )`);
    await runner.query(`
      CREATE TABLE regulatory.feed_import (
        key text PRIMARY KEY,
        fingerprint text NOT NULL,
        answer text NOT NULL
      )`);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive: nothing is taken back');
  }
}
