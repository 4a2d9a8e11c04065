import type { CourtFact, Receipt } from '@writ/contracts';
import type { HandleRefusal, HandleResult } from '@writ/decider';
import type { RecordedFact } from '@writ/ledger';
import { recordAnswer, type ProblemStatus } from '@writ/service-host';
import type { EstablishObligationRefusal } from './case/establish-obligation.js';
import type { OpenCaseRefusal } from './case/open-case.js';
import type { RecordPerformanceRefusal } from './case/record-performance.js';
import type { ServeNoticeRefusal } from './case/serve-notice.js';
import type { AnnulRefusal } from './listing/annul.js';
import type { DelistRefusal } from './listing/delist.js';
import type { ListSubjectRefusal } from './listing/list-subject.js';
import type { CorrectListingRefusal } from './mistake/correct-listing.js';
import type { CorrectObligationRefusal } from './mistake/correct-obligation.js';
import type { ReversePerformanceRefusal } from './mistake/reverse-performance.js';
import type { SubjectRefusal } from './resolve-subjects.client.js';

export type CourtRefusal =
  | SubjectRefusal
  | OpenCaseRefusal
  | EstablishObligationRefusal
  | ServeNoticeRefusal
  | RecordPerformanceRefusal
  | ListSubjectRefusal
  | DelistRefusal
  | AnnulRefusal
  | CorrectListingRefusal
  | CorrectObligationRefusal
  | ReversePerformanceRefusal;

/** What is not 422: things that are not there, and states that are in the way. */
const STATUSES: Readonly<Partial<Record<CourtRefusal | HandleRefusal, ProblemStatus>>> = {
  subject_is_unknown: 404,
  unknown_case: 404,
  unknown_obligation: 404,
  unknown_notice: 404,
  unknown_listing: 404,
  case_already_open: 409,
  obligation_is_fulfilled: 409,
  already_listed_for_this_obligation: 409,
  case_has_too_many_listings: 409,
  listing_has_ended: 409,
  listing_is_annulled: 409,
  listing_is_retracted: 409,
  unknown_performance: 404,
  performance_is_reversed: 409,
};

export type Recorded = { receipt: Receipt; facts: readonly CourtFact[] };

/**
 * The receipt and the facts a command recorded, now or when it was first asked.
 *
 * @param aliasSequence of the identity service, when the command resolved subjects; of a retry that
 *   of now, since no fact keeps the first one: it waits for no less
 * @throws Problem when refused
 */
export function recorded<R extends CourtRefusal>(
  result: HandleResult<RecordedFact, R>,
  aliasSequence = 0,
): Recorded {
  const receipt = recordAnswer<CourtRefusal>(result, {
    statuses: STATUSES,
    versionField: '/expectedVersion',
    aliasSequence,
  });
  const events = result.kind === 'recorded' ? result.events : [];
  return { receipt, facts: events.map(({ fact }) => fact as CourtFact) };
}

/** @returns the facts of one type among those recorded */
export function factsOf<T extends CourtFact['type']>(
  { facts }: Recorded,
  type: T,
): Extract<CourtFact, { type: T }>[] {
  return facts.filter((fact): fact is Extract<CourtFact, { type: T }> => fact.type === type);
}
