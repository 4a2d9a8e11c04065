import type { AnswerPosition, LedgerName } from '@writ/contracts';
import type { Sql } from '@writ/exchange';
import { sqlInstant } from '../store/sql-instant.js';
import { ledgerCode, type StateSet } from '../store/state-set.js';

/** Lists and memoranda keep every version with its position and the time it was recorded. */
const VERSIONS = (set: StateSet) => `
  projection.reference_${set} kept, LATERAL (
    SELECT (version ->> 'position')::bigint AS position,
      (version ->> 'recordedAt')::timestamptz AS recorded_at
    FROM jsonb_array_elements(kept.state::jsonb -> 'versions') version
  ) version
  WHERE (kept.key LIKE 'list/%' OR kept.key LIKE 'memorandum/%')`;

/** @returns the position of the last list or memorandum recorded at or before a time; -1: none */
export async function referencePositionAt(
  db: Sql,
  set: StateSet,
  instant: string,
): Promise<number> {
  const { rows } = await db.query<{ position: string | null }>(
    `SELECT max(version.position) AS position FROM ${VERSIONS(set)}
       AND version.recorded_at <= $1::timestamptz`,
    [sqlInstant(instant)],
  );
  return Number(rows[0]?.position ?? -1);
}

/**
 * When the newest fact at or before any of these positions was recorded; undefined: nothing was.
 * Times never go back within a ledger, and history is indexed by them: the time of a position is
 * found by halving, some forty look-ups whatever lies behind it.
 */
export async function recordedAt(
  db: Sql,
  set: StateSet,
  named: Partial<AnswerPosition>,
): Promise<string | undefined> {
  const { 'regulatory.reference': reference, ...ledgers } = named;
  const asked = Object.entries(ledgers) as [LedgerName, number][];
  const { rows } = await db.query<{ at: string | null }>(
    `WITH RECURSIVE asked AS (
       SELECT * FROM unnest($1::smallint[], $2::bigint[]) asked (ledger, position)
     ), halved (ledger, position, low, high) AS (
       SELECT ledger, position,
         (SELECT min(recorded_at) FROM projection.history_${set} kept
          WHERE kept.ledger = asked.ledger) - interval '1 ms',
         (SELECT max(recorded_at) FROM projection.history_${set} kept
          WHERE kept.ledger = asked.ledger)
       FROM asked
       UNION ALL
       SELECT ledger, position, CASE WHEN is_behind THEN low ELSE middle END,
         CASE WHEN is_behind THEN middle ELSE high END
       FROM halved, LATERAL (SELECT low + (high - low) / 2 AS middle) half, LATERAL (
         SELECT coalesce((${newestSql(set, 'kept.position', 'middle')}) > position, false)
           AS is_behind
       ) looked
       WHERE high - low > interval '1 ms'
     ), recorded AS (
       SELECT (${newestSql(set, 'kept.recorded_at', 'high', 'AND kept.position <= halved.position')})
         AS at
       FROM halved WHERE high - low <= interval '1 ms'
       UNION ALL
       SELECT max(version.recorded_at) FROM ${VERSIONS(set)} AND version.position <= $3::bigint
     )
     SELECT to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at FROM recorded`,
    [
      asked.map(([ledger]) => ledgerCode(ledger)),
      asked.map(([, position]) => position),
      Math.max(reference ?? -1, reference === undefined ? (named.regulatory ?? -1) : -1),
    ],
  );
  return rows[0]?.at ?? undefined;
}

/** Of the newest row of `halved`'s ledger that was recorded at or before a time. */
function newestSql(set: StateSet, column: string, time: 'middle' | 'high', and = ''): string {
  return `SELECT ${column} FROM projection.history_${set} kept
    WHERE kept.ledger = halved.ledger AND kept.recorded_at <= ${time} ${and}
    ORDER BY kept.recorded_at DESC, kept.position DESC LIMIT 1`;
}
