import type { CourtFact, Receipt } from '@writ/contracts';
import type { HandleRefusal, HandleResult, Refusal } from '@writ/decider';
import type { RecordedFact } from '@writ/ledger';
import { recordAnswer, type ProblemStatus } from '@writ/service-host';
import type { EstablishObligationRefusal } from './case/establish-obligation.js';
import type { OpenCaseRefusal } from './case/open-case.js';
import type { RecordPerformanceRefusal } from './case/record-performance.js';
import type { ServeNoticeRefusal } from './case/serve-notice.js';
import type { AnnulRefusal } from './listing/annul.js';
import type { DelistRefusal } from './listing/delist.js';
import type { ListSubjectRefusal } from './listing/list-subject.js';

export type CourtRefusal =
  | OpenCaseRefusal
  | EstablishObligationRefusal
  | ServeNoticeRefusal
  | RecordPerformanceRefusal
  | ListSubjectRefusal
  | DelistRefusal
  | AnnulRefusal;

/** What is not 422: things that are not there, and states that are in the way. */
const STATUSES: Readonly<Partial<Record<CourtRefusal | HandleRefusal, ProblemStatus>>> = {
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
};

/** Where in the request the refusals of `handle` itself are at home. */
const FIELDS: Readonly<Partial<Record<string, string>>> = {
  version_is_stale: '/expectedVersion',
  key_reused_with_another_body: '/headers/idempotency-key',
};

export type Recorded = { receipt: Receipt; facts: readonly CourtFact[] };

/**
 * The receipt and the facts a command recorded, now or when it was first asked.
 *
 * @param aliasSequence of the identity service, when the command resolved subjects
 * @throws Problem when refused
 */
export function recorded<R extends CourtRefusal>(
  result: HandleResult<RecordedFact, R>,
  aliasSequence = 0,
): Recorded {
  const receipt = recordAnswer<CourtRefusal>(placed(result), STATUSES, aliasSequence);
  const events = result.kind === 'recorded' ? result.events : [];
  return { receipt, facts: events.map(({ fact }) => fact as CourtFact) };
}

function placed<R extends CourtRefusal>(
  result: HandleResult<RecordedFact, R>,
): HandleResult<RecordedFact, CourtRefusal> {
  if (result.kind !== 'refused') return result;
  const refusal: Refusal<CourtRefusal | HandleRefusal> = result.refusal;
  const field = refusal.field ?? FIELDS[refusal.reason];
  return { kind: 'refused', refusal: field === undefined ? refusal : { ...refusal, field } };
}

/** @returns the facts of one type among those recorded */
export function factsOf<T extends CourtFact['type']>(
  { facts }: Recorded,
  type: T,
): Extract<CourtFact, { type: T }>[] {
  return facts.filter((fact): fact is Extract<CourtFact, { type: T }> => fact.type === type);
}
