import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  // Whom the texts of a case concern: with the last of them its key is destroyed.
  `CREATE TABLE identity.binding (
     owner text COLLATE "C" NOT NULL REFERENCES identity.data_key,
     subject text COLLATE "C" NOT NULL REFERENCES identity.subject,
     PRIMARY KEY (owner, subject)
   )`,
  `CREATE INDEX binding_subject ON identity.binding (subject)`,
  // What was answered, for a retry; by then nothing else tells who was meant.
  `CREATE TABLE identity.erasure (
     key text COLLATE "C" PRIMARY KEY,
     fingerprint text NOT NULL,
     subject text COLLATE "C" NOT NULL REFERENCES identity.subject,
     at timestamptz NOT NULL,
     alias_sequence bigint NOT NULL
   )`,
  `DO $$
   DECLARE writer text := current_database() || '_writer';
   BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = writer) THEN
       EXECUTE format('REVOKE UPDATE, DELETE ON identity.erasure FROM %I', writer);
     END IF;
   END $$`,
];

/** Who is bound to which case's texts, and the erasures there have been. */
export class Erasure1790000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive: restore a backup instead');
  }
}
