import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Requests that acknowledged something, by their key, so that a retry is held to what it said the
 * first time; and measures folded again, under the decision by which they end.
 */
export class AcknowledgedRequests1795650000000 implements MigrationInterface {
  readonly name = 'AcknowledgedRequests1795650000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE enforcement.acknowledged_request (
        -- of the command, hashed; so is the body, with a key of the service's own
        key text COLLATE "C" PRIMARY KEY,
        fingerprint text NOT NULL,
        -- something of it was accepted: from then on the key means this and nothing else
        kept boolean NOT NULL DEFAULT false
      );
      DELETE FROM enforcement.decision;
      DELETE FROM enforcement.measure;
      UPDATE enforcement.view_place SET position = -1;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive: restore instead');
  }
}
