import { describe, expect, it } from '@jest/globals';
import { MINIMUM } from './minimum.js';
import {
  endOnFullPerformance,
  groundInForce,
  isCourtList,
  isRequired,
  noticeCounts,
  rulesInForce,
  rulesOf,
  type GroundRule,
  type RulePack,
} from './rule-pack.js';

const DEFAULTERS = 'cn.spc.judgment-defaulters';
const today = { date: '2026-11-22', zone: 'Asia/Shanghai' };

describe('a rule pack', () => {
  const row = (rule: string, list: string, from: string, to?: string): GroundRule => ({
    kind: 'ground',
    rule,
    list,
    ground: 'g',
    term: 'either',
    validFrom: { date: from, zone: 'UTC' },
    ...(to === undefined ? {} : { validTo: { date: to, zone: 'UTC' } }),
    legalBasis: 'made up',
  });
  const pack: RulePack = {
    pack: 'made.up',
    version: 3,
    rows: [
      row('any', '*', '2000-01-01'),
      row('old', 'x.list', '2010-01-01', '2020-01-01'),
      row('new', 'x.list', '2020-01-01'),
    ],
  };
  const rules = (list: string, date: string) =>
    rulesInForce(pack, 'ground', list, { date, zone: 'UTC' }).map(({ rule }) => rule);

  it.each([
    ['x.list', '2009-12-31', ['any']],
    ['x.list', '2010-01-01', ['old']],
    ['x.list', '2019-12-31', ['old']],
    ['x.list', '2020-01-01', ['new']],
    ['y.list', '2020-01-01', ['any']],
    ['y.list', '1999-12-31', []],
  ])('of %s on %s has %j', (list, date, expected) => expect(rules(list, date)).toEqual(expected));

  it('takes a list’s own rows before those of its like, and these before any list’s', () => {
    const like = row('like', 'y.*', '2000-01-01');
    const more: RulePack = { ...pack, rows: [...pack.rows, like, row('own', 'y.a', '2010-01-01')] };
    const found = (list: string, date: string) =>
      rulesInForce(more, 'ground', list, { date, zone: 'UTC' }).map(({ rule }) => rule);
    expect(found('y.a', '2010-01-01')).toEqual(['own']);
    expect(found('y.a', '2009-12-31')).toEqual(['like']);
    expect(found('y.b', '2010-01-01')).toEqual(['like']);
    expect(found('yy.b', '2010-01-01')).toEqual(['any']);
  });

  it('makes no list a court’s by a ground of any list', () => {
    expect(isCourtList(pack, 'x.list')).toBe(true);
    expect(isCourtList(pack, 'y.list')).toBe(false);
    expect(isCourtList({ ...pack, rows: [row('a', '.*', '2000-01-01')] }, '.a')).toBe(false);
  });

  it('requires and counts what its rows say, and nothing else', () => {
    const { list, validFrom, legalBasis } = row('', '*', '2000-01-01');
    const law = { list, validFrom, legalBasis };
    const other: RulePack = {
      ...pack,
      rows: [
        { ...law, kind: 'precondition', rule: 'a', requires: 'served-notice' },
        { ...law, kind: 'notice', rule: 'b', counts: 'listing-decision' },
        { ...law, kind: 'notice', rule: 'c', counts: 'enforcement-notice' },
      ],
    };
    expect(isRequired(other, 'served-notice', 'x.list', today)).toBe(true);
    expect(isRequired(other, 'effective-instrument', 'x.list', today)).toBe(false);
    expect(noticeCounts(other, 'listing-decision', 'x.list', today)).toBe(true);
    expect(noticeCounts(other, 'enforcement-notice', 'x.list', today)).toBe(true);
    expect(endOnFullPerformance(other, 'x.list', today)).toBeUndefined();
  });

  it('is named in every fact decided under it', () =>
    expect(rulesOf(pack)).toEqual({ pack: 'made.up', version: 3 }));
});

describe('the minimum', () => {
  it.each(['effective-instrument', 'served-notice', 'unperformed-obligation'] as const)(
    'requires an %s of every list',
    (requirement) => {
      expect(isRequired(MINIMUM, requirement, DEFAULTERS, today)).toBe(true);
      expect(isRequired(MINIMUM, requirement, 'xx.made-up', today)).toBe(true);
    },
  );

  it('knows the defaulters’ list by its own ground, since it is law', () => {
    const ground = 'cn.spc.g1.able-but-refuses';
    const before = { date: '2017-04-30', zone: 'Asia/Shanghai' };
    expect(groundInForce(MINIMUM, DEFAULTERS, ground, today)?.term).toBe('until-condition');
    expect(groundInForce(MINIMUM, DEFAULTERS, ground, before)).toBeUndefined();
    expect(groundInForce(MINIMUM, DEFAULTERS, 'obligation-unperformed', today)).toBeUndefined();
    expect(groundInForce(MINIMUM, 'xx.made-up', ground, today)).toBeUndefined();
  });

  it('leaves made-up lists to what their orders state', () =>
    expect(groundInForce(MINIMUM, 'zz.made-up', 'obligation-unperformed', today)?.term).toBe(
      'either',
    ));

  it.each([
    [DEFAULTERS, true],
    ['zz.made-up', true],
    ['zz', false],
    ['zz.', false],
    ['zzz.made-up', false],
    ['us.ofac.sdn', false],
    ['cn.spc.judgment-defaulters.more', false],
    ['cn.spc.commendations', false],
  ])('lets a court decide on %s: %s', (list, expected) =>
    expect(isCourtList(MINIMUM, list)).toBe(expected),
  );

  it('gives no list that is not a court’s a ground', () =>
    expect(groundInForce(MINIMUM, 'xx.made-up', 'obligation-unperformed', today)).toBeUndefined());

  it('counts the notice that carries the warning, and no other', () => {
    expect(noticeCounts(MINIMUM, 'enforcement-notice', DEFAULTERS, today)).toBe(true);
    expect(noticeCounts(MINIMUM, 'listing-decision', DEFAULTERS, today)).toBe(false);
  });

  it('ends a listing by full performance', () =>
    expect(endOnFullPerformance(MINIMUM, DEFAULTERS, today)).toBe('fulfilled'));

  it('names every row once', () => {
    const names = MINIMUM.rows.map(({ rule }) => rule);
    expect(new Set(names).size).toBe(names.length);
  });
});
