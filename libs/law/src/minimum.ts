import { ANY_LIST, type RulePack } from './rule-pack.js';

const SINCE_EVER = { date: '1900-01-01', zone: 'UTC' };
/** In force of Fa Shi [2017] 7, which amended Fa Shi [2013] 17. */
const AMENDED = { date: '2017-05-01', zone: 'Asia/Shanghai' };

/**
 * The least that makes the flow true: what every listing decided in Writ needs (invariant I9), what
 * ends it by itself, and one ground of one real list. The law in full takes its place row by row.
 * A court decides on the lists that grounds name, and on no other.
 */
export const MINIMUM: RulePack = {
  pack: 'writ.minimum',
  version: 1,
  rows: [
    {
      kind: 'precondition',
      rule: 'needs-effective-instrument',
      list: ANY_LIST,
      requires: 'effective-instrument',
      validFrom: SINCE_EVER,
      legalBasis: 'Invariant I9: every listing decided here names an effective instrument',
    },
    {
      kind: 'precondition',
      rule: 'needs-served-notice',
      list: ANY_LIST,
      requires: 'served-notice',
      validFrom: SINCE_EVER,
      legalBasis: 'Invariant I9: every listing decided here names a served notice',
    },
    {
      kind: 'precondition',
      rule: 'needs-unperformed-obligation',
      list: ANY_LIST,
      requires: 'unperformed-obligation',
      validFrom: SINCE_EVER,
      legalBasis: 'A listing coerces performance: where nothing is owed it has no object',
    },
    {
      // The enforcement notice carries the warning that a listing may follow.
      kind: 'notice',
      rule: 'warned-by-enforcement-notice',
      list: ANY_LIST,
      counts: 'enforcement-notice',
      validFrom: SINCE_EVER,
      legalBasis: 'Fa Shi [2013] 17 as amended by Fa Shi [2017] 7, art. 5',
    },
    {
      kind: 'exit',
      rule: 'ends-on-full-performance',
      list: ANY_LIST,
      when: 'full-performance',
      delistsAs: 'fulfilled',
      validFrom: SINCE_EVER,
      legalBasis: 'Fa Shi [2013] 17 as amended by Fa Shi [2017] 7, art. 10 (1)',
    },
    {
      // No country has the code zz: made-up lists, for demonstrations and tests.
      kind: 'ground',
      rule: 'zz.order-states-the-ground',
      list: 'zz.*',
      ground: 'obligation-unperformed',
      term: 'either',
      validFrom: SINCE_EVER,
      legalBasis: 'Made up: no law stands behind a list of zz',
    },
    {
      kind: 'ground',
      rule: 'cn.spc.g1',
      list: 'cn.spc.judgment-defaulters',
      ground: 'cn.spc.g1.able-but-refuses',
      // Art. 2 gives a term to the other grounds only; this one ends by a condition of art. 10.
      term: 'until-condition',
      validFrom: AMENDED,
      legalBasis: 'Fa Shi [2013] 17 as amended by Fa Shi [2017] 7, art. 1 (1)',
    },
  ],
};
