import type { LedgerName } from '@writ/contracts';
import type { BucketKey, Place } from './fact-source.js';
import { ledgerEpochOf, type StoredPlace } from './join-on.js';

/** A pool, a client, or a client inside the caller's own transaction. */
export type Sql = {
  query<R extends object>(text: string, values?: unknown[]): Promise<{ rows: R[] }>;
};

/**
 * DDL of schema `exchange`, for the migration of the database a consumer (or relay) lives in.
 * Additive and repeatable.
 *
 * @param roles that read and move places: `<db>_writer`; and that only read them: `<db>_reader`
 */
export function exchangeSchemaSql(roles: { writer: string; reader?: string }): string {
  const grants = [
    `GRANT USAGE ON SCHEMA exchange TO "${roles.writer}";`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA exchange TO "${roles.writer}";`,
  ];
  if (roles.reader !== undefined) {
    grants.push(
      `GRANT USAGE ON SCHEMA exchange TO "${roles.reader}";`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA exchange TO "${roles.reader}";`,
    );
  }
  return `
    CREATE SCHEMA IF NOT EXISTS exchange;
    -- How far each consumer has come in each bucket of each ledger; moved with what it applied.
    CREATE TABLE IF NOT EXISTS exchange.place (
      consumer text NOT NULL,
      ledger text NOT NULL,
      bucket smallint NOT NULL CHECK (bucket BETWEEN 0 AND 32),
      epoch integer NOT NULL DEFAULT 0,
      place bigint NOT NULL DEFAULT -1,
      up_to bigint NOT NULL DEFAULT -1,
      -- Hex leaf hash of the fact at the place: what the ledger must still hold there.
      leaf text,
      -- Newest epoch of the ledger heard of: up_to and the watermark hold in it.
      ledger_epoch integer,
      watermark_up_to bigint,
      watermark_last bigint,
      watermark_at timestamptz,
      assessed_court bigint,
      assessed_regulatory bigint,
      assessed_reference bigint,
      PRIMARY KEY (consumer, ledger, bucket)
    ) WITH (fillfactor = 50);
    -- How far the relay of this database's own ledger has published, per generation of topics.
    CREATE TABLE IF NOT EXISTS exchange.relay_place (
      ledger text NOT NULL,
      generation text NOT NULL DEFAULT '',
      epoch integer NOT NULL,
      place bigint NOT NULL,
      leaf text,
      CONSTRAINT relay_place_of_generation PRIMARY KEY (ledger, generation)
    );
    ${ADDED_SQL}
    -- Subjects whose facts wait, and the positions that wait; the facts stay in the ledger.
    CREATE TABLE IF NOT EXISTS exchange.quarantine (
      consumer text NOT NULL,
      ledger text NOT NULL,
      -- '' = facts of the ledger that concern no subject
      subject text NOT NULL,
      bucket smallint NOT NULL,
      first_position bigint NOT NULL,
      reason text NOT NULL,
      fact_type text NOT NULL,
      since timestamptz NOT NULL,
      positions bigint[] NOT NULL,
      PRIMARY KEY (consumer, ledger, subject)
    );
    ${grants.join('\n    ')}
  `;
}

/** What tables of an older build lack; locks them only then. */
const ADDED_SQL = `DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_attribute
          WHERE attrelid = 'exchange.place'::regclass AND attname = 'leaf') THEN
        ALTER TABLE exchange.place ADD COLUMN leaf text, ADD COLUMN ledger_epoch integer;
      END IF;
      IF NOT EXISTS (SELECT FROM pg_attribute
          WHERE attrelid = 'exchange.relay_place'::regclass AND attname = 'generation') THEN
        ALTER TABLE exchange.relay_place
          ADD COLUMN leaf text, ADD COLUMN generation text NOT NULL DEFAULT '',
          DROP CONSTRAINT relay_place_pkey,
          ADD CONSTRAINT relay_place_of_generation PRIMARY KEY (ledger, generation);
      END IF;
    END $$;`;

type PlaceRow = {
  ledger: LedgerName;
  bucket: number;
  epoch: number;
  place: string;
  up_to: string;
  leaf: string | null;
  ledger_epoch: number | null;
  watermark_up_to: string | null;
  watermark_last: string | null;
  watermark_at: Date | null;
  assessed_court: string | null;
  assessed_regulatory: string | null;
  assessed_reference: string | null;
};

const COLUMNS = `ledger, bucket, epoch, place, up_to, leaf, ledger_epoch, watermark_up_to,
  watermark_last, watermark_at, assessed_court, assessed_regulatory, assessed_reference`;

/** @returns one place per key, in the order of the keys; -1 where nothing was applied yet */
export async function loadPlaces(
  db: Sql,
  consumer: string,
  keys: readonly BucketKey[],
): Promise<StoredPlace[]> {
  const { rows } = await db.query<PlaceRow>(
    `SELECT ${COLUMNS} FROM exchange.place WHERE consumer = $1 AND ledger = ANY($2)`,
    [consumer, [...new Set(keys.map(({ ledger }) => ledger))]],
  );
  return inOrderOf(keys, rows);
}

/**
 * Creates the rows that are missing, outside any transaction, then loads as `loadPlaces` does. A
 * consumer calls it when it starts, so that `lockPlaces` only locks: two consumers that insert
 * between locks would wait for each other.
 */
export async function openPlaces(
  pool: Sql,
  consumer: string,
  keys: readonly BucketKey[],
): Promise<StoredPlace[]> {
  await insertMissing(pool, consumer, keys);
  return loadPlaces(pool, consumer, keys);
}

async function insertMissing(db: Sql, consumer: string, keys: readonly BucketKey[]): Promise<void> {
  await db.query(
    `INSERT INTO exchange.place (consumer, ledger, bucket)
     SELECT $1, ledger, bucket FROM unnest($2::text[], $3::smallint[]) AS key (ledger, bucket)
     ORDER BY ledger, bucket ON CONFLICT DO NOTHING`,
    [consumer, keys.map(({ ledger }) => ledger), keys.map(({ bucket }) => bucket)],
  );
}

/**
 * Locks the rows of these buckets (in ledger, bucket order, so that two lockers cannot block each
 * other for ever), creating those that are missing. Call inside the transaction that moves them.
 *
 * @returns one place per key, in the order of the keys
 */
export async function lockPlaces(
  db: Sql,
  consumer: string,
  keys: readonly BucketKey[],
): Promise<StoredPlace[]> {
  const ledgers = keys.map(({ ledger }) => ledger);
  const buckets = keys.map(({ bucket }) => bucket);
  const lock = `SELECT ${COLUMNS} FROM exchange.place
    WHERE consumer = $1 AND (ledger, bucket) IN (SELECT * FROM unnest($2::text[], $3::smallint[]))
    ORDER BY ledger, bucket FOR UPDATE`;
  const locked = await db.query<PlaceRow>(lock, [consumer, ledgers, buckets]);
  if (locked.rows.length === keys.length) return inOrderOf(keys, locked.rows);
  await insertMissing(db, consumer, keys);
  const { rows } = await db.query<PlaceRow>(lock, [consumer, ledgers, buckets]);
  return inOrderOf(keys, rows);
}

/** Writes places back, in one statement. The rows must be locked by this transaction. */
export async function movePlaces(
  db: Sql,
  consumer: string,
  places: readonly StoredPlace[],
): Promise<void> {
  if (places.length === 0) return;
  const column = <T>(read: (place: StoredPlace) => T) => places.map(read);
  await db.query(
    `UPDATE exchange.place SET epoch = moved.epoch, place = moved.place, up_to = moved.up_to,
       watermark_up_to = moved.w_up_to, watermark_last = moved.w_last, watermark_at = moved.w_at,
       assessed_court = moved.a_court, assessed_regulatory = moved.a_regulatory,
       assessed_reference = moved.a_reference, leaf = moved.leaf,
       ledger_epoch = moved.ledger_epoch
     FROM unnest($2::text[], $3::smallint[], $4::integer[], $5::bigint[], $6::bigint[],
       $7::bigint[], $8::bigint[], $9::timestamptz[], $10::bigint[], $11::bigint[], $12::bigint[],
       $13::text[], $14::integer[])
       AS moved (ledger, bucket, epoch, place, up_to, w_up_to, w_last, w_at,
         a_court, a_regulatory, a_reference, leaf, ledger_epoch)
     WHERE exchange.place.consumer = $1 AND exchange.place.ledger = moved.ledger
       AND exchange.place.bucket = moved.bucket`,
    [
      consumer,
      column(({ ledger }) => ledger),
      column(({ bucket }) => bucket),
      column(({ epoch }) => epoch),
      column(({ place }) => place),
      column(({ upTo }) => upTo),
      column(({ watermark }) => watermark?.upTo ?? null),
      column(({ watermark }) => watermark?.last ?? null),
      column(({ watermark }) => watermark?.at ?? null),
      column(({ watermark }) => watermark?.assessed?.court ?? null),
      column(({ watermark }) => watermark?.assessed?.regulatory ?? null),
      column(({ watermark }) => watermark?.assessed?.reference ?? null),
      column(({ leaf }) => leaf ?? null),
      column(({ ledgerEpoch }) => ledgerEpoch ?? null),
    ],
  );
}

function inOrderOf(keys: readonly BucketKey[], rows: readonly PlaceRow[]): StoredPlace[] {
  const byKey = new Map(rows.map((row) => [`${row.ledger}/${row.bucket}`, row]));
  return keys.map((key) => {
    const row = byKey.get(`${key.ledger}/${key.bucket}`);
    return row ? asPlace(row) : emptyPlace(key);
  });
}

function emptyPlace({ ledger, bucket }: BucketKey): Place {
  return { ledger, bucket, epoch: 0, place: -1, upTo: -1 };
}

/** Positions are bigint in SQL and safe integers here (the ledger refuses larger ones). */
function asPlace(row: PlaceRow): StoredPlace {
  const place: StoredPlace = {
    ledger: row.ledger,
    bucket: row.bucket,
    epoch: row.epoch,
    place: Number(row.place),
    upTo: Number(row.up_to),
    ...(row.leaf === null ? {} : { leaf: row.leaf }),
    ...(row.ledger_epoch === null ? {} : { ledgerEpoch: row.ledger_epoch }),
  };
  if (row.watermark_last === null || row.watermark_at === null) return place;
  const assessed =
    row.assessed_court === null
      ? {}
      : {
          assessed: {
            court: Number(row.assessed_court),
            regulatory: Number(row.assessed_regulatory ?? -1),
            reference: Number(row.assessed_reference ?? -1),
          },
        };
  const watermark = {
    epoch: ledgerEpochOf(place),
    upTo: Number(row.watermark_up_to),
    last: Number(row.watermark_last),
    at: row.watermark_at.toISOString(),
    ...assessed,
  };
  return { ...place, watermark };
}
