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

/**
 * What a recording endpoint answers: the receipt (201), or the refusal as a problem.
 *
 * @param statuses what else than 422 the service's own reasons answer
 * @throws Problem when refused
 */
export function recordAnswer<R extends string>(
  result: HandleResult<RecordedFact, R>,
  statuses?: Readonly<Partial<Record<R | HandleRefusal, ProblemStatus>>>,
  aliasSequence = 0,
): Receipt {
  if (result.kind === 'refused') throw problemOf<R | HandleRefusal>(result.refusal, statuses);
  return receiptOf(result.events, aliasSequence);
}
