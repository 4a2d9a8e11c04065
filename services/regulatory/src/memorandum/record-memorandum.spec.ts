import { describe, expect, it } from '@jest/globals';
import { scenario } from '@writ/testkit';
import type { Envelope } from '../list/declare-list.js';
import type { List, ListKind } from '../list/list.js';
import {
  evolveMemorandum,
  unknownMemorandum,
  type MemorandumFact,
  type MemorandumRow,
  type MemorandumText,
} from './memorandum.js';
import {
  MEMORANDUM_RULES,
  recordMemorandum,
  recordMemorandumVersion,
  type Declared,
  type MemorandumSubmission,
} from './record-memorandum.js';

const given = scenario(unknownMemorandum, evolveMemorandum);

const list = (kind: ListKind): List => ({
  status: 'declared',
  version: 1,
  kind,
  issuer: 'vl.register',
  jurisdiction: 'vl',
  declaredBy: 'vl.register',
});
const declared: Declared = {
  lists: new Map<string, List>([
    ['vl.debarred', list('restrictive')],
    ['vl.watched', list('scrutiny')],
    ['vl.praised', list('commendation')],
    ['vl.other', list('restrictive')],
  ]),
  others: [],
  now: new Date('2026-03-02T09:00:00Z'),
};

const row = (change: Partial<MemorandumRow> = {}): MemorandumRow => ({
  row: 'r1',
  list: 'vl.debarred',
  effect: 'restriction',
  measure: 'travel.air',
  implementer: 'vl.airline',
  legalBasis: 'Act 4, section 2',
  admits: 'taken-in',
  ...change,
});
const submission = (change: Partial<MemorandumSubmission> = {}): MemorandumSubmission => ({
  memorandum: 'vl.joint',
  title: 'Made up',
  effectiveFrom: { date: '2026-01-01', zone: 'Europe/Oslo' },
  rows: [row()],
  ...change,
});
const envelope: Envelope = {
  authority: 'vl.council',
  actor: { kind: 'person', id: 'clerk-1', verified: false },
  source: { kind: 'api' },
  correlation: '0'.repeat(32),
};
const recorded = (version: number, named: string[]): MemorandumFact => ({
  type: 'regulatory.memorandum-recorded.v1',
  authority: 'vl.council',
  data: { ...submission(), memorandumVersion: version, lists: named },
});
const written = (given: MemorandumSubmission, memorandumVersion: number, named: string[]) => ({
  stream: 'memorandum-vl.joint',
  event: {
    type: 'regulatory.memorandum-recorded.v1',
    ...envelope,
    rules: MEMORANDUM_RULES,
    data: { ...given, memorandumVersion, lists: named },
  },
});

describe('recording a memorandum', () => {
  it('records its first version with its complete rows', () =>
    given()
      .when((memorandum) => recordMemorandum(memorandum, declared, submission(), envelope))
      .thenRecords(written(submission(), 1, ['vl.debarred'])));

  it('refuses a second first version', () =>
    given(recorded(1, ['vl.debarred']))
      .when((memorandum) => recordMemorandum(memorandum, declared, submission(), envelope))
      .thenRefuses('memorandum_is_already_recorded', '/memorandum'));

  it('numbers versions, and names lists that only an earlier version touched', () => {
    const next = submission({ rows: [row({ list: 'vl.other' })] });
    given(recorded(1, ['vl.debarred']))
      .when((memorandum) => recordMemorandumVersion(memorandum, declared, next, envelope))
      .thenRecords(written(next, 2, ['vl.debarred', 'vl.other']));
  });

  it('takes a version without rows: everything is lifted', () => {
    const next = submission({ rows: [] });
    given(recorded(1, ['vl.debarred']))
      .when((memorandum) => recordMemorandumVersion(memorandum, declared, next, envelope))
      .thenRecords(written(next, 2, ['vl.debarred']));
  });

  it('refuses a version of what nobody recorded', () =>
    given()
      .when((memorandum) => recordMemorandumVersion(memorandum, declared, submission(), envelope))
      .thenRefuses('memorandum_is_unknown', '/path/memorandum'));

  it('refuses another authority’s version', () =>
    given(recorded(1, ['vl.debarred']))
      .when((memorandum) =>
        recordMemorandumVersion(memorandum, declared, submission(), {
          ...envelope,
          authority: 'vl.somebody',
        }),
      )
      .thenRefuses('authority_may_not_change_this_memorandum', '/headers/writ-authority'));

  it('lets a commendation list carry a preference', () => {
    const praised = submission({ rows: [row({ list: 'vl.praised', effect: 'preference' })] });
    const outcome = given().when((memorandum) =>
      recordMemorandum(memorandum, declared, praised, envelope),
    );
    expect(outcome.decision.kind).toBe('record');
  });

  it.each([
    [
      'an unknown list',
      { rows: [row({ list: 'vl.unknown' })] },
      'list_is_not_declared',
      '/rows/0/list',
    ],
    [
      'a restriction on a commendation list',
      { rows: [row(), row({ row: 'r2', list: 'vl.praised' })] },
      'commendation_list_can_only_carry_a_preference',
      '/rows/1/effect',
    ],
    [
      'a restriction on a scrutiny list',
      { rows: [row({ list: 'vl.watched' })] },
      'scrutiny_list_cannot_carry_a_restriction',
      '/rows/0/effect',
    ],
    ['a row twice', { rows: [row(), row()] }, 'row_is_repeated', '/rows/1/row'],
    [
      'an end at its start',
      { until: { date: '2026-01-01', zone: 'Europe/Oslo' } },
      'end_is_before_start',
      '/until',
    ],
    [
      'a day that does not exist',
      { effectiveFrom: { date: '2026-02-30', zone: 'Europe/Oslo' } },
      'legal_time_does_not_exist',
      '/effectiveFrom',
    ],
    [
      'an end in an unknown zone',
      { until: { date: '2027-01-01', zone: 'Europe/Nowhere' } },
      'legal_time_does_not_exist',
      '/until',
    ],
  ] as const)('refuses %s', (_, change, reason, field) => {
    const changed = submission(change as Partial<MemorandumSubmission>);
    given()
      .when((memorandum) => recordMemorandum(memorandum, declared, changed, envelope))
      .thenRefuses(reason, field);
    given(recorded(1, []))
      .when((memorandum) => recordMemorandumVersion(memorandum, declared, changed, envelope))
      .thenRefuses(reason, field);
  });
});

describe('what one decision can carry', () => {
  const rows = (count: number, on = 'vl.debarred') =>
    Array.from({ length: count }, (_, index) => row({ row: `r${index}`, list: on }));
  const day = (date: string) => ({ date, zone: 'Europe/Oslo' });
  const version = (memorandumVersion: number, change: Partial<MemorandumSubmission>) => ({
    ...submission(change),
    memorandumVersion,
    lists: ['vl.debarred'],
  });
  const fact = (text: MemorandumText): MemorandumFact => ({
    type: 'regulatory.memorandum-recorded.v1',
    authority: 'vl.council',
    data: text,
  });
  const next = (
    given: MemorandumText[],
    submitted: MemorandumSubmission,
    beside: Partial<Declared> = {},
  ) => {
    const state = given.map(fact).reduce(evolveMemorandum, unknownMemorandum);
    const context = { ...declared, ...beside };
    return recordMemorandumVersion(state, context, submitted, envelope);
  };
  const tooMuch = {
    kind: 'refuse',
    refusal: { reason: 'memorandum_exceeds_what_can_be_carried', field: '/rows' },
  };

  it('refuses one row more than fits, of one memorandum', () => {
    const first = (count: number) =>
      recordMemorandum(unknownMemorandum, declared, submission({ rows: rows(count) }), envelope);
    expect(first(160).kind).toBe('record');
    expect(first(201)).toEqual(tooMuch);
  });

  it('counts a version in force beside the one to come', () => {
    const since2016 = version(1, { effectiveFrom: day('2016-01-20'), rows: rows(120) });
    const from2027 = submission({ effectiveFrom: day('2027-01-01'), rows: rows(120) });
    expect(next([since2016], from2027)).toEqual(tooMuch);
    expect(next([since2016], { ...from2027, rows: rows(30) }).kind).toBe('record');
  });

  it('does not count what has ended, on its last day no less than before', () => {
    const since2016 = version(1, { effectiveFrom: day('2016-01-20'), rows: rows(120) });
    const replacing = (date: string) =>
      next([since2016], submission({ effectiveFrom: day(date), rows: rows(120) }));
    // 10:00 on 2 March where the memorandum's days begin.
    expect(replacing('2026-03-02').kind).toBe('record');
    expect(replacing('2026-03-03')).toEqual(tooMuch);
  });

  it('sums all memoranda that lay measures on the list, and no others', () => {
    const first = version(1, { rows: [row()] });
    const submitted = submission({ rows: rows(120) });
    const beside = (on: string) => [[version(1, { memorandum: 'vl.second', rows: rows(120, on) })]];
    expect(next([first], submitted, { others: beside('vl.debarred') })).toEqual(tooMuch);
    expect(next([first], submitted, { others: beside('vl.other') }).kind).toBe('record');
  });

  it('takes what lifts everything, whatever stands beside it', () => {
    const others = [[version(1, { memorandum: 'vl.second', rows: rows(150) })]];
    const first = version(1, { rows: rows(150) });
    expect(next([first], submission({ rows: [] }), { others }).kind).toBe('record');
  });
});
