import type { Batch, Guards } from './batch.js';
import { LEDGER_CHANNEL } from './ledger-schema.sql.js';

/**
 * One batch in one statement. It writes only if the ledger still stands where the batch was
 * decided (`base_ok`: a frontier stands for everything before it), if the streams still have the
 * versions that were seen (`guards_ok`) and if the writer's clock is not ahead (`clock_ok`).
 * Whoever comes between the statement's snapshot and its inserts is caught by the primary key of
 * `position`.
 *
 * Postgres runs inserts of this form from the last to the first: events stand last, so that two
 * writers meet at the first position and cannot lock each other out. The guards' look-up is a
 * correlated scalar subquery, which no plan can turn into a scan.
 */
export const APPEND_SQL = `
WITH checked AS MATERIALIZED (
  SELECT
    EXISTS (SELECT FROM ledger.batch b WHERE b.size = $1::bigint AND b.frontier = $2::bytea)
      AND NOT EXISTS (SELECT FROM ledger.epoch o WHERE o.epoch > $3::integer) AS base_ok,
    $4::timestamptz IS NULL
      OR $4::timestamptz <= clock_timestamp() + interval '5 seconds' AS clock_ok,
    coalesce((
      SELECT bool_and(((
        SELECT e.version FROM ledger.event e WHERE e.stream = g.stream AND e.version = g.version
      ) IS NOT NULL) = g.present)
      FROM unnest(string_to_array($5, E'\\n'), $6::integer[], $7::boolean[])
        AS g(stream, version, present)
    ), true) AS guards_ok
),
go AS MATERIALIZED (SELECT FROM checked WHERE base_ok AND clock_ok AND guards_ok),
keys AS (
  INSERT INTO ledger.command_key (key, fingerprint, first, count)
  SELECT key::uuid, fingerprint, first, count
  FROM go, unnest(
    string_to_array($14, E'\\n'), string_to_array($15, E'\\n'), $16::bigint[], $17::integer[]
  ) AS r(key, fingerprint, first, count)
),
batch AS (
  INSERT INTO ledger.batch (size, recorded_at, epoch, frontier, bucket_last)
  SELECT $18::bigint, $19::timestamptz, $3::integer, $20::bytea, $21::bigint[] FROM go
),
authorities AS (
  INSERT INTO ledger.authority_seq (authority, seq, size)
  SELECT authority, seq, $18::bigint
  FROM go, unnest(string_to_array($22, E'\\n'), $23::bigint[]) AS r(authority, seq)
),
tiles AS (
  INSERT INTO ledger.tile (level, index, root, hashes)
  SELECT level, index, substring($26::bytea, (i::integer - 1) * 32 + 1, 32),
    substring($27::bytea, (i::integer - 1) * 8192 + 1, 8192)
  FROM go, unnest($24::smallint[], $25::bigint[]) WITH ORDINALITY AS r(level, index, i)
),
events AS (
  INSERT INTO ledger.event (position, prev, version, epoch, bucket, stream, leaf, canonical)
  SELECT $1::bigint + i - 1, prev, version, $3::integer, bucket, stream,
    substring($8::bytea, (i::integer - 1) * 32 + 1, 32), canonical
  FROM go, unnest(
    string_to_array($9, E'\\n'), string_to_array($10, E'\\n'),
    $11::integer[], $12::smallint[], $13::bigint[]
  ) WITH ORDINALITY AS r(canonical, stream, version, bucket, prev, i)
)
SELECT base_ok, clock_ok, guards_ok,
  (SELECT pg_notify('${LEDGER_CHANNEL}', $18::bigint::text) FROM go) AS notified
FROM checked`;

export type AppendResult = { base_ok: boolean; clock_ok: boolean; guards_ok: boolean };

/** @returns whether the statement has written its batch */
export function hasAppended(result: AppendResult | undefined): boolean {
  return result !== undefined && result.base_ok && result.clock_ok && result.guards_ok;
}

/**
 * The parameters of `APPEND_SQL`. Texts go newline-joined (canonical JSON has no raw newline):
 * the driver's array encoding would cost more than all else.
 *
 * @param clock to be compared with the database's; null where it may be ahead
 */
export function appendParameters(batch: Batch, guards: Guards, clock: string | null): unknown[] {
  const { present, absent } = guards;
  const guarded = [...present, ...absent];
  const { events, keys, tiles } = batch;
  return [
    batch.from,
    bytea(batch.baseFrontier),
    batch.epoch,
    clock,
    guarded.map(({ stream }) => stream).join('\n'),
    numbers(guarded, ({ version }) => version),
    `{${[...present.map(() => 't'), ...absent.map(() => 'f')].join(',')}}`,
    bytea(events.map(({ leaf }) => leaf).join('')),
    events.map(({ canonical }) => canonical).join('\n'),
    events.map(({ stream }) => stream).join('\n'),
    numbers(events, ({ version }) => version),
    numbers(events, ({ bucket }) => bucket),
    numbers(events, ({ prev }) => prev),
    keys.map(({ keyHash }) => keyHash).join('\n'),
    keys.map(({ fingerprint }) => fingerprint).join('\n'),
    numbers(keys, ({ first }) => first),
    numbers(keys, ({ count }) => count),
    batch.from + batch.events.length,
    batch.recordedAt,
    bytea(batch.frontier),
    `{${batch.bucketLast.join(',')}}`,
    [...batch.authorities.keys()].join('\n'),
    `{${[...batch.authorities.values()].join(',')}}`,
    numbers(tiles, ({ level }) => level),
    numbers(tiles, ({ index }) => index),
    bytea(tiles.map(({ root }) => root).join('')),
    bytea(tiles.map(({ hashes }) => hashes).join('')),
  ];
}

/** Hex digits as Postgres reads a bytea. */
function bytea(hex: string): string {
  return `\\x${hex}`;
}

function numbers<T>(rows: readonly T[], pick: (row: T) => number): string {
  return `{${rows.map(pick).join(',')}}`;
}
