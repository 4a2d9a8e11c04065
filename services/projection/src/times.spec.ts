import { describe, expect, it } from '@jest/globals';
import { readTimes, sqlTime } from './times.js';

const NOW = '2026-03-02T09:00:00.000Z';

describe('known at a date', () => {
  it.each([
    ['UTC', '2026-03-02T23:59:59.999Z'],
    ['Asia/Shanghai', '2026-03-02T15:59:59.999Z'],
    ['America/New_York', '2026-03-03T04:59:59.999Z'],
  ])('is known at the end of that day in %s', (zone, instant) =>
    expect(readTimes({ knownAt: '2026-03-02', zone }, NOW, '')).toMatchObject({
      events: [{ knownAt: { kind: 'instant', instant } }],
    }),
  );

  it('of a clock that moves is the day of that length', () =>
    // The day the clocks go forward there has 23 hours.
    expect(readTimes({ knownAt: '2026-03-08', zone: 'America/New_York' }, NOW, '')).toMatchObject({
      events: [{ knownAt: { instant: '2026-03-09T03:59:59.999Z' } }],
    }));
});

describe('the last day that can be written', () => {
  const asked = { date: '9999-12-31', zone: 'America/New_York' };

  it('can be asked about: no year after it reaches the database', () =>
    expect(sqlTime(asked)).toEqual({
      instant: '9999-12-31T05:00:00.000Z',
      date: '9999-12-31',
      dayEnd: '9999-12-31T05:00:00.000Z',
    }));

  it('is a day to know by', () =>
    expect(readTimes({ knownAt: asked.date, zone: asked.zone }, NOW, '')).toMatchObject({
      events: [{ knownAt: { kind: 'instant', instant: '9999-12-31T04:59:59.999Z' } }],
    }));
});
