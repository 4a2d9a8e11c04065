import { describe, expect, it } from '@jest/globals';
import { startOffsets } from './start-offsets.js';

const held = { t: [{ partition: 0, low: 10n, high: 50n }] };
const from = (hint: bigint | undefined, newest: string[] = []) => {
  const hints = new Map(hint === undefined ? [] : [['t/0', hint]]);
  return startOffsets({ t: [0] }, held, hints, new Set(newest))[0]?.offset;
};

describe('where to start in a partition', () => {
  it.each([
    ['the hint', 20n, 20n],
    ['the hint, with nothing after it', 50n, 50n],
    ['the start, when the hint was truncated away', 5n, 10n],
    ['the start, when the topic was made anew and is shorter', 51n, 10n],
    ['the start, without a hint', undefined, 10n],
    ['the start, when the group has no offset', -1n, 10n],
  ])('is %s', (_, hint, offset) => {
    expect(from(hint)).toBe(offset);
  });

  it('is near the end where only the newest matters', () => {
    expect(from(20n, ['t'])).toBe(48n);
  });

  it('is never before the start', () => {
    const short = { t: [{ partition: 0, low: 49n, high: 50n }] };
    const seeks = startOffsets({ t: [0] }, short, new Map(), new Set(['t']));
    expect(seeks[0]?.offset).toBe(49n);
  });
});
