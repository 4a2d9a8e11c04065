import { bucketOf, encodeToken, type Receipt } from '@writ/contracts';
import type { HandleRefusal, HandleResult } from '@writ/decider';
import type { RecordedFact } from '@writ/ledger';
import { problemOf, type ProblemStatus } from './problem.js';

/**
 * The receipt of a command: of its last event.
 *
 * @param aliasSequence of the identity service, when the command resolved subjects
 */
export function receiptOf(events: readonly RecordedFact[], aliasSequence = 0): Receipt {
  const last = events.at(-1);
  if (!last) throw new Error('a receipt needs at least one event');
  const { ledger, epoch, position, leaf, stream, version, recordedAt } = last;
  const bucket = bucketOf(last.subject);
  const token = encodeToken({ ledger, epoch, position, bucket, aliasSequence });
  return { ledger, epoch, position, leaf, stream, version, recordedAt, aliasSequence, token };
}

export type RecordAnswerOptions<R extends string> = {
  /** What else than 422 the service's own reasons answer. */
  statuses?: Readonly<Partial<Record<R | HandleRefusal, ProblemStatus>>>;
  /** JSON Pointer of the member by which this endpoint's clients name a version. */
  versionField?: string;
  /** Of the identity service, when the command resolved subjects. */
  aliasSequence?: number;
};

/**
 * What a recording endpoint answers: the receipt (201), or the refusal as a problem.
 *
 * @throws Problem when refused
 */
export function recordAnswer<R extends string>(
  result: HandleResult<RecordedFact, R>,
  { statuses, versionField, aliasSequence = 0 }: RecordAnswerOptions<R> = {},
): Receipt {
  if (result.kind === 'recorded') return receiptOf(result.events, aliasSequence);
  const { reason } = result.refusal;
  if (reason !== 'version_is_stale' || versionField === undefined) {
    throw problemOf<R | HandleRefusal>(result.refusal, statuses);
  }
  throw problemOf<R | HandleRefusal>({ reason, field: versionField }, statuses);
}
