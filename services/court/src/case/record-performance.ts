import type { Money } from '@writ/contracts';
import { record, refuse, type Decision, type Refusal } from '@writ/decider';
import { endOnFullPerformance, hasBegun, isZero, sameCurrency } from '@writ/law';
import {
  caseStream,
  courtDay,
  courtFact,
  listingStream,
  nowOf,
  todayOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';
import { isAlive } from '../listing/listing.js';
import type { CaseFile } from './case-file.js';
import {
  inHand,
  isFulfilledBy,
  jointObligations,
  type CaseRefusal,
  type Obligation,
  type OpenCase,
} from './case.js';

/** Record that an obligation was performed, in part or in full. */
export type RecordPerformance = {
  performance: string;
  /** Any one of a joint group: what one debtor performs, all have performed. */
  obligation: string;
  /** For `pay`; any other obligation is performed whole. */
  amount?: Money;
  performedOn: string;
};

export type RecordPerformanceRefusal =
  | CaseRefusal
  | 'unknown_obligation'
  | 'obligation_is_fulfilled'
  | 'amount_is_required_for_pay'
  | 'amount_is_for_pay_only'
  | 'amount_must_be_more_than_zero'
  | 'currency_must_be_that_of_the_obligation'
  | 'performance_must_not_be_in_the_future'
  | 'performance_must_not_precede_the_instrument';

/**
 * Part performance changes nothing but what is owed. Full performance of everything a listing rests
 * on ends that listing in the same append. More than was owed is recorded as stated: it happened,
 * and nobody stays listed for having paid too much; the surplus is the court's cash desk's matter.
 */
export function recordPerformance(
  file: CaseFile,
  command: RecordPerformance,
  context: CourtContext,
): Decision<CourtWrite, RecordPerformanceRefusal> {
  const open = inHand(file.case, context, '/path/case');
  if (open.kind === 'refuse') return open;
  const obligation = open.case.obligations.get(command.obligation);
  if (!obligation) return refuse('unknown_obligation', '/obligation');
  if (obligation.fulfilled) return refuse('obligation_is_fulfilled', '/obligation');
  const amountRefused = refuseAmount(obligation, command.amount);
  if (amountRefused) return { kind: 'refuse', refusal: amountRefused };
  if (command.performedOn > todayOf(context)) {
    return refuse('performance_must_not_be_in_the_future', '/performedOn');
  }
  const performedOn = courtDay(command.performedOn, context);
  const { instrument } = open.case;
  if (instrument && !hasBegun(instrument.effectiveOn, performedOn)) {
    return refuse('performance_must_not_precede_the_instrument', '/performedOn');
  }
  const performed = jointObligations(open.case, obligation);
  const fulfilled = performed.filter((joint) => isFulfilledBy(joint, command.amount));
  return record(
    ...performed.map((joint) => performanceOf(open.case, joint, command, context)),
    ...fulfilled.map((joint) => fulfilmentOf(open.case, joint, command, context)),
    ...delistings(file, open.case, new Set(fulfilled.map(({ id }) => id)), context),
  );
}

function refuseAmount(
  { amount: owed }: Obligation,
  amount: Money | undefined,
): Refusal<RecordPerformanceRefusal> | undefined {
  if (owed === undefined) {
    return amount === undefined
      ? undefined
      : { reason: 'amount_is_for_pay_only', field: '/amount' };
  }
  if (amount === undefined) return { reason: 'amount_is_required_for_pay', field: '/amount' };
  if (isZero(amount)) return { reason: 'amount_must_be_more_than_zero', field: '/amount/amount' };
  return sameCurrency(owed, amount)
    ? undefined
    : { reason: 'currency_must_be_that_of_the_obligation', field: '/amount/currency' };
}

function performanceOf(
  { id }: OpenCase,
  obligation: Obligation,
  { performance, amount, performedOn }: RecordPerformance,
  context: CourtContext,
): CourtWrite {
  const event = courtFact(context, 'court.performance-recorded.v1', obligation.subject, {
    case: id,
    obligation: obligation.id,
    performance,
    ...(amount === undefined ? {} : { amount }),
    performedOn,
  });
  return { stream: caseStream(id), event };
}

function fulfilmentOf(
  { id }: OpenCase,
  obligation: Obligation,
  { performance }: RecordPerformance,
  context: CourtContext,
): CourtWrite {
  const event = courtFact(context, 'court.obligation-fulfilled.v1', obligation.subject, {
    case: id,
    obligation: obligation.id,
    performance,
  });
  return { stream: caseStream(id), event };
}

/** Every listing alive of which nothing is owed any more, if the law ends its list's entries so. */
export function delistings(
  { listings }: CaseFile,
  { obligations }: OpenCase,
  fulfilledNow: ReadonlySet<string>,
  context: CourtContext,
): CourtWrite[] {
  const now = nowOf(context);
  const isPerformed = (id: string) =>
    fulfilledNow.has(id) || obligations.get(id)?.fulfilled === true;
  return listings
    .filter((listing) => isAlive(listing, now) && listing.obligations.every(isPerformed))
    .flatMap(({ id, list, subject }) => {
      const reason = endOnFullPerformance(context.law, list, now);
      if (reason === undefined) return [];
      const data = { listing: id, list, reason, effectiveFrom: now };
      const event = courtFact(context, 'court.subject-delisted.v1', subject, data);
      return [{ stream: listingStream(id), event }];
    });
}
