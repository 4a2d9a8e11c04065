import { describe, expect, it } from '@jest/globals';
import { heed, type Numbering } from './authority-numbers.js';

function numbered(...facts: readonly [authority: string, number: number][]): Numbering {
  const numbering: Numbering = new Map();
  facts.forEach(([authority, authoritySeq], position) =>
    heed(numbering, { authority, authoritySeq, position }),
  );
  return numbering;
}

describe("an authority's own numbering", () => {
  it('is sound when each counts for itself', () => {
    const numbering = numbered(['a', 1], ['b', 1], ['a', 2], ['a', 3], ['b', 2]);
    expect(numbering.get('a')).toEqual({ last: 3, gaps: [], gapCount: 0 });
    expect(numbering.get('b')).toEqual({ last: 2, gaps: [], gapCount: 0 });
  });

  it.each([
    ['begins late', [2], [{ expected: 1, found: 2, position: 0 }]],
    ['leaves some out', [1, 4], [{ expected: 2, found: 4, position: 1 }]],
    ['has one twice', [1, 1, 2], [{ expected: 2, found: 1, position: 1 }]],
  ])('that %s has a gap', (_, numbers, gaps) =>
    expect(numbered(...numbers.map((n): [string, number] => ['a', n])).get('a')?.gaps).toEqual(
      gaps,
    ),
  );

  it('names twenty gaps and counts all', () => {
    const every = Array.from({ length: 30 }, (_, n): [string, number] => ['a', 2 * n + 2]);
    const { gaps, gapCount } = numbered(...every).get('a') ?? { gaps: [], gapCount: 0 };
    expect([gaps.length, gapCount]).toEqual([20, 30]);
  });
});
