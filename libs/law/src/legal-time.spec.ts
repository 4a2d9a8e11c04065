import { describe, expect, it } from '@jest/globals';
import type { LegalTime } from '@writ/contracts';
import fc from 'fast-check';
import {
  addDays,
  beginsAt,
  compareInstants,
  compareLegalTimes,
  firstDayFree,
  hasBegun,
  hasPassed,
  inForce,
  isEmptyInterval,
  isInstant,
  isLegalTime,
  isLocalDate,
  isZone,
  localDateAt,
  startOfDay,
  todayIn,
} from './legal-time.js';

const SHANGHAI = 'Asia/Shanghai';
const NEW_YORK = 'America/New_York';
// Half hours, clocks that jump over midnight, a day left out, and the widest offsets there are.
const ZONES = [
  'UTC',
  SHANGHAI,
  NEW_YORK,
  'Asia/Kathmandu',
  'America/Sao_Paulo',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Australia/Lord_Howe',
];

const day = (date: string, zone = SHANGHAI): { date: string; zone: string } => ({ date, zone });
const moment = (instant: string): { instant: string } => ({ instant });

const anyMs = fc.integer({ min: Date.UTC(1970, 0, 2), max: Date.UTC(2060, 0, 1) });
const anyZone = fc.constantFrom(...ZONES);
const anyDate = anyMs.map((ms) => new Date(ms).toISOString().slice(0, 10));
const anyDay = fc.record({ date: anyDate, zone: anyZone });
const anyMoment = anyMs.map((ms) => moment(new Date(ms).toISOString()));
const anyTime: fc.Arbitrary<LegalTime> = fc.oneof(anyDay, anyMoment);

describe('a day and a moment', () => {
  it.each([
    ['the morning of the day in its own zone', '2026-03-01T00:30:00Z', true],
    ['its first moment, which is the evening before in UTC', '2026-02-28T16:00:00Z', true],
    ['the moment before', '2026-02-28T15:59:59.999999Z', false],
  ])('a date asked at %s', (_, instant, begun) =>
    expect(hasBegun(day('2026-03-01'), moment(instant))).toBe(begun),
  );

  it.each([
    ['a moment of that day', '2026-03-01T03:00:00Z', true],
    ['the last moment of that day there', '2026-03-01T15:59:59.999999Z', true],
    ['the first moment of the next day there', '2026-03-01T16:00:00Z', false],
  ])('%s, asked at a date, counts by that day’s end', (_, instant, begun) =>
    expect(hasBegun(moment(instant), day('2026-03-01'))).toBe(begun),
  );

  it('compares a date with a date as dates, whatever the zones', () => {
    expect(hasBegun(day('2026-03-01', NEW_YORK), day('2026-03-01'))).toBe(true);
    expect(hasBegun(day('2026-03-02', NEW_YORK), day('2026-03-01'))).toBe(false);
  });

  it('compares moments written with and without fractions', () => {
    const [whole, fraction] = ['2026-03-01T00:00:00Z', '2026-03-01T00:00:00.5Z'];
    expect(compareInstants(whole, fraction)).toBeLessThan(0);
    expect(compareInstants('2026-03-01T00:00:00.500Z', fraction)).toBe(0);
    expect(hasBegun(moment(fraction), moment(whole))).toBe(false);
    expect(hasBegun(moment(whole), moment(fraction))).toBe(true);
  });
});

describe('the very moment', () => {
  it('has begun: an interval holds from its first moment', () => {
    const noon = moment('2026-03-01T12:00:00Z');
    expect(hasBegun(noon, moment('2026-03-01T12:00:00.000Z'))).toBe(true);
    expect(inForce(noon, undefined, noon)).toBe(true);
    expect(inForce(noon, noon, noon)).toBe(false);
  });

  it('is neither before nor after itself', () => {
    expect(compareLegalTimes(day('2026-03-01'), day('2026-03-01'))).toBe(0);
    expect(compareLegalTimes(day('2026-03-01'), moment('2026-02-28T16:00:00Z'))).toBe(0);
  });
});

describe('an interval', () => {
  const [from, until] = [day('2026-03-01'), day('2026-03-31')];

  it.each([
    ['the day before', day('2026-02-28'), false],
    ['its first day', day('2026-03-01'), true],
    ['its last day', day('2026-03-30'), true],
    ['the first day free', day('2026-03-31'), false],
  ])('is half-open: %s', (_, at, holds) => expect(inForce(from, until, at)).toBe(holds));

  it('without an end holds until a condition ends it', () =>
    expect(inForce(from, undefined, day('2999-12-31'))).toBe(true));

  it('of a source that names the last day in force ends the day after, across the year', () => {
    expect(firstDayFree(day('2026-12-31'))).toEqual(day('2027-01-01'));
    expect(firstDayFree(day('2028-02-28', NEW_YORK))).toEqual(day('2028-02-29', NEW_YORK));
  });

  it.each(ZONES)(
    'of a source that sees no end is in force as long as days can be written, in %s',
    (zone) => {
      const last = day('9999-12-31', zone);
      expect(firstDayFree(last)).toEqual(last);
      expect(addDays('9999-12-30', 400)).toBe('9999-12-31');
      const ends = beginsAt(last);
      expect(ends).toMatch(/^9999-12-3[01]T/);
      expect(localDateAt(ends, zone)).toBe('9999-12-31');
      expect(localDateAt(Date.parse(ends) - 1, zone)).toBe('9999-12-30');
      expect(localDateAt('9999-12-31T23:59:59Z', zone)).toBe('9999-12-31');
      expect(isEmptyInterval(from, firstDayFree(last))).toBe(false);
      expect(inForce(from, firstDayFree(last), day('9999-12-30', zone))).toBe(true);
    },
  );

  it('ended at a moment of the asked day no longer holds at that day’s end', () => {
    const ended = moment('2026-03-05T02:00:00Z');
    expect(inForce(from, ended, day('2026-03-05'))).toBe(false);
    expect(inForce(from, ended, moment('2026-03-05T01:59:59Z'))).toBe(true);
    expect(inForce(from, ended, day('2026-03-04'))).toBe(true);
  });

  it.each([
    ['reversed', day('2026-03-02'), day('2026-03-01'), true],
    ['ended as it began', day('2026-03-01'), day('2026-03-01'), true],
    ['of one day', day('2026-03-01'), day('2026-03-02'), false],
    ['from a date to a later moment', day('2026-03-01'), moment('2026-02-28T16:00:00.1Z'), false],
    ['from a date to its first moment', day('2026-03-01'), moment('2026-02-28T16:00:00Z'), true],
    ['west of its start', day('2026-03-01'), day('2026-03-01', NEW_YORK), false],
  ])('%s: holds no moment?', (_, start, end, empty) =>
    expect(isEmptyInterval(start, end)).toBe(empty),
  );
});

describe('a day that has passed', () => {
  it('is one whose end is behind, in its own zone', () => {
    expect(hasPassed(day('2026-03-01'), moment('2026-03-01T15:59:59Z'))).toBe(false);
    expect(hasPassed(day('2026-03-01'), moment('2026-03-01T16:00:00Z'))).toBe(true);
    expect(hasPassed(day('2026-03-01'), day('2026-03-01'))).toBe(false);
    expect(hasPassed(day('2026-03-01'), day('2026-03-02'))).toBe(true);
  });

  it('a moment has passed once it is no longer now', () => {
    const noon = moment('2026-03-01T12:00:00Z');
    expect(hasPassed(noon, moment('2026-03-01T12:00:00.000Z'))).toBe(false);
    expect(hasPassed(noon, moment('2026-03-01T12:00:00.000001Z'))).toBe(true);
    expect(hasPassed(noon, day('2026-02-28'))).toBe(false);
    expect(hasPassed(noon, day('2026-03-01'))).toBe(true);
  });
});

describe('what can be read', () => {
  it.each(['2026-02-30', '2026-13-01', '2026-2-3', '2026-00-10', '0000-01-01', 'today', ''])(
    'no day: %s',
    (text) => expect(isLocalDate(text)).toBe(false),
  );
  it.each([
    '2026-02-30T00:00:00Z',
    '0000-12-31T23:59:59Z',
    '2026-02-03T24:00:00Z',
    '2026-02-03T23:60:00Z',
    '2026-02-03T23:00:00+08:00',
    '2026-02-03T23:00:00.1234567Z',
    '2026-02-03',
  ])('no moment: %s', (text) => expect(isInstant(text)).toBe(false));
  it.each(['Mars/Olympus', '+08:00', '', 'Asia/'])('no zone: %s', (text) =>
    expect(isZone(text)).toBe(false),
  );
  it('takes real ones', () => {
    expect(isLegalTime(day('2028-02-29'))).toBe(true);
    expect(isLegalTime(day('2027-02-29'))).toBe(false);
    expect(isLegalTime(day('2027-02-28', 'Mars/Olympus'))).toBe(false);
    expect(isLegalTime(moment('2026-02-03T23:59:59.123456Z'))).toBe(true);
  });
});

describe('today', () => {
  it('is the day it is in the court’s zone', () => {
    const now = new Date('2026-11-22T16:30:00Z');
    expect(todayIn(SHANGHAI, now)).toEqual(day('2026-11-23'));
    expect(todayIn(NEW_YORK, now)).toEqual(day('2026-11-22', NEW_YORK));
  });
});

describe('for every day, zone and moment', () => {
  it('the local date is what the calendar of that zone says', () =>
    fc.assert(
      fc.property(anyMs, anyZone, (ms, zone) => {
        const told = new Date(ms).toLocaleDateString('sv-SE', { timeZone: zone });
        expect(localDateAt(ms, zone)).toBe(told);
      }),
    ));

  it('a day starts with the first millisecond of its date', () =>
    fc.assert(
      fc.property(anyDay, ({ date, zone }) => {
        const start = startOfDay({ date, zone });
        expect(localDateAt(start, zone) >= date).toBe(true);
        expect(localDateAt(start - 1, zone) < date).toBe(true);
      }),
    ));

  it('a date asked at a moment agrees with the moment its day starts', () =>
    fc.assert(
      fc.property(anyDay, anyMoment, (time, at) => {
        const begun = compareInstants(beginsAt(time), at.instant) <= 0;
        expect(hasBegun(time, at)).toBe(begun);
      }),
    ));

  it('a moment asked at a date agrees with the last microsecond of that day', () =>
    fc.assert(
      fc.property(anyMoment, anyDay, (time, { date, zone }) => {
        const next = new Date(startOfDay({ date: addDays(date, 1), zone })).toISOString();
        expect(hasBegun(time, { date, zone })).toBe(compareInstants(time.instant, next) < 0);
      }),
    ));

  it('what has begun stays begun', () =>
    fc.assert(
      fc.property(anyTime, anyMs, anyMs, (time, a, b) => {
        const [earlier, later] = [Math.min(a, b), Math.max(a, b)].map((ms) =>
          moment(new Date(ms).toISOString()),
        );
        if (earlier && later && hasBegun(time, earlier)) expect(hasBegun(time, later)).toBe(true);
      }),
    ));

  it('intervals that join leave no gap and do not overlap', () =>
    fc.assert(
      fc.property(anyTime, anyTime, anyTime, anyTime, (from, joint, until, at) => {
        const whole = inForce(from, until, at);
        const first = inForce(from, joint, at);
        const second = inForce(joint, until, at);
        expect(first && second).toBe(false);
        const ordered = !hasBegun(joint, at) || hasBegun(from, at);
        const ends = !hasBegun(until, at) || hasBegun(joint, at);
        if (ordered && ends) expect(first || second).toBe(whole);
      }),
    ));

  it('legal times have one order, that of the moments they begin', () =>
    fc.assert(
      fc.property(anyTime, anyTime, (a, b) => {
        expect(Math.sign(compareLegalTimes(a, b))).toBe(-Math.sign(compareLegalTimes(b, a)) + 0);
        expect(Math.sign(compareLegalTimes(a, b))).toBe(
          Math.sign(compareInstants(beginsAt(a), beginsAt(b))),
        );
      }),
    ));
});
