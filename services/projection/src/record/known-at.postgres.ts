import { LEDGERS, REFERENCE_BUCKET, SUBJECT_BUCKETS, type LedgerName } from '@writ/contracts';
import { standsAt, type Progress } from '../store/progress.js';
import { ledgerCode, type StateSet } from '../store/state-set.js';
import { sqlInstant } from '../store/sql-instant.js';
import type { KnownAt } from '../times.js';
import type { Sql } from '@writ/exchange';

export type Positions = Record<LedgerName, number>;

const EVERY_BUCKET = Array.from({ length: SUBJECT_BUCKETS }, (_, bucket) => bucket);

/** One position per ledger up to which every bucket is folded. */
export function foldedEverywhere(progress: Progress): Positions {
  return positions((ledger) => {
    const buckets = ledger === 'regulatory' ? [...EVERY_BUCKET, REFERENCE_BUCKET] : EVERY_BUCKET;
    return standsAt(progress, ledger, buckets);
  });
}

/**
 * What was known, as one position per ledger; never more than `folded`.
 *
 * A time means per ledger the last position recorded at or before it. A ledger that a map of
 * positions leaves out stands where it stood when the newest of the named ones was recorded.
 */
export async function knownPositions(
  db: Sql,
  set: StateSet,
  knownAt: KnownAt,
  folded: Positions,
): Promise<Positions> {
  if (knownAt.kind === 'everything') return folded;
  if (knownAt.kind === 'instant') {
    return atMost(folded, await positionsAt(db, set, knownAt.instant));
  }
  const named = knownAt.positions;
  const missing = LEDGERS.some((ledger) => named[ledger] === undefined);
  const instant = missing ? await recordedAt(db, set, named) : undefined;
  const others = instant === undefined ? folded : await positionsAt(db, set, instant);
  return atMost(folded, { ...others, ...named });
}

/** Every fact about a subject has its row, so that the newest row at that time tells. */
async function positionsAt(db: Sql, set: StateSet, instant: string): Promise<Positions> {
  const { rows } = await db.query<{ ledger: number; position: string | null }>(
    `SELECT ledger, (
       SELECT max(position) FROM (
         SELECT position FROM projection.history_${set} kept
         WHERE kept.ledger = asked.ledger AND recorded_at <= $1::timestamptz
         ORDER BY recorded_at DESC, position DESC LIMIT 1
       ) newest
     ) AS position
     FROM generate_series(0, ${LEDGERS.length - 1}) asked (ledger)`,
    [sqlInstant(instant)],
  );
  const subjects = positions((ledger) => {
    const row = rows.find((one) => one.ledger === ledgerCode(ledger));
    return Number(row?.position ?? -1);
  });
  const reference = await referencePositionAt(db, set, instant);
  return { ...subjects, regulatory: Math.max(subjects.regulatory, reference) };
}

/** Lists and memoranda keep every version with the time it was recorded. */
async function referencePositionAt(db: Sql, set: StateSet, instant: string): Promise<number> {
  const { rows } = await db.query<{ position: string | null }>(
    `SELECT max((version ->> 'position')::bigint) AS position
     FROM projection.reference_${set} kept,
       jsonb_array_elements(kept.state::jsonb -> 'versions') version
     WHERE (kept.key LIKE 'list/%' OR kept.key LIKE 'memorandum/%')
       AND (version ->> 'recordedAt')::timestamptz <= $1::timestamptz`,
    [sqlInstant(instant)],
  );
  return Number(rows[0]?.position ?? -1);
}

/** When the newest of these positions was recorded, as far as history tells. */
async function recordedAt(
  db: Sql,
  set: StateSet,
  named: Partial<Positions>,
): Promise<string | undefined> {
  const { rows } = await db.query<{ at: string | null }>(
    `SELECT to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
     FROM unnest($1::smallint[], $2::bigint[]) asked (ledger, position), LATERAL (
       SELECT max(recorded_at) AS at FROM projection.history_${set} kept
       WHERE kept.ledger = asked.ledger AND kept.position <= asked.position
     ) newest`,
    [Object.keys(named).map((ledger) => ledgerCode(ledger as LedgerName)), Object.values(named)],
  );
  return rows[0]?.at ?? undefined;
}

function atMost(folded: Positions, known: Positions): Positions {
  return positions((ledger) => Math.min(folded[ledger], known[ledger]));
}

function positions(of: (ledger: LedgerName) => number): Positions {
  return Object.fromEntries(LEDGERS.map((ledger) => [ledger, of(ledger)])) as Positions;
}
