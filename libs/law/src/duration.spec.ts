import { describe, expect, it } from '@jest/globals';
import { durationMs } from './duration.js';

describe('an ISO 8601 duration', () => {
  it.each([
    ['PT0S', 0],
    ['PT90S', 90_000],
    ['PT12H', 43_200_000],
    ['P1DT2H3M4S', 93_784_000],
    ['P2W', 1_209_600_000],
  ])('%s is %i ms', (text, ms) => expect(durationMs(text)).toBe(ms));

  it.each(['', 'P', 'PT', 'P1DT', 'P1M', 'P1Y', '1D', 'P1W2D', 'PT1.5H', '-P1D', 'PT1H '])(
    'refuses "%s"',
    (text) => expect(durationMs(text)).toBeUndefined(),
  );
});
