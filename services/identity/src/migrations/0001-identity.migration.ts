import type { MigrationInterface, QueryRunner } from 'typeorm';

const STATEMENTS = [
  `CREATE TABLE identity.subject (
     subject text COLLATE "C" PRIMARY KEY,
     created_at timestamptz NOT NULL,
     erased_at timestamptz
   )`,
  // Of a subject or a case. Erasing the key erases all that was sealed under it.
  `CREATE TABLE identity.data_key (
     owner text COLLATE "C" PRIMARY KEY,
     wrapped bytea,
     created_at timestamptz NOT NULL,
     CHECK (wrapped IS NULL OR octet_length(wrapped) = 40)
   )`,
  `CREATE TABLE identity.alias (
     alias text COLLATE "C" PRIMARY KEY CHECK (alias ~ '^[0-9a-f]{64}$'),
     scheme text NOT NULL,
     subject text COLLATE "C" NOT NULL REFERENCES identity.subject,
     sequence bigint NOT NULL,
     sealed bytea NOT NULL
   )`,
  `CREATE INDEX alias_subject ON identity.alias (subject)`,
  // The feed others copy; dense from 1 in commit order, since one lock is held while it grows.
  `CREATE TABLE identity.alias_change (
     sequence bigint PRIMARY KEY CHECK (sequence > 0),
     kind text NOT NULL CHECK (kind IN ('linked', 'unlinked', 'erased')),
     scheme text NOT NULL,
     alias text COLLATE "C" NOT NULL,
     subject text COLLATE "C" NOT NULL
   )`,
  `CREATE INDEX alias_change_subject ON identity.alias_change (subject)`,
  `CREATE TABLE identity.sealed_text (
     ref text COLLATE "C" PRIMARY KEY,
     owner text COLLATE "C" NOT NULL REFERENCES identity.data_key,
     kind text NOT NULL,
     sealed bytea NOT NULL
   )`,
  `CREATE INDEX sealed_text_owner ON identity.sealed_text (owner, kind)`,
  `CREATE TABLE identity.scheme (
     scheme text PRIMARY KEY,
     pattern text NOT NULL,
     normalise jsonb NOT NULL,
     declared_by text NOT NULL,
     declared_at timestamptz NOT NULL
   )`,
  // Everyone who looked: who, what for, at whom; never a value.
  `CREATE TABLE identity.access_log (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     at timestamptz NOT NULL,
     action text NOT NULL,
     authority text,
     actor text NOT NULL,
     purpose text NOT NULL,
     correlation text NOT NULL,
     count integer NOT NULL,
     subjects text[] NOT NULL
   )`,
  // Tells a wrong key file before anything is written under it.
  `CREATE TABLE identity.key_digest (name text PRIMARY KEY, digest text NOT NULL)`,
  // The log of who looked is append-only for the running service.
  `DO $$
   DECLARE writer text := current_database() || '_writer';
   BEGIN
     IF EXISTS (SELECT FROM pg_roles WHERE rolname = writer) THEN
       EXECUTE format('REVOKE UPDATE, DELETE ON identity.access_log FROM %I', writer);
     END IF;
   END $$`,
];

/** Aliases, keys, sealed texts, declared schemes, and the log of who looked. */
export class Identity1790000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations are additive: restore a backup instead');
  }
}
