import type { CourtFact } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { hasBegun } from '@writ/law';
import {
  caseStream,
  courtDay,
  courtFact,
  todayOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';
import { inHand, type Case, type CaseRefusal } from './case.js';

type Served = Extract<CourtFact, { type: 'court.notice-served.v1' }>['data'];

/** Record that a notice reached a debtor of the case. */
export type ServeNotice = { subject: string } & Omit<Served, 'case'>;

export type ServeNoticeRefusal =
  | CaseRefusal
  | 'subject_is_not_a_debtor_of_the_case'
  | 'service_must_not_be_in_the_future'
  | 'service_must_not_precede_the_instrument';

/** A notice served before the instrument took effect warned of nothing. */
export function serveNotice(
  state: Case,
  { subject, ...served }: ServeNotice,
  context: CourtContext,
): Decision<CourtWrite, ServeNoticeRefusal> {
  const open = inHand(state, context, '/path/case');
  if (open.kind === 'refuse') return open;
  const { id, obligations, instrument } = open.case;
  if (![...obligations.values()].some((obligation) => obligation.subject === subject)) {
    return refuse('subject_is_not_a_debtor_of_the_case', '/subject');
  }
  if (served.servedOn > todayOf(context)) {
    return refuse('service_must_not_be_in_the_future', '/servedOn');
  }
  if (instrument && !hasBegun(instrument.effectiveOn, courtDay(served.servedOn, context))) {
    return refuse('service_must_not_precede_the_instrument', '/servedOn');
  }
  const event = courtFact(context, 'court.notice-served.v1', subject, { case: id, ...served });
  return record({ stream: caseStream(id), event });
}
