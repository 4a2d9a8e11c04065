import { describe, expect, it } from '@jest/globals';
import { scenario } from '@writ/testkit';
import type { Envelope } from '../list/declare-list.js';
import type { List, ListKind } from '../list/list.js';
import {
  evolveMemorandum,
  unknownMemorandum,
  type MemorandumFact,
  type MemorandumRow,
} from './memorandum.js';
import {
  MEMORANDUM_RULES,
  recordMemorandum,
  recordMemorandumVersion,
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
const lists = new Map<string, List>([
  ['vl.debarred', list('restrictive')],
  ['vl.watched', list('scrutiny')],
  ['vl.praised', list('commendation')],
  ['vl.other', list('restrictive')],
]);

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
      .when((memorandum) => recordMemorandum(memorandum, lists, submission(), envelope))
      .thenRecords(written(submission(), 1, ['vl.debarred'])));

  it('refuses a second first version', () =>
    given(recorded(1, ['vl.debarred']))
      .when((memorandum) => recordMemorandum(memorandum, lists, submission(), envelope))
      .thenRefuses('memorandum_is_already_recorded', '/memorandum'));

  it('numbers versions, and names lists that only an earlier version touched', () => {
    const next = submission({ rows: [row({ list: 'vl.other' })] });
    given(recorded(1, ['vl.debarred']))
      .when((memorandum) => recordMemorandumVersion(memorandum, lists, next, envelope))
      .thenRecords(written(next, 2, ['vl.debarred', 'vl.other']));
  });

  it('takes a version without rows: everything is lifted', () => {
    const next = submission({ rows: [] });
    given(recorded(1, ['vl.debarred']))
      .when((memorandum) => recordMemorandumVersion(memorandum, lists, next, envelope))
      .thenRecords(written(next, 2, ['vl.debarred']));
  });

  it('refuses a version of what nobody recorded', () =>
    given()
      .when((memorandum) => recordMemorandumVersion(memorandum, lists, submission(), envelope))
      .thenRefuses('memorandum_is_unknown'));

  it('refuses another authority’s version', () =>
    given(recorded(1, ['vl.debarred']))
      .when((memorandum) =>
        recordMemorandumVersion(memorandum, lists, submission(), {
          ...envelope,
          authority: 'vl.somebody',
        }),
      )
      .thenRefuses('authority_may_not_change_this_memorandum', '/headers/writ-authority'));

  it('lets a commendation list carry a preference', () => {
    const praised = submission({ rows: [row({ list: 'vl.praised', effect: 'preference' })] });
    const outcome = given().when((memorandum) =>
      recordMemorandum(memorandum, lists, praised, envelope),
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
      .when((memorandum) => recordMemorandum(memorandum, lists, changed, envelope))
      .thenRefuses(reason, field);
    given(recorded(1, []))
      .when((memorandum) => recordMemorandumVersion(memorandum, lists, changed, envelope))
      .thenRefuses(reason, field);
  });
});
