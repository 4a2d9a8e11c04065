import type { LegalTime, Rules } from '@writ/contracts';
import { inForce, type LegalDate } from './legal-time.js';

/** Rows that name this list apply to every list that has no row of that kind of its own. */
export const ANY_LIST = '*';

/** A row whose list ends so applies to every list whose code begins with what stands before. */
const ANY_BELOW = '.*';

/** When a row is law, and what says so. Every recorded fact names the pack it was decided under. */
type RuleRow = {
  rule: string;
  list: string;
  validFrom: LegalDate;
  /** First day it is no longer law. */
  validTo?: LegalDate;
  legalBasis: string;
};

/** Why somebody may be listed, and whether such a listing has a term. */
export type GroundRule = RuleRow & {
  kind: 'ground';
  ground: string;
  /** `until-condition`: no term; `stated`: the order must state one; `either`: it may. */
  term: 'until-condition' | 'stated' | 'either';
};

/** What must be there before anybody is listed. */
export type PreconditionRule = RuleRow & {
  kind: 'precondition';
  requires: 'effective-instrument' | 'served-notice' | 'unperformed-obligation';
};

/** Which served notices count towards a listing. */
export type NoticeRule = RuleRow & {
  kind: 'notice';
  counts: 'enforcement-notice' | 'listing-decision';
};

/** What ends a listing by itself, and as what. */
export type ExitRule = RuleRow & {
  kind: 'exit';
  when: 'full-performance';
  delistsAs: 'fulfilled';
};

export type Rule = GroundRule | PreconditionRule | NoticeRule | ExitRule;

/** Law as data: replaced by another pack, never edited; a change is a new version. */
export type RulePack = { pack: string; version: number; rows: readonly Rule[] };

/** @returns what a fact records about the rules it was decided under */
export function rulesOf({ pack, version }: RulePack): Rules {
  return { pack, version };
}

/**
 * The rows of one kind that are law for a list at a legal time: the list's own, else those of the
 * lists it is one of (`x.*`), else those of any list.
 */
export function rulesInForce<K extends Rule['kind']>(
  { rows }: RulePack,
  kind: K,
  list: string,
  at: LegalTime,
): Extract<Rule, { kind: K }>[] {
  const valid = rows.filter(
    (row): row is Extract<Rule, { kind: K }> =>
      row.kind === kind && inForce(row.validFrom, row.validTo, at),
  );
  const own = valid.filter((row) => row.list === list);
  if (own.length > 0) return own;
  const among = valid.filter((row) => isAmong(row.list, list));
  return among.length > 0 ? among : valid.filter((row) => row.list === ANY_LIST);
}

/**
 * Whether a court decides on a list: the pack names it, itself or by the form of its code, in a
 * ground. Grounds of any list make no list a court's.
 */
export function isCourtList({ rows }: RulePack, list: string): boolean {
  return rows.some(
    (row) => row.kind === 'ground' && (row.list === list || isAmong(row.list, list)),
  );
}

function isAmong(pattern: string, list: string): boolean {
  if (!pattern.endsWith(ANY_BELOW)) return false;
  const beginning = pattern.slice(0, -1);
  return beginning.length > 1 && list.startsWith(beginning) && list.length > beginning.length;
}

/** @returns the ground's row if the ground is law for that list then */
export function groundInForce(
  pack: RulePack,
  list: string,
  ground: string,
  at: LegalTime,
): GroundRule | undefined {
  return rulesInForce(pack, 'ground', list, at).find((row) => row.ground === ground);
}

/** @returns whether a listing on that list needs this then */
export function isRequired(
  pack: RulePack,
  requirement: PreconditionRule['requires'],
  list: string,
  at: LegalTime,
): boolean {
  return rulesInForce(pack, 'precondition', list, at).some((row) => row.requires === requirement);
}

/** @returns whether a notice of that kind counts towards a listing on that list then */
export function noticeCounts(
  pack: RulePack,
  notice: NoticeRule['counts'],
  list: string,
  at: LegalTime,
): boolean {
  return rulesInForce(pack, 'notice', list, at).some((row) => row.counts === notice);
}

/** @returns as what full performance ends a listing on that list then; undefined: it does not */
export function endOnFullPerformance(
  pack: RulePack,
  list: string,
  at: LegalTime,
): ExitRule['delistsAs'] | undefined {
  const exits = rulesInForce(pack, 'exit', list, at);
  return exits.find((row) => row.when === 'full-performance')?.delistsAs;
}
