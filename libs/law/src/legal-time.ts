import type { LegalTime } from '@writ/contracts';

/**
 * Legal time: a local date in a zone, or an instant, kept as given. Intervals are half-open
 * [from, until). The two kinds meet by these rules (design, "Answers"):
 *
 * - a date begins with the first moment of that day in its own zone: asked at an instant, its
 *   zone's local date is compared;
 * - asked at a date, another date is compared as a date, whatever the zones, and an instant at the
 *   asked day's end in the asked zone: it counts as begun when it falls on that day or before.
 *
 * Where a clock was put back across midnight a day has two ends; either may count. No zone does so
 * today. Days before 1583 are outside (the calendar changed), and no list is that old. No day can
 * be written after 9999-12-31, by which sources say that no end is in sight: whatever would lie
 * behind it is taken to be that day, so that such an end is as good as none.
 */
export type LegalDate = Extract<LegalTime, { date: string }>;
export type LegalInstant = Extract<LegalTime, { instant: string }>;

const MS_PER_DAY = 86_400_000;
const LAST_DAY = '9999-12-31';

// Building a formatter costs about 50 microseconds, using it about one; there are ~600 zones.
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(zone);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
    formatters.set(zone, formatter);
  }
  return formatter;
}

/** @returns whether this runtime knows the zone (an IANA name such as `Asia/Shanghai`) */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z]+(\/[A-Za-z0-9_+-]+)*$/.test(zone)) return false;
  try {
    formatterOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** @returns whether the text is a day of the calendar, `YYYY-MM-DD`; 2026-02-30 is none */
export function isLocalDate(text: string): boolean {
  // There was no year 0, and databases know none.
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || text.startsWith('0000')) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().slice(0, 10) === text;
}

/** @returns whether the text is a moment, `YYYY-MM-DDThh:mm:ss[.ffffff]Z`; hour 24 is none */
export function isInstant(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}T([01]\d|2[0-3]):\d{2}:\d{2}(\.\d{1,6})?Z$/.test(text)) return false;
  return isLocalDate(text.slice(0, 10)) && !Number.isNaN(Date.parse(text));
}

/** @returns whether a legal time of the right shape also names a real day, zone or moment */
export function isLegalTime(time: LegalTime): boolean {
  return 'date' in time ? isLocalDate(time.date) && isZone(time.zone) : isInstant(time.instant);
}

/**
 * The day it is in a zone.
 *
 * @param instant milliseconds since 1970 or an instant's text
 * @throws RangeError for an unknown zone
 */
export function localDateAt(instant: number | string, zone: string): string {
  const ms = typeof instant === 'number' ? instant : Date.parse(instant);
  // `format` takes a third of the time of `formatToParts`; every build of Node knows en-US.
  const [month = '', day = '', year = ''] = formatterOf(zone).format(ms).split('/');
  return year.length > 4 ? LAST_DAY : `${year.padStart(4, '0')}-${month}-${day}`;
}

/** @returns the legal date it is at that moment in that zone: "today" as a court says it */
export function todayIn(zone: string, now: Date): LegalDate {
  return { date: localDateAt(now.getTime(), zone), zone };
}

/** @returns the calendar day so many days later (or earlier), the last at most; needs no zone */
export function addDays(date: string, days: number): string {
  const ms = Date.parse(`${date}T00:00:00Z`) + days * MS_PER_DAY;
  const last = Date.parse(`${LAST_DAY}T00:00:00Z`);
  return new Date(Math.min(ms, last)).toISOString().slice(0, 10);
}

/** A source that states the last day in force: the first moment free is the day after. */
export function firstDayFree(lastDayInForce: LegalDate): LegalDate {
  return { ...lastDayInForce, date: addDays(lastDayInForce.date, 1) };
}

// Finding a day's start costs some 40 microseconds, and history repeats its days: all days of a
// century in two zones fit in.
const starts = new Map<string, number>();
const STARTS_MAX = 75_000;

/**
 * The first moment of a day in a zone, in milliseconds since 1970. A day that begins late (the
 * clock jumps over midnight) begins after the jump; a day that a zone left out, with the next one.
 *
 * @throws RangeError for an unknown zone
 */
export function startOfDay(day: LegalDate): number {
  const key = `${day.date} ${day.zone}`;
  const known = starts.get(key);
  if (known !== undefined) return known;
  const start = foundStartOfDay(day);
  if (starts.size >= STARTS_MAX) starts.clear();
  starts.set(key, start);
  return start;
}

function foundStartOfDay({ date, zone }: LegalDate): number {
  const utc = Date.parse(`${date}T00:00:00Z`);
  // No zone was ever a whole day and a half from UTC; 28 halvings come to the millisecond.
  let before = utc - 1.5 * MS_PER_DAY;
  let reached = utc + 1.5 * MS_PER_DAY;
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2);
    if (localDateAt(middle, zone) >= date) reached = middle;
    else before = middle;
  }
  return reached;
}

/** Instants have none to six digits after the second; as written they do not sort. */
function sortable(instant: string): string {
  const [seconds = '', fraction = ''] = instant.slice(0, -1).split('.');
  return `${seconds}.${fraction.padEnd(6, '0')}`;
}

/** @returns negative, zero or positive as the first instant is before, at or after the second */
export function compareInstants(a: string, b: string): number {
  const [first, second] = [sortable(a), sortable(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}

/** @returns whether `time` has come when it is `at`: the one comparison all others rest on */
export function hasBegun(time: LegalTime, at: LegalTime): boolean {
  if ('date' in time) {
    const day = 'date' in at ? at.date : localDateAt(at.instant, time.zone);
    return day >= time.date;
  }
  if ('date' in at) return localDateAt(time.instant, at.zone) <= at.date;
  return compareInstants(time.instant, at.instant) <= 0;
}

/**
 * Whether something that holds in [from, until) holds at a legal time.
 *
 * @param until the first moment it no longer holds; absent: until a condition ends it
 */
export function inForce(from: LegalTime, until: LegalTime | undefined, at: LegalTime): boolean {
  return hasBegun(from, at) && (until === undefined || !hasBegun(until, at));
}

/**
 * Whether a day or moment lies behind: a date has passed once its day is over in its zone.
 */
export function hasPassed(time: LegalTime, at: LegalTime): boolean {
  if ('date' in time) return hasBegun(firstDayFree(time), at);
  return (
    hasBegun(time, at) && !('instant' in at && compareInstants(time.instant, at.instant) === 0)
  );
}

/** @returns the moment a legal time begins, as a point all kinds and zones can be ordered by */
export function beginsAt(time: LegalTime): string {
  return 'instant' in time ? time.instant : new Date(startOfDay(time)).toISOString();
}

/** Orders two legal times by the moment each begins; dates of one zone by the calendar alone. */
export function compareLegalTimes(a: LegalTime, b: LegalTime): number {
  if ('date' in a && 'date' in b && a.zone === b.zone) {
    return a.date < b.date ? -1 : a.date > b.date ? 1 : 0;
  }
  return compareInstants(beginsAt(a), beginsAt(b));
}

/** @returns whether [from, until) holds no moment: reversed, or ended as it began */
export function isEmptyInterval(from: LegalTime, until: LegalTime): boolean {
  return compareLegalTimes(until, from) <= 0;
}
