import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  exitOfImport,
  matchesName,
  pathsInOrder,
  refusalOf,
  reportLines,
  summarise,
  summaryText,
  type FileOutcome,
} from './feed-summary.js';

const snapshot = {
  snapshot: 's1',
  observedAt: '2026-01-01T00:00:00Z',
  outcome: 'taken-in' as const,
  listed: 3,
  amended: 1,
  ended: 1,
  refusedRows: 1,
  heldBack: 1,
  active: 2,
};
const outcomes: FileOutcome[] = [
  {
    file: 'a.csv',
    outcome: 'taken-in',
    answer: {
      receipt: null,
      list: 'xx.list',
      digest: 'd',
      recorded: 6,
      snapshots: [
        { ...snapshot, outcome: 'already-taken-in' },
        { ...snapshot, active: 4 },
      ],
      rows: [{ snapshot: 's1', row: 7, reason: 'end_is_before_start', column: 'until' }],
    },
  },
  { file: 'b.csv', outcome: 'refused', status: 422, reason: 'file_is_empty', field: '/file/bytes' },
];

const ofCases: FileOutcome[] = [
  {
    file: 'cases.csv',
    outcome: 'taken-in',
    answer: {
      receipt: null,
      list: 'xx.cases',
      digest: 'd',
      recorded: 9,
      snapshots: [
        {
          snapshot: 'c1',
          observedAt: '2026-01-01T00:00:00Z',
          outcome: 'taken-in',
          active: 3,
          fulfilled: 2,
          annulled: 1,
          neverListed: 4,
          refusedRows: 0,
        },
      ],
      rows: [],
    },
  },
];

describe('what an import comes to', () => {
  it('says of cases how they stand', () => {
    const summary = summarise('xx.cases', ofCases);
    expect(summary).toMatchObject({ active: 3, fulfilled: 2, annulled: 1, neverListed: 4 });
    expect(summaryText(summary)).toBe(
      'xx.cases: 1 of 1 snapshots new, 9 facts recorded\n' +
        '  paid in full 2, annulled 1, never listed 4\n  active 3',
    );
  });

  it('counts what is new, and says what was active last', () =>
    expect(summarise('xx.list', outcomes)).toEqual({
      list: 'xx.list',
      files: 2,
      refusedFiles: 1,
      recorded: 6,
      snapshots: 2,
      newSnapshots: 1,
      listed: 3,
      amended: 1,
      ended: 1,
      refusedRows: 1,
      heldBack: 1,
      active: 4,
    }));

  it('reports every row and every file that was not taken in', () =>
    expect(reportLines(outcomes).map((line) => JSON.parse(line) as unknown)).toEqual([
      { file: 'a.csv', snapshot: 's1', row: 7, reason: 'end_is_before_start', column: 'until' },
      { file: 'b.csv', reason: 'file_is_empty', field: '/file/bytes' },
    ]));

  it('spells a file’s reason as a row’s', () => {
    const problem = { type: 'urn:writ:problem:file-is-empty', field: '/file/bytes', detail: 'x' };
    expect(refusalOf({ problem, status: 422 })).toEqual({
      ...{ status: 422, reason: 'file_is_empty', field: '/file/bytes', detail: 'x' },
    });
    expect(refusalOf({ problem: {}, status: 502 })).toEqual({ status: 502, reason: 'http_502' });
  });

  it('exits by the gravest thing that became of a file', () => {
    const [rows, refused] = outcomes;
    const away: FileOutcome = { file: 'c', outcome: 'refused', status: 503, reason: 'x' };
    expect(exitOfImport([])).toBe(0);
    expect(exitOfImport([rows!])).toBe(20);
    expect(exitOfImport([rows!, refused!])).toBe(1);
    expect(exitOfImport([away, refused!, rows!])).toBe(4);
  });

  it('is told to a person in a few lines', () =>
    expect(summaryText(summarise('xx.list', outcomes)).split('\n')).toEqual([
      'xx.list: 1 of 2 snapshots new, 6 facts recorded',
      '  listed 3, amended 1, ended 1',
      '  active 4',
      '  rows refused 1',
      '  entries kept because a row could not be read 1',
      '  files refused 1 of 2',
    ]));
});

describe('paths in the order of their files', () => {
  it('follow the names, wherever the files lie', () =>
    expect(pathsInOrder(['a/01-02.csv', 'b/02-01.csv'], ['02-01.csv', '01-02.csv'])).toEqual([
      'b/02-01.csv',
      'a/01-02.csv',
    ]));

  it('keep files that are named alike', () =>
    expect(pathsInOrder(['a/x.csv', 'b/x.csv', 'y.csv'], ['y.csv', 'x.csv', 'x.csv'])).toEqual([
      'y.csv',
      'a/x.csv',
      'b/x.csv',
    ]));
});

describe('a pattern of file names', () => {
  it.each([
    ['*.csv', 'a.csv', true],
    ['*.csv', 'a.csv.gz', false],
    ['a.csv', 'abcsv', false],
    ['2021-*_x.csv', '2021-08-18_x.csv', true],
  ])('%s and %s: %s', (pattern, name, fits) => expect(matchesName(pattern, name)).toBe(fits));

  it('without a star fits itself alone', () =>
    fc.assert(
      fc.property(fc.string(), fc.string(), (pattern, name) => {
        fc.pre(!pattern.includes('*'));
        expect(matchesName(pattern, name)).toBe(pattern === name);
      }),
    ));
});
