import { POSITION_KEYS, type AnswerPosition, type LegalTime, type Times } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { addDays, beginsAt, isInstant, isLocalDate, isZone, startOfDay } from '@writ/law';
import type { When } from './answer/answer.js';
import { sqlInstant } from './store/sql-instant.js';

/** What is asked of ledger time, before it is known which positions that means. */
export type KnownAt =
  | { kind: 'everything' }
  | { kind: 'instant'; instant: string }
  | { kind: 'positions'; positions: Partial<AnswerPosition> };

export type TimesRefusal = 'time_is_malformed' | 'zone_is_unknown' | 'known_at_is_malformed';

export type AskedTimes = { when: When; knownAt: KnownAt };

/**
 * Reads the times of a question.
 *
 * @param now what `asOf` is when it is left out
 * @param pointer of the place they stand at: '' in a body, '/query' in a query
 */
export function readTimes(
  { asOf, zone = 'UTC', knownAt }: Times,
  now: string,
  pointer: '' | '/query',
): Decision<AskedTimes, TimesRefusal> {
  if (!isZone(zone)) return refuse('zone_is_unknown', `${pointer}/zone`);
  let when: When = { now };
  if (asOf !== undefined) {
    const time = legalTime(asOf, zone);
    if (!time) return refuse('time_is_malformed', `${pointer}/asOf`);
    when = { asOf: time };
  }
  const known = readKnownAt(knownAt, zone);
  if (!known) return refuse('known_at_is_malformed', `${pointer}/knownAt`);
  return record({ when, knownAt: known });
}

/** "Now" is when an answer is made, not when it was asked for: it may have waited. */
export function whenAnswered(when: When, now: Date): When {
  return 'now' in when ? { now: now.toISOString() } : when;
}

function legalTime(text: string, zone: string): LegalTime | undefined {
  if (isInstant(text)) return { instant: text };
  return isLocalDate(text) ? { date: text, zone } : undefined;
}

/** An instant, a map, or (in a query) `court:12,regulatory:7`. A date is the end of that day. */
function readKnownAt(given: Times['knownAt'], zone: string): KnownAt | undefined {
  if (given === undefined) return { kind: 'everything' };
  if (typeof given !== 'string') return positionsOf(Object.entries(given));
  if (isInstant(given)) return { kind: 'instant', instant: given };
  if (isLocalDate(given)) {
    const end = startOfDay({ date: addDays(given, 1), zone }) - 1;
    return { kind: 'instant', instant: new Date(end).toISOString() };
  }
  const pairs = given.split(',').map((pair) => pair.split(':'));
  if (!pairs.every(([, position]) => /^(-1|\d{1,15})$/.test(position ?? ''))) return undefined;
  return positionsOf(pairs.map(([ledger = '', position]) => [ledger, Number(position)]));
}

function positionsOf(entries: readonly (readonly [string, unknown])[]): KnownAt | undefined {
  const positions: Partial<AnswerPosition> = {};
  for (const [name, position] of entries) {
    const key = POSITION_KEYS.find((known) => known === name);
    if (!key || !Number.isSafeInteger(position) || Number(position) < -1) return undefined;
    positions[key] = Number(position);
  }
  return entries.length === 0 ? undefined : { kind: 'positions', positions };
}

/** How a legal time is compared with the columns of history. */
export type SqlTime = { instant: string; date: string | null; dayEnd: string | null };

/** @returns parameters for `inForceSql` */
export function sqlTime(at: LegalTime): SqlTime {
  if ('instant' in at) return { instant: at.instant, date: null, dayEnd: null };
  const next = startOfDay({ ...at, date: addDays(at.date, 1) });
  return {
    instant: sqlInstant(beginsAt(at)),
    date: at.date,
    dayEnd: sqlInstant(new Date(next).toISOString()),
  };
}

/**
 * SQL of "this row's legal time holds": asked at an instant, all rows compare as instants (a date
 * begins with its day); asked at a date, dates compare as dates and instants at that day's end.
 *
 * @param instant, date, dayEnd names of the parameters (`$4` …)
 */
export function inForceSql(instant: string, date: string, dayEnd: string): string {
  const begun = (time: 'from' | 'until') => `
    CASE WHEN ${date}::text IS NULL THEN ${time}_at <= ${instant}::timestamptz
      WHEN ${time}_date IS NOT NULL THEN ${time}_date <= ${date}::text
      ELSE ${time}_at < ${dayEnd}::timestamptz END`;
  return `from_at IS NOT NULL AND ${begun('from')}
    AND (until_at IS NULL OR NOT ${begun('until')})`;
}
