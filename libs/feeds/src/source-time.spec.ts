import { describe, expect, it } from '@jest/globals';
import { isTimeFormat, readInstant, readLegalTime } from './source-time.js';

const ZONE = 'America/Sao_Paulo';

describe('a source’s dates', () => {
  it.each([
    ['31.12.2026', 'dd.MM.yyyy', '2026-12-31'],
    ['1/2/2026', 'd/M/yyyy', '2026-02-01'],
    ['20260228', 'yyyyMMdd', '2026-02-28'],
    ['2026-02-28', 'yyyy-MM-dd', '2026-02-28'],
    ['(2026|02+28)', '(yyyy|MM+dd)', '2026-02-28'],
    ['2026-03-01', 'iso', '2026-03-01'],
    ['03/04/2026 17:05:09', 'dd/MM/yyyy HH:mm:ss', '2026-04-03'],
  ])('%s by %s is a local date', (text, format, date) =>
    expect(readLegalTime(text, format, ZONE)).toEqual({ date, zone: ZONE }),
  );

  it.each([
    ['30.02.2026', 'dd.MM.yyyy'],
    ['2026-12-31', 'dd.MM.yyyy'],
    ['31.12.2026 ', 'dd.MM.yyyy'],
    ['31x12x2026', 'dd.MM.yyyy'],
    ['2026-13-01', 'iso'],
    ['2026-02-30T10:00:00Z', 'iso'],
  ])('%s by %s is none', (text, format) =>
    expect(readLegalTime(text, format, ZONE)).toBeUndefined(),
  );

  it('with an offset is an instant', () =>
    expect(readLegalTime('2026-03-01T08:00:00+02:00', 'iso', ZONE)).toEqual({
      instant: '2026-03-01T06:00:00Z',
    }));
});

describe('a source’s times', () => {
  it.each([
    ['2021-08-18T09:39:01+00:00', 'iso', 'UTC', '2021-08-18T09:39:01Z'],
    ['2021-08-18 09:39:01.250Z', 'iso', 'UTC', '2021-08-18T09:39:01.250Z'],
    ['15.01.2026', 'dd.MM.yyyy', 'Europe/Oslo', '2026-01-14T23:00:00Z'],
    ['15.01.2026 10:30', 'dd.MM.yyyy HH:mm', 'Europe/Oslo', '2026-01-15T09:30:00Z'],
    ['29.03.2026 10:30', 'dd.MM.yyyy HH:mm', 'Europe/Oslo', '2026-03-29T08:30:00Z'],
    ['25.10.2026 10:30', 'dd.MM.yyyy HH:mm', 'Europe/Oslo', '2026-10-25T09:30:00Z'],
  ])('%s by %s in %s is %s', (text, format, zone, instant) =>
    expect(readInstant(text, format, zone)).toBe(instant),
  );

  it.each([
    ['15.01.2026 24:00', 'dd.MM.yyyy HH:mm'],
    ['', 'iso'],
    ['yesterday', 'iso'],
    ['15.01.2026 10:60', 'dd.MM.yyyy HH:mm'],
  ])('%s by %s is none', (text, format) =>
    expect(readInstant(text, format, 'UTC')).toBeUndefined(),
  );
});

describe('a format', () => {
  it.each(['iso', 'dd.MM.yyyy', 'yyyyMMdd', 'd/M/yyyy HH:mm:ss'])('%s is known', (format) =>
    expect(isTimeFormat(format)).toBe(true),
  );
  it.each(['', 'yyyy-MM', 'dd.mm.yyyy', 'yyyy-MM-dd dd'])('%s says no whole day', (format) =>
    expect(isTimeFormat(format)).toBe(false),
  );
});
