import type { Money } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { compareMoney, isZero, sameCurrency } from '@writ/law';
import {
  caseStream,
  courtFact,
  nowOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';
import type { CaseFile } from '../case/case-file.js';
import { inHand, jointObligations, type CaseRefusal } from '../case/case.js';
import { delistings } from '../case/record-performance.js';

/** What was owed from the start. */
export type CorrectObligation = { obligation: string; amount: Money };

export type CorrectObligationRefusal =
  | CaseRefusal
  | 'unknown_obligation'
  | 'obligation_is_fulfilled'
  | 'amount_is_for_pay_only'
  | 'amount_must_be_more_than_zero'
  | 'currency_must_be_that_of_the_obligation';

/**
 * A clerk's mistake put right: an amount, of all who owe it jointly. Where no more is owed than was
 * paid, the obligation is fulfilled by the last payment, and what rests on it ends in the same
 * append. What is fulfilled stays so: nobody is made to owe again by a correction.
 */
export function correctObligation(
  file: CaseFile,
  { obligation: id, amount }: CorrectObligation,
  context: CourtContext,
): Decision<CourtWrite, CorrectObligationRefusal> {
  const open = inHand(file.case, context, '/path/case');
  if (open.kind === 'refuse') return open;
  const obligation = open.case.obligations.get(id);
  if (!obligation) return refuse('unknown_obligation', '/path/obligation');
  if (obligation.fulfilled) return refuse('obligation_is_fulfilled', '/path/obligation');
  if (obligation.amount === undefined) return refuse('amount_is_for_pay_only', '/amount');
  if (isZero(amount)) return refuse('amount_must_be_more_than_zero', '/amount/amount');
  if (!sameCurrency(obligation.amount, amount)) {
    return refuse('currency_must_be_that_of_the_obligation', '/amount/currency');
  }
  const joint = jointObligations(open.case, obligation);
  const stream = caseStream(open.case.id);
  const corrected = joint.map(({ id: owed, subject }) => {
    const correctedAt = nowOf(context).instant;
    const data = { case: open.case.id, obligation: owed, amount, correctedAt };
    return { stream, event: courtFact(context, 'court.obligation-corrected.v1', subject, data) };
  });
  const covered = joint.flatMap((owed) => {
    const last = owed.performances.at(-1);
    const isPaid = owed.performed !== undefined && compareMoney(owed.performed, amount) >= 0;
    return isPaid && last ? [{ owed, performance: last.id }] : [];
  });
  const fulfilled = covered.map(({ owed: { id: owed, subject }, performance }) => {
    const data = { case: open.case.id, obligation: owed, performance };
    return { stream, event: courtFact(context, 'court.obligation-fulfilled.v1', subject, data) };
  });
  const now = new Set(covered.map(({ owed }) => owed.id));
  return record(...corrected, ...fulfilled, ...delistings(file, open.case, now, context));
}
