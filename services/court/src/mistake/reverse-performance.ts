import type { CourtFact, Money } from '@writ/contracts';
import { record, refuse, type Decision, type Refusal } from '@writ/decider';
import { compareMoney, isZero, noMoney, remainder, sameCurrency } from '@writ/law';
import {
  caseStream,
  courtFact,
  todayOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';
import { inHand, type Case, type CaseRefusal, type Performance } from '../case/case.js';

type Reason = Extract<CourtFact, { type: 'court.performance-reversed.v1' }>['data']['reason'];

/** Record that a performance did not last. */
export type ReversePerformance = {
  performance: string;
  /** Of a payment: how much of it; absent: all that is left of it. */
  amount?: Money;
  reason: Reason;
  reversedOn: string;
};

export type ReversePerformanceRefusal =
  | CaseRefusal
  | 'unknown_performance'
  | 'performance_is_reversed'
  | 'amount_is_for_pay_only'
  | 'amount_must_be_more_than_zero'
  | 'currency_must_be_that_of_the_obligation'
  | 'amount_exceeds_the_performance'
  | 'reversal_must_not_be_in_the_future'
  | 'reversal_must_not_precede_the_performance';

/**
 * What was performed is owed again, by every debtor it was performed for. A listing it has ended
 * stays ended: to list anew is a new decision, on a notice served since.
 */
export function reversePerformance(
  state: Case,
  { performance: id, amount, reason, reversedOn }: ReversePerformance,
  context: CourtContext,
): Decision<CourtWrite, ReversePerformanceRefusal> {
  const open = inHand(state, context, '/path/case');
  if (open.kind === 'refuse') return open;
  const performed = [...open.case.obligations.values()].flatMap((obligation) => {
    const one = obligation.performances.find((other) => other.id === id);
    return one ? [{ obligation, one }] : [];
  });
  const [first] = performed;
  if (!first) return refuse('unknown_performance', '/path/performance');
  if (reversedOn > todayOf(context)) {
    return refuse('reversal_must_not_be_in_the_future', '/reversedOn');
  }
  if (reversedOn < first.one.performedOn) {
    return refuse('reversal_must_not_precede_the_performance', '/reversedOn');
  }
  const left = leftOf(first.one);
  if (left === 'nothing') return refuse('performance_is_reversed', '/path/performance');
  const refused = refuseAmount(left, amount);
  if (refused) return { kind: 'refuse', refusal: refused };
  const whole = left === 'whole' ? undefined : left;
  const undone = amount ?? whole;
  return record(
    ...performed.map(({ obligation }) => {
      const event = courtFact(context, 'court.performance-reversed.v1', obligation.subject, {
        case: open.case.id,
        obligation: obligation.id,
        performance: id,
        ...(undone === undefined ? {} : { amount: undone }),
        reason,
        reversedOn,
      });
      return { stream: caseStream(open.case.id), event };
    }),
  );
}

/** What of a performance can still be reversed; without an amount it is all or nothing. */
function leftOf({ amount, reversed }: Performance): Money | 'whole' | 'nothing' {
  if (amount === undefined) return reversed === undefined ? 'whole' : 'nothing';
  const undone = typeof reversed === 'object' ? reversed : noMoney(amount.currency);
  const left = remainder(amount, undone);
  return isZero(left) ? 'nothing' : left;
}

function refuseAmount(
  left: Money | 'whole',
  amount: Money | undefined,
): Refusal<ReversePerformanceRefusal> | undefined {
  if (amount === undefined) return undefined;
  if (left === 'whole') return { reason: 'amount_is_for_pay_only', field: '/amount' };
  if (isZero(amount)) return { reason: 'amount_must_be_more_than_zero', field: '/amount/amount' };
  if (!sameCurrency(left, amount)) {
    return { reason: 'currency_must_be_that_of_the_obligation', field: '/amount/currency' };
  }
  if (compareMoney(amount, left) > 0) {
    return { reason: 'amount_exceeds_the_performance', field: '/amount/amount' };
  }
  return undefined;
}
