import { describe, expect, it } from '@jest/globals';
import { compareLegalTimes, legalStart } from './legal-time.js';

describe('the first moment of a legal time', () => {
  it.each([
    [{ instant: '2026-03-29T01:30:00.250Z' }, '2026-03-29T01:30:00.250Z'],
    [{ date: '2026-01-02', zone: 'Asia/Shanghai' }, '2026-01-01T16:00:00.000Z'],
    [{ date: '2026-01-02', zone: 'America/New_York' }, '2026-01-02T05:00:00.000Z'],
    // The clocks change on this very day, after midnight.
    [{ date: '2026-03-29', zone: 'Europe/Berlin' }, '2026-03-28T23:00:00.000Z'],
    [{ date: '2026-03-30', zone: 'Europe/Berlin' }, '2026-03-29T22:00:00.000Z'],
    [{ date: '2026-10-26', zone: 'Europe/Berlin' }, '2026-10-25T23:00:00.000Z'],
    [{ date: '1969-07-20', zone: 'UTC' }, '1969-07-20T00:00:00.000Z'],
  ])('%j is %s', (time, expected) =>
    expect(new Date(legalStart(time)).toISOString()).toBe(expected),
  );

  it('puts a date before an instant of the same local day', () =>
    expect(
      compareLegalTimes(
        { date: '2026-01-02', zone: 'Asia/Shanghai' },
        { instant: '2026-01-01T16:00:01Z' },
      ),
    ).toBeLessThan(0));

  it('refuses a zone nobody knows', () =>
    expect(() => legalStart({ date: '2026-01-02', zone: 'Nowhere/At_All' })).toThrow(RangeError));
});
