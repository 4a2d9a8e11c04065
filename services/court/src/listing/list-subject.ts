import type { CourtFact, LegalTime } from '@writ/contracts';
import { record, refuse, type Decision, type Refusal } from '@writ/decider';
import {
  groundInForce,
  hasBegun,
  hasPassed,
  isCourtList,
  isEmptyInterval,
  isRequired,
  localDateAt,
  noticeCounts,
} from '@writ/law';
import type { CaseFile } from '../case/case-file.js';
import { inHand, type CaseRefusal, type OpenCase } from '../case/case.js';
import {
  courtDay,
  courtFact,
  listingStream,
  nowOf,
  todayOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';
import { isAlive } from './listing.js';

type Listed = Extract<CourtFact, { type: 'court.subject-listed.v1' }>['data'];

/** List a debtor of a case. */
export type ListSubject = { subject: string } & Omit<Listed, 'listing' | 'case'>;

export type GroundRefusal =
  'list_is_not_a_courts' | 'ground_is_not_in_force' | 'ground_has_no_term' | 'ground_needs_a_term';

export type ListSubjectRefusal =
  | CaseRefusal
  | GroundRefusal
  | 'effective_from_must_not_be_past'
  | 'until_must_be_after_effective_from'
  | 'instrument_is_not_in_effect'
  | 'unknown_obligation'
  | 'obligation_is_of_another_subject'
  | 'obligation_is_fulfilled'
  | 'obligation_is_not_yet_due'
  | 'unknown_notice'
  | 'notice_is_of_another_subject'
  | 'notice_does_not_count'
  | 'notice_is_served_after_effective_from'
  | 'notice_is_served_before_the_reversal'
  | 'already_listed_for_this_obligation'
  | 'case_has_too_many_listings';

/** Listing ids have room for four digits. */
const LISTINGS_MAX = 9_999;

type Check = (
  open: OpenCase,
  command: ListSubject,
  context: CourtContext,
) => Refusal<ListSubjectRefusal> | undefined;

const CHECKS: readonly Check[] = [
  datesAreInOrder,
  groundIsLaw,
  instrumentIsInEffect,
  obligationsAreUnperformed,
  noticeWasServed,
];

/** Nobody is listed without an instrument in effect, a served notice and something still owed. */
export function listSubject(
  file: CaseFile,
  command: ListSubject,
  context: CourtContext,
): Decision<CourtWrite, ListSubjectRefusal> {
  const open = inHand(file.case, context, '/case');
  if (open.kind === 'refuse') return open;
  for (const check of CHECKS) {
    const refusal = check(open.case, command, context);
    if (refusal) return { kind: 'refuse', refusal };
  }
  const { subject, ...order } = command;
  const again = order.obligations.findIndex((id) => carriesListing(file, order.list, id, context));
  if (again >= 0) return refuse('already_listed_for_this_obligation', `/obligations/${again}`);
  if (file.listings.length >= LISTINGS_MAX) return refuse('case_has_too_many_listings', '/case');
  const listing = `${open.case.id}-${file.listings.length + 1}`;
  const data = { listing, case: open.case.id, ...order };
  const event = courtFact(context, 'court.subject-listed.v1', subject, data);
  return record({ stream: listingStream(listing), event });
}

function datesAreInOrder(
  _: OpenCase,
  { effectiveFrom, until }: ListSubject,
  context: CourtContext,
): Refusal<ListSubjectRefusal> | undefined {
  if (isPast(effectiveFrom, context))
    return { reason: 'effective_from_must_not_be_past', field: '/effectiveFrom' };
  if (until !== undefined && isEmptyInterval(effectiveFrom, until)) {
    return { reason: 'until_must_be_after_effective_from', field: '/until' };
  }
  return undefined;
}

/** An order of this morning may be recorded in the afternoon: the day counts, not the moment. */
export function isPast(effectiveFrom: LegalTime, context: CourtContext): boolean {
  return 'date' in effectiveFrom
    ? effectiveFrom.date < localDateAt(context.now.getTime(), effectiveFrom.zone)
    : localDateAt(effectiveFrom.instant, context.zone) < todayOf(context);
}

function groundIsLaw(
  _: OpenCase,
  order: ListSubject,
  context: CourtContext,
): Refusal<ListSubjectRefusal> | undefined {
  return refuseGround(order, context);
}

/** Why a listing on that list may not rest on that ground now, with such a term. */
export function refuseGround(
  { list, ground, until }: Pick<ListSubject, 'list' | 'ground' | 'until'>,
  context: CourtContext,
): Refusal<GroundRefusal> | undefined {
  if (!isCourtList(context.law, list)) return { reason: 'list_is_not_a_courts', field: '/list' };
  const row = groundInForce(context.law, list, ground, nowOf(context));
  if (!row) return { reason: 'ground_is_not_in_force', field: '/ground' };
  if (row.term === 'until-condition' && until !== undefined) {
    return { reason: 'ground_has_no_term', field: '/until' };
  }
  if (row.term === 'stated' && until === undefined) {
    return { reason: 'ground_needs_a_term', field: '/until' };
  }
  return undefined;
}

function instrumentIsInEffect(
  { instrument }: OpenCase,
  { list }: ListSubject,
  context: CourtContext,
): Refusal<ListSubjectRefusal> | undefined {
  const now = nowOf(context);
  if (!isRequired(context.law, 'effective-instrument', list, now)) return undefined;
  if (instrument && hasBegun(instrument.effectiveOn, now)) return undefined;
  return { reason: 'instrument_is_not_in_effect', field: '/case' };
}

function obligationsAreUnperformed(
  open: OpenCase,
  { subject, list, obligations, effectiveFrom }: ListSubject,
  context: CourtContext,
): Refusal<ListSubjectRefusal> | undefined {
  const required = isRequired(context.law, 'unperformed-obligation', list, nowOf(context));
  for (const [index, id] of obligations.entries()) {
    const field = `/obligations/${index}`;
    const obligation = open.obligations.get(id);
    if (!obligation) return { reason: 'unknown_obligation', field };
    if (obligation.subject !== subject)
      return { reason: 'obligation_is_of_another_subject', field };
    if (!required) continue;
    if (obligation.fulfilled) return { reason: 'obligation_is_fulfilled', field };
    if (obligation.due !== undefined && !hasPassed(obligation.due, effectiveFrom)) {
      return { reason: 'obligation_is_not_yet_due', field };
    }
  }
  return undefined;
}

function noticeWasServed(
  open: OpenCase,
  { subject, list, notice: id, effectiveFrom, obligations }: ListSubject,
  context: CourtContext,
): Refusal<ListSubjectRefusal> | undefined {
  const now = nowOf(context);
  const notice = open.notices.get(id);
  if (!notice) return { reason: 'unknown_notice', field: '/notice' };
  if (notice.subject !== subject)
    return { reason: 'notice_is_of_another_subject', field: '/notice' };
  if (!isRequired(context.law, 'served-notice', list, now)) return undefined;
  if (!noticeCounts(context.law, notice.kind, list, now)) {
    return { reason: 'notice_does_not_count', field: '/notice' };
  }
  // The court's day may be ahead of the day in the order's zone.
  if (!hasBegun(courtDay(notice.servedOn, context), effectiveFrom)) {
    return { reason: 'notice_is_served_after_effective_from', field: '/notice' };
  }
  // What was performed and reversed is owed anew: a new decision, of which nobody was warned yet.
  const reversals = obligations.map((owed) => open.obligations.get(owed)?.reversedOn ?? '');
  if (reversals.some((reversedOn) => notice.servedOn < reversedOn)) {
    return { reason: 'notice_is_served_before_the_reversal', field: '/notice' };
  }
  return undefined;
}

function carriesListing(
  { listings }: CaseFile,
  list: string,
  obligation: string,
  context: CourtContext,
): boolean {
  return listings.some(
    (listing) =>
      isAlive(listing, nowOf(context)) &&
      listing.list === list &&
      listing.obligations.includes(obligation),
  );
}
