import { describe, expect, it } from '@jest/globals';
import { median, meets, percentile, rowNotRun, rowOfFigures, rowOfPairs } from './measure.js';

describe('the report', () => {
  it('takes the middle, or the mean of the two middles', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it('takes percentiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it('judges a ratio against its own target only', () => {
    expect(meets(9, '>= 9')).toBe(true);
    expect(meets(8.99, '>= 9')).toBe(false);
    expect(meets(25.1, '<= 25')).toBe(false);
    expect(meets(1, 'information')).toBe('information');
  });

  it('quotes the median of the pairs’ ratios, not the ratio of the medians', () => {
    const pairs = [
      { ours: 10, reference: 1 },
      { ours: 100, reference: 50 },
      { ours: 30, reference: 10 },
    ];
    const row = rowOfPairs('append', pairs, 'events/s', '>= 9', 100);
    expect(row).toMatchObject({ ratio: 3, ours: 30, reference: 10, met: false, rounds: 3 });
    expect(row.spread).toEqual({ min: 2, max: 10 });
  });

  it('judges plain figures and marks what was not run', () => {
    expect(rowOfFigures('start', [9, 11, 10], 's', '<= 10', 1)).toMatchObject({ met: true });
    expect(rowNotRun('pgbench', 'tx/s', '>= 1.5', 'no pgbench here')).toMatchObject({
      met: 'not run',
      ratio: null,
    });
  });
});
