import { LEDGERS, POSITION_KEYS, type AnswerPosition, type LedgerName } from '@writ/contracts';
import type { Sql } from '@writ/exchange';
import type { Age } from '../answer/staleness.js';
import { sqlInstant } from '../store/sql-instant.js';
import { ledgerCode, type StateSet } from '../store/state-set.js';
import type { KnownAt } from '../times.js';
import { recordedAt, referencePositionAt } from './recorded-at.postgres.js';

/** What was known, and what that was asked by: the newest there is, a time, or places alone. */
export type Known = {
  positions: AnswerPosition;
  by: 'newest' | 'positions' | { instant: string };
};

/**
 * What was known, as one position per ledger; never more than `folded`.
 *
 * A time means per ledger the last position recorded at or before it. A ledger that a map of
 * positions leaves out stands where it stood when the newest of the named ones was recorded.
 *
 * @returns undefined while a position that is named is not folded yet
 */
export async function knownPositions(
  db: Sql,
  set: StateSet,
  knownAt: KnownAt,
  folded: AnswerPosition,
): Promise<Known | undefined> {
  if (knownAt.kind === 'everything') return { positions: folded, by: 'newest' };
  if (knownAt.kind === 'instant') {
    const { instant } = knownAt;
    return { positions: atMost(folded, await positionsAt(db, set, instant)), by: { instant } };
  }
  const { regulatory } = knownAt.positions;
  const reference = regulatory === undefined ? {} : { 'regulatory.reference': regulatory };
  const named: Partial<AnswerPosition> = { ...reference, ...knownAt.positions };
  if (POSITION_KEYS.some((key) => (named[key] ?? -1) > folded[key])) return undefined;
  if (isWhole(named)) return { positions: named, by: 'positions' };
  const instant = await recordedAt(db, set, named);
  // Where nothing was recorded of what is named, nothing else was known either.
  if (instant === undefined) return { positions: { ...NOTHING, ...named }, by: 'positions' };
  const others = atMost(folded, await positionsAt(db, set, instant));
  return { positions: { ...others, ...named }, by: { instant } };
}

/** @returns the age to hold against what is read; undefined: what is named was there */
export function ageAsked({ by }: Known, age: Age): Age | undefined {
  if (by === 'newest') return age;
  if (by === 'positions') return undefined;
  return { ...age, upToMs: Date.parse(by.instant) };
}

const NOTHING: AnswerPosition = {
  court: -1,
  regulatory: -1,
  enforcement: -1,
  'regulatory.reference': -1,
};

function isWhole(named: Partial<AnswerPosition>): named is AnswerPosition {
  return POSITION_KEYS.every((key) => named[key] !== undefined);
}

/** Every fact about a subject has its row, so that the newest row at that time tells. */
async function positionsAt(db: Sql, set: StateSet, instant: string): Promise<AnswerPosition> {
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
  const of = (ledger: LedgerName) => {
    const row = rows.find((one) => one.ledger === ledgerCode(ledger));
    return Number(row?.position ?? -1);
  };
  const reference = await referencePositionAt(db, set, instant);
  const regulatory = Math.max(of('regulatory'), reference);
  const ledgers = { court: of('court'), regulatory, enforcement: of('enforcement') };
  return { ...ledgers, 'regulatory.reference': regulatory };
}

function atMost(folded: AnswerPosition, known: AnswerPosition): AnswerPosition {
  const least = POSITION_KEYS.map((key) => [key, Math.min(folded[key], known[key])]);
  return Object.fromEntries(least) as AnswerPosition;
}
