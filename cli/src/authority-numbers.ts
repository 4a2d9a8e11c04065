import type { Fact } from '@writ/contracts';

/** What has been seen of the authorities' own numbering in one ledger. `heed` changes it. */
export type Numbering = Map<string, { last: number; gaps: Gap[]; gapCount: number }>;

/** Numbers that are missing, or came where another was due, at the fact that showed it. */
export type Gap = { expected: number; found: number; position: number };

/** So many are named; all are counted. */
const GAPS_NAMED = 20;

/**
 * Takes note of a fact: each authority numbers what it submits, from 1, without a gap.
 *
 * @returns whether it has the number that was due
 */
export function heed(
  numbering: Numbering,
  {
    authority,
    authoritySeq: found,
    position,
  }: Pick<Fact, 'authority' | 'authoritySeq' | 'position'>,
): boolean {
  const seen = numbering.get(authority) ?? { last: 0, gaps: [], gapCount: 0 };
  const expected = seen.last + 1;
  if (found !== expected) {
    seen.gapCount++;
    if (seen.gaps.length < GAPS_NAMED) seen.gaps.push({ expected, found, position });
  }
  seen.last = found;
  numbering.set(authority, seen);
  return found === expected;
}
