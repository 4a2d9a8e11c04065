import type { enforcementFacts, EnforcementFact, Fact } from '@writ/contracts';
import { causeKey } from './cause.js';

/** The newest decision on one cause: complete, so that an empty one means lifted. */
export type MeasureDecision = {
  list: string;
  basedOn: { cause: number; reference?: number };
  measures: enforcementFacts.MeasuresDecided['data']['measures'];
  position: number;
};

/** What enforcement's ledger says of one subject: cause key → newest decision. */
export type EnforcementState = { decisions: Readonly<Record<string, MeasureDecision>> };

export const noEnforcementRecord: EnforcementState = { decisions: {} };

export type EnforcementSubjectFact = Fact & EnforcementFact;

/** The state after one more fact of enforcement's ledger. Reads no other ledger. */
export function evolveEnforcement(
  state: EnforcementState,
  fact: EnforcementSubjectFact,
): EnforcementState {
  // What implementers acknowledge is history; no answer rests on it.
  if (fact.type === 'enforcement.measure-acknowledged.v1') return state;
  const { cause, list, basedOn, measures } = fact.data;
  const decision: MeasureDecision = { list, basedOn, measures, position: fact.position };
  return { decisions: { ...state.decisions, [causeKey(cause.ledger, cause.id)]: decision } };
}
