import { describe, it } from '@jest/globals';
import { scenario } from '@writ/testkit';
import { declareList, LIST_RULES, type Declaration, type Envelope } from './declare-list.js';
import { evolveList, undeclared, type ListFact } from './list.js';

const given = scenario(undeclared, evolveList);

const declaration = (change: Partial<Declaration> = {}): Declaration => ({
  list: 'vl.handel.avstengt',
  kind: 'restrictive',
  title: 'Made up',
  issuer: 'vl.handelstilsyn',
  jurisdiction: 'vl',
  coverage: {
    schemes: ['vl.firmanummer'],
    places: ['vl'],
    from: { date: '2026-01-01', zone: 'Europe/Oslo' },
  },
  ...change,
});

const by = (authority: string): Envelope => ({
  authority,
  actor: { kind: 'system', id: 'clerk', verified: false },
  source: { kind: 'api' },
  correlation: '0'.repeat(32),
});

const declared = (authority = 'vl.register'): ListFact => ({
  type: 'regulatory.list-declared.v1',
  authority,
  data: declaration(),
});

describe('declaring a list', () => {
  it('records its kind and what it covers', () =>
    given()
      .when((list) => declareList(list, declaration(), by('vl.register')))
      .thenRecords({
        stream: 'list-vl.handel.avstengt',
        event: {
          type: 'regulatory.list-declared.v1',
          ...by('vl.register'),
          rules: LIST_RULES,
          data: declaration(),
        },
      }));

  it.each(['vl.register', 'vl.handelstilsyn'])('lets %s declare it anew', (authority) => {
    const anew = declaration({ title: 'Another title' });
    given(declared())
      .when((list) => declareList(list, anew, by(authority)))
      .thenRecords({
        stream: 'list-vl.handel.avstengt',
        event: {
          type: 'regulatory.list-declared.v1',
          ...by(authority),
          rules: LIST_RULES,
          data: anew,
        },
      });
  });

  it('lets nobody else', () =>
    given(declared())
      .when((list) => declareList(list, declaration(), by('vl.somebody')))
      .thenRefuses('authority_may_not_speak_for_this_list', '/headers/writ-authority'));

  it('never changes its kind: memoranda rely on it', () =>
    given(declared())
      .when((list) => declareList(list, declaration({ kind: 'scrutiny' }), by('vl.register')))
      .thenRefuses('kind_of_a_list_never_changes', '/kind'));

  it('refuses a day that does not exist', () => {
    const { coverage } = declaration();
    const from = { date: '2026-02-30', zone: 'Europe/Oslo' };
    given()
      .when((list) =>
        declareList(list, declaration({ coverage: { ...coverage, from } }), by('vl.register')),
      )
      .thenRefuses('coverage_time_does_not_exist', '/coverage/from');
  });
});
