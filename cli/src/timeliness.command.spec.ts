import { describe, expect, it } from '@jest/globals';
import type { Surroundings } from './surroundings.js';
import { timeliness } from './timeliness.command.js';

const at = '2026-03-02T09:00:00.000Z';

/** A court's ledger whose newest fact is so old, with these numbers in it. */
function court(numbers: readonly number[], lastRecordedAt: string, json = false) {
  const out: string[] = [];
  const facts = numbers.map((authoritySeq, position) => {
    return { canonical: JSON.stringify({ authority: 'cn.court', authoritySeq, position }) };
  });
  const standing = { authority: 'cn.court', submissions: numbers.length, lastRecordedAt };
  let asked = 0;
  const api = {
    get: async (path: string) => {
      return { at, authorities: path.startsWith('/court/') ? [standing] : [] };
    },
    facts: async (ledger: string, after: number, limit: number) => {
      asked++;
      const page = ledger === 'court' ? facts.slice(after + 1, after + 1 + limit) : [];
      return { facts: page, size: page.length, next: after + page.length };
    },
  };
  const terminal = {
    out: async (line: string) => void out.push(line),
    note: () => {},
    progress: () => {},
    settled: () => {},
  };
  const given = { api, terminal, json } as unknown as Surroundings;
  return { given, out, asked: () => asked };
}
const ask = { name: 'timeliness', olderThanMs: 0, quick: false } as const;

describe('the timeliness board', () => {
  it('tells an authority’s last submission and its age, and that its numbers are whole', async () => {
    const { given, out } = court([1, 2, 3], '2026-03-02T08:00:00.000Z');
    expect(await timeliness(given, ask)).toBe(0);
    const line = 'court\tcn.court\t2026-03-02T08:00:00.000Z\t3600 s\t3 submissions\t0 gaps';
    expect(out).toEqual([line]);
  });

  it('names a gap in its own numbering, and ends with 1', async () => {
    const { given, out } = court([1, 2, 5, 6], '2026-03-02T08:00:00.000Z', true);
    expect(await timeliness(given, ask)).toBe(1);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({
      authorities: [{ gapCount: 1, gaps: [{ expected: 3, found: 5, position: 2 }] }],
    });
  });

  it('shows those alone that are older than was asked for', async () => {
    const late = { ...ask, olderThanMs: 3_600_000 };
    const { given, out } = court([1], '2026-03-02T08:00:00.001Z');
    await timeliness(given, late);
    expect(out).toEqual([]);
    const other = court([1], '2026-03-02T08:00:00.000Z');
    await timeliness(other.given, late);
    expect(other.out.length).toBe(1);
  });

  it('says that nobody looked at the numbers where it was to be quick', async () => {
    const { given, out, asked } = court([1, 3], '2026-03-02T08:00:00.000Z');
    expect(await timeliness(given, { ...ask, quick: true })).toBe(0);
    expect(out[0]).toContain('not looked at');
    expect(asked()).toBe(0);
  });
});
