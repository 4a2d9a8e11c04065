import { describe, expect, it } from '@jest/globals';
import { COURT_LIST, declared, FEED_LIST, memorandum, row, type Row } from '../facts.fixture.js';
import { planMeasures } from './plan-measures.js';
import { evolveReference, listsTouched, nothingDeclared, type ReferenceFact } from './reference.js';

const zone = 'Asia/Shanghai';
const on = (date: string) => ({ date, zone });
const planOf = (...facts: ReferenceFact[]) =>
  planMeasures(facts.reduce(evolveReference, nothingDeclared));

describe('planning what follows from a list', () => {
  it('names memorandum, version, row, legal basis and legal interval', () =>
    expect(planOf(declared(0), memorandum(1, 1, [row()])).rowsFor(COURT_LIST, 'decided')).toEqual([
      {
        code: 'travel.air',
        effect: 'restriction',
        implementer: 'xx.railway',
        memorandum: 'xx.travel',
        memorandumVersion: 1,
        row: 'r1',
        legalBasis: 'Memorandum, article 1',
        from: on('2026-01-01'),
      },
    ]));

  it('lets a later version hold from its own first day on', () =>
    expect(intervals(memorandum(1, 1, [row()]), memorandum(2, 2, [row()]))).toEqual([
      [1, on('2026-01-01'), on('2026-02-01')],
      [2, on('2026-02-01'), undefined],
    ]));

  it('leaves out a version that never held', () =>
    expect(
      intervals(
        memorandum(1, 1, [row()]),
        memorandum(2, 2, [row()], { effectiveFrom: on('2026-01-01') }),
      ),
    ).toEqual([[2, on('2026-01-01'), undefined]]));

  it('ends a version with its own end when that comes first', () =>
    expect(
      intervals(memorandum(1, 1, [row()], { until: on('2026-01-10') }), memorandum(2, 2, [row()])),
    ).toEqual([
      [1, on('2026-01-01'), on('2026-01-10')],
      [2, on('2026-02-01'), undefined],
    ]));

  it('ends what an empty later version no longer names', () =>
    expect(intervals(memorandum(1, 1, [row()]), memorandum(2, 2, []))).toEqual([
      [1, on('2026-01-01'), on('2026-02-01')],
    ]));

  it.each([
    ['a restrictive list', 'restrictive', 'restriction', 1],
    ['a restrictive list that a row would prefer', 'restrictive', 'preference', 0],
    ['a commendation list that a row would restrict', 'commendation', 'restriction', 0],
    ['a commendation list', 'commendation', 'preference', 1],
    ['a scrutiny list', 'scrutiny', 'restriction', 0],
    ['a scrutiny list that a row would prefer', 'scrutiny', 'preference', 0],
  ] as const)('%s', (_, kind, effect, rows) =>
    expect(
      planOf(declared(0, COURT_LIST, kind), memorandum(1, 1, [row({ effect })])).rowsFor(
        COURT_LIST,
        'decided',
      ),
    ).toHaveLength(rows),
  );

  it('lets nothing follow from a list that is not declared', () =>
    expect(planOf(memorandum(1, 1, [row()])).rowsFor(COURT_LIST, 'decided')).toEqual([]));

  it.each([
    ['decided', 'decided', 1],
    ['decided', 'taken-in', 0],
    ['taken-in', 'decided', 1],
    ['taken-in', 'taken-in', 1],
  ] as const)('a row that admits %s gives a %s listing %i rows', (admits, origin, count) =>
    expect(
      planOf(declared(0), memorandum(1, 1, [row({ admits })])).rowsFor(COURT_LIST, origin),
    ).toHaveLength(count),
  );

  it('knows which fact touched a list last, also one that no longer names it', () => {
    const other = row({ list: FEED_LIST });
    const plan = planOf(declared(0), memorandum(1, 1, [row(), other]), memorandum(2, 2, [other]));
    expect(plan.touchedAt(COURT_LIST)).toBe(2);
    expect(planOf(declared(0), declared(1, FEED_LIST)).touchedAt(COURT_LIST)).toBe(0);
    expect(planOf().touchedAt(COURT_LIST)).toBe(-1);
  });

  it('never drops a row in force for rows that are still to come', () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, index) =>
        row({ row: `r${index}`, legalBasis: 'A basis of some length. '.repeat(12) }),
      );
    const since2016 = { effectiveFrom: on('2016-01-01') };
    const from2027 = { effectiveFrom: on('2027-01-01') };
    // Recorded in January 2026: one version holds, the next does not yet.
    const planned = (count: number) =>
      planOf(
        declared(0),
        memorandum(1, 1, rows(count), since2016),
        memorandum(2, 2, rows(count), from2027),
      );
    expect(() => planned(80).rowsFor(COURT_LIST, 'decided')).toThrow('exceeds one fact');
    expect(planned(40).rowsFor(COURT_LIST, 'decided')).toHaveLength(80);
  });

  it('leaves out what had ended before the reference last changed, oldest first', () => {
    const rows = Array.from({ length: 150 }, (_, index) => row({ row: `r${index}` }));
    const past = { effectiveFrom: on('2015-01-01') };
    const plan = planOf(
      declared(0),
      memorandum(1, 1, rows, past),
      memorandum(2, 2, rows, { effectiveFrom: on('2020-01-01') }),
    );
    const planned = plan.rowsFor(COURT_LIST, 'decided');
    expect(planned.filter(({ memorandumVersion }) => memorandumVersion === 2)).toHaveLength(150);
    expect(planned.length).toBeLessThan(300);
    expect(Buffer.byteLength(JSON.stringify(planned))).toBeLessThan(56_000);
  });

  it('fails for that list alone when rows in force exceed one fact', () => {
    const rows = Array.from({ length: 150 }, (_, index) => row({ row: `r${index}` }));
    const other = (index: number): Row => row({ row: `s${index}`, list: FEED_LIST });
    const plan = planOf(
      declared(0),
      declared(1, FEED_LIST),
      memorandum(2, 1, [...rows, other(1)]),
      memorandum(3, 1, rows, { memorandum: 'xx.second' }),
    );
    expect(() => plan.rowsFor(COURT_LIST, 'decided')).toThrow('exceeds one fact');
    expect(plan.rowsFor(FEED_LIST, 'decided')).toHaveLength(1);
  });
});

describe('what a memorandum touches', () => {
  it('includes lists that only an earlier version names', () => {
    const first = memorandum(1, 1, [row(), row({ row: 'r2', list: FEED_LIST })]);
    const before = evolveReference(nothingDeclared, first);
    expect(listsTouched(before, memorandum(2, 2, []))).toEqual([FEED_LIST, COURT_LIST]);
  });
});

function intervals(...facts: ReferenceFact[]) {
  return planOf(declared(0), ...facts)
    .rowsFor(COURT_LIST, 'decided')
    .map(({ memorandumVersion, from, until }) => [memorandumVersion, from, until]);
}
