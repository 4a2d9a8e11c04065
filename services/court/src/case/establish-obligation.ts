import type { CourtFact, LegalTime, Money } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { isZero } from '@writ/law';
import { caseStream, courtFact, type CourtContext, type CourtWrite } from '../court-context.js';
import { inHand, type Case, type CaseRefusal } from './case.js';

type Established = Extract<CourtFact, { type: 'court.obligation-established.v1' }>['data'];

/** Record what an instrument obliges somebody, or several jointly, to do. */
export type EstablishObligation = {
  /** Obligation ids for each debtor; several debtors owe it jointly. */
  debtors: readonly { obligation: string; subject: string }[];
  kind: Established['kind'];
  amount?: Money;
  due?: LegalTime;
  /** The reference co-debtors will share; used when there are several. */
  jointWith: string;
};

export type EstablishObligationRefusal =
  | CaseRefusal
  | 'debtors_must_differ'
  | 'amount_is_required_for_pay'
  | 'amount_is_for_pay_only'
  | 'amount_must_be_more_than_zero';

/** One fact per debtor: every fact concerns at most one subject. */
export function establishObligation(
  state: Case,
  command: EstablishObligation,
  context: CourtContext,
): Decision<CourtWrite, EstablishObligationRefusal> {
  const open = inHand(state, context, '/path/case');
  if (open.kind === 'refuse') return open;
  const { debtors, kind, amount, due } = command;
  if (kind === 'pay' && amount === undefined) {
    return refuse('amount_is_required_for_pay', '/amount');
  }
  if (kind !== 'pay' && amount !== undefined) return refuse('amount_is_for_pay_only', '/amount');
  if (amount !== undefined && isZero(amount)) {
    return refuse('amount_must_be_more_than_zero', '/amount/amount');
  }
  const subjects = debtors.map(({ subject }) => subject);
  const twice = subjects.findIndex((subject, index) => subjects.indexOf(subject) < index);
  if (twice >= 0) return refuse('debtors_must_differ', `/debtors/${twice}`);
  const events = debtors.map(({ obligation, subject }) =>
    courtFact(context, 'court.obligation-established.v1', subject, {
      case: open.case.id,
      obligation,
      kind,
      ...(amount === undefined ? {} : { amount }),
      ...(due === undefined ? {} : { due }),
      ...(debtors.length > 1 ? { jointWith: command.jointWith } : {}),
    }),
  );
  return record(...events.map((event) => ({ stream: caseStream(open.case.id), event })));
}
