import type { LedgerName } from '@writ/contracts';

/** Moves with every change of the tables; migrations are additive. */
export const LEDGER_SCHEMA_VERSION = 1;

/** Channel of NOTIFY, one per batch; the payload is the ledger's size. */
export const LEDGER_CHANNEL = 'ledger_grown';

export type LedgerSchemaOptions = {
  ledger: LedgerName;
  /** May INSERT and SELECT. */
  writerRole: string;
  /** May SELECT. */
  readerRole: string;
};

/**
 * The tables of one ledger, in the schema `ledger` of its service's own database, with their
 * grants. Run once, by the owner, in a transaction.
 *
 * No role is granted UPDATE or DELETE on anything. The lock is taken through a function of the
 * owner, because SELECT … FOR UPDATE would ask for the UPDATE privilege.
 *
 * @returns SQL of several statements
 */
export function ledgerSchemaSql({ ledger, writerRole, readerRole }: LedgerSchemaOptions): string {
  return `
CREATE SCHEMA ledger;
${tablesSql(ledger)}
${guardsSql()}
${grantsSql(quoted(writerRole), quoted(readerRole))}
`;
}

function tablesSql(ledger: LedgerName): string {
  return `
CREATE TABLE ledger.event (
  position bigint PRIMARY KEY,
  prev bigint NOT NULL,
  version integer NOT NULL,
  epoch integer NOT NULL,
  bucket smallint NOT NULL,
  stream text COLLATE "C" NOT NULL,
  leaf bytea NOT NULL,
  canonical text NOT NULL,
  CONSTRAINT event_stream_version UNIQUE (stream, version),
  CONSTRAINT event_is_in_order CHECK (position >= 0 AND prev < position AND version > 0)
);
COMMENT ON TABLE ledger.event IS 'One row per fact; position = leaf index.';

CREATE TABLE ledger.command_key (
  key uuid PRIMARY KEY,
  first bigint NOT NULL,
  count integer NOT NULL,
  fingerprint text COLLATE "C" NOT NULL
);
COMMENT ON COLUMN ledger.command_key.key IS 'First 128 bits of SHA-256 of the key.';

CREATE TABLE ledger.batch (
  size bigint PRIMARY KEY,
  recorded_at timestamptz,
  epoch integer NOT NULL,
  frontier bytea NOT NULL,
  bucket_last bigint[] NOT NULL
);
CREATE INDEX batch_recorded_at ON ledger.batch (recorded_at, size);
COMMENT ON TABLE ledger.batch IS 'Where the ledger stood after each batch; append-only.';

CREATE TABLE ledger.tile (
  level smallint NOT NULL,
  index bigint NOT NULL,
  root bytea NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (level, index)
);
ALTER TABLE ledger.tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE ledger.authority_seq (
  authority text COLLATE "C" NOT NULL,
  seq bigint NOT NULL,
  size bigint NOT NULL,
  PRIMARY KEY (authority, seq)
);
COMMENT ON TABLE ledger.authority_seq IS 'Last number of an authority after a batch; append-only.';

CREATE TABLE ledger.epoch (
  epoch integer PRIMARY KEY CHECK (epoch > 0),
  from_position bigint NOT NULL,
  opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  reason text NOT NULL
);

CREATE TABLE ledger.lock (
  ledger text PRIMARY KEY,
  schema_version integer NOT NULL
);
COMMENT ON TABLE ledger.lock IS 'One row, locked by the slow path, never updated.';

INSERT INTO ledger.lock VALUES ('${ledger}', ${LEDGER_SCHEMA_VERSION});
INSERT INTO ledger.epoch (epoch, from_position, reason) VALUES (1, 0, 'first');
INSERT INTO ledger.batch VALUES (0, NULL, 1, '', array_fill(-1::bigint, ARRAY[33]));`;
}

function guardsSql(): string {
  return `
CREATE FUNCTION ledger.take_lock() RETURNS text LANGUAGE sql VOLATILE SECURITY DEFINER
  SET search_path = pg_catalog AS 'SELECT ledger FROM ledger.lock FOR UPDATE';

CREATE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql
  SET search_path = pg_catalog AS $$ BEGIN RAISE EXCEPTION 'a ledger only grows'; END $$;
CREATE TRIGGER event_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.event
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER batch_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.batch
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE TRIGGER tile_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.tile
  FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();`;
}

function grantsSql(writer: string, reader: string): string {
  const appended = 'ledger.event, ledger.command_key, ledger.batch, ledger.tile';
  return `
REVOKE ALL ON SCHEMA ledger FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO ${writer}, ${reader};
GRANT SELECT ON ALL TABLES IN SCHEMA ledger TO ${writer}, ${reader};
GRANT INSERT ON ${appended}, ledger.authority_seq TO ${writer};
GRANT EXECUTE ON FUNCTION ledger.take_lock() TO ${writer};`;
}

/**
 * Opens a new epoch: run by the owner, explicitly, after a restore or a promotion. Writers are
 * kept out while it runs and go on in the new epoch.
 *
 * @param reason public text, no personal data
 * @returns SQL of one transaction
 */
export function openEpochSql(reason: string): string {
  return `
BEGIN;
LOCK TABLE ledger.event IN EXCLUSIVE MODE;
INSERT INTO ledger.epoch (epoch, from_position, reason)
SELECT (SELECT max(epoch) FROM ledger.epoch) + 1, (SELECT max(size) FROM ledger.batch),
  ${literal(reason)};
COMMIT;
`;
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  if (text.includes('\\') || text.includes('\0')) throw new TypeError('not a plain text');
  return `'${text.replaceAll("'", "''")}'`;
}
