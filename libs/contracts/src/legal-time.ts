import type { LegalTime } from './envelope.js';

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * The first moment of a legal time, for putting legal times in order: an instant is itself, a date
 * begins with that local day in its zone.
 *
 * @returns milliseconds since 1970-01-01T00:00:00Z; microseconds, where stated, are cut off
 * @throws RangeError when the zone is not one of the IANA time zone database
 */
export function legalStart(time: LegalTime): number {
  if ('instant' in time) return Date.parse(time.instant);
  const midnight = Date.parse(`${time.date}T00:00:00Z`);
  // Twice, since the first guess may fall on the other side of a change of the clocks.
  const guess = midnight - offsetAt(midnight, time.zone);
  return midnight - offsetAt(guess, time.zone);
}

/** Order of two legal times by their first moment: negative, zero or positive. */
export function compareLegalTimes(a: LegalTime, b: LegalTime): number {
  return legalStart(a) - legalStart(b);
}

/** How far the zone's wall clock is ahead of UTC at that moment, in milliseconds. */
function offsetAt(instant: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(zone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}
