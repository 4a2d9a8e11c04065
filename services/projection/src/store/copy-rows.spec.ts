import { describe, expect, it } from '@jest/globals';
import type { HistoryRow } from '../fold/fold-batch.js';
import { HISTORY_COLUMNS, historyLines, stateLines } from './copy-rows.js';

const row: HistoryRow = {
  subject: '0'.repeat(32),
  position: 7,
  recordedAt: '2026-03-01T00:00:00.000Z',
  type: 'court.subject-listed.v1',
  standing: {
    cause: 'c-1',
    list: 'l',
    segments: [
      {
        from: { date: '2026-03-02', zone: 'UTC' },
        until: { instant: '2026-04-01T00:00:00Z' },
        basis: 'b',
      },
      { from: { instant: '2026-05-01T00:00:00Z' }, basis: 'b' },
    ],
    data: {},
  },
  data: '{"a":"\\n"}',
};
const fields = (lines: string) =>
  lines
    .slice(0, -1)
    .split('\n')
    .map((line) => line.split('\t'));

describe('rows as COPY takes them', () => {
  it('are one per stretch of legal time, the data with the first', () => {
    const [first, second] = fields(historyLines(0, [row]));
    const start = (part: string) => ['0', row.subject, '7', part, '\\N', row.recordedAt, row.type];
    expect(first).toEqual([
      ...[...start('0'), 'c-1', 'l', '2026-03-02T00:00:00.000Z', '2026-03-02'],
      ...['2026-04-01T00:00:00Z', '\\N', '{"a":"\\\\n"}'],
    ]);
    expect(second?.slice(7)).toEqual(
      ['c-1', 'l', '2026-05-01T00:00:00Z', '\\N', '\\N', '\\N'].concat(''),
    );
    expect(first).toHaveLength(Object.keys(HISTORY_COLUMNS).length);
  });

  it('are one without times and list for what holds at no time', () => {
    const standing = { ...row.standing, segments: [] };
    const [only] = fields(historyLines(0, [{ ...row, standing, knownUntil: 9 }]));
    expect(only?.slice(4)).toEqual(
      ['9', row.recordedAt, row.type, 'c-1', '\\N', '\\N', '\\N', '\\N', '\\N'].concat(
        '{"a":"\\\\n"}',
      ),
    );
  });

  it.each([
    ['a\tb', 'a\\tb'],
    ['a\nb', 'a\\nb'],
    ['a\rb', 'a\\rb'],
    ['a\\b', 'a\\\\b'],
  ])('hold no raw character that would end a field: %j', (raw, told) =>
    expect(stateLines(1, [{ owner: raw, state: '{}' }])).toBe(`${told}\t1\t{}\n`),
  );

  it('keep the backslashes of a state, which is JSON', () =>
    expect(stateLines(1, [{ owner: 'o', state: '"\\n"' }])).toBe('o\t1\t"\\\\n"\n'));
});
