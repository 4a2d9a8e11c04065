import {
  POSITION_KEYS,
  SUBJECT_BUCKETS,
  bucketOf,
  type AnswerPosition,
  type CurrentTo,
  type LedgerName,
  type MeasureAnswer,
  type ReceiptPoint,
} from '@writ/contracts';
import { answer, answerUnknown, isSettled } from '../answer/answer.js';
import type { Reference } from '../answer/reference.js';
import {
  currentTo,
  referenceSetAside,
  everyBucket,
  stalenessOf,
  stalenessOfNobody,
  type Age,
} from '../answer/staleness.js';
import { causesOf, decisionsOf, type SubjectState } from '../fold/subject-state.js';
import { bucketsRead, positionOf, standsAt, type Progress } from '../store/progress.js';
import type { Asked } from './status-request.js';

/** What was found under one look-up, in the same statement as the progress. */
export type Found = {
  /** Undefined: the identifier belongs to nobody known. */
  subject?: string;
  state: SubjectState;
  quarantinedSince?: string;
};

/** Everything one statement told. */
export type Snapshot = {
  progress: Progress;
  /** Root of lists and memoranda: which state of them belongs to this moment. */
  referenceRoot: string;
  /** Since when lists or memoranda wait in quarantine. */
  referenceSetAsideSince?: string;
  found: readonly Found[];
};

export type Answered = {
  answers: readonly { measures: readonly MeasureAnswer[]; position: AnswerPosition }[];
  /** Of all answers the lowest. */
  position: AnswerPosition;
  currentTo: CurrentTo;
  /** All that is read is current, and every restrictive cause in force was looked at. */
  settled: boolean;
};

export const ALL_SUBJECT_BUCKETS: readonly number[] = Array.from(
  { length: SUBJECT_BUCKETS },
  (_, bucket) => bucket,
);

/** Answers all that was asked from one snapshot. */
export function answerStatus(
  asked: readonly Asked[],
  snapshot: Snapshot,
  reference: Reference,
  age: Age,
): Answered {
  const { progress, found } = snapshot;
  const when = { now: age.now.toISOString() };
  const since = snapshot.referenceSetAsideSince;
  const aside = since === undefined ? undefined : referenceSetAside(since);
  let settled = true;
  const measures = asked.map(({ question }, index) => {
    const { subject, state, quarantinedSince } = found[index]!;
    if (subject === undefined) {
      const { reference: old, aliases } = stalenessOfNobody(progress, age);
      settled &&= old.length === 0 && aliases.length === 0;
      const staleness = { reference: aside ? [aside, ...old] : old, aliases };
      return answerUnknown(reference, question, when, staleness);
    }
    const record = {
      causes: causesOf(state),
      decisions: decisionsOf(state),
      ...(quarantinedSince ? { quarantined: { since: quarantinedSince } } : {}),
    };
    const stale = stalenessOf(progress, subject, age);
    settled &&= isSettled(record, reference, when, stale);
    const staleness = aside ? { ...stale, reference: aside } : stale;
    return answer(record, reference, question, when, staleness);
  });
  const positions = positionsOf(progress, found);
  const buckets = bucketsOf(found);
  return {
    answers: measures.map((of, index) => ({ measures: of, position: positions[index]! })),
    position: lowest(positions),
    currentTo: currentTo(progress, (ledger) => readBy(ledger, buckets)),
    settled,
  };
}

/** Buckets move side by side: an answer stands where its own subject's does, and nowhere else. */
function positionsOf(progress: Progress, found: readonly Found[]): AnswerPosition[] {
  let ofNobody: AnswerPosition | undefined;
  return found.map(({ subject }) =>
    subject === undefined
      ? (ofNobody ??= positionOf(progress, ALL_SUBJECT_BUCKETS))
      : positionOf(progress, [bucketOf(subject)]),
  );
}

function lowest(positions: readonly AnswerPosition[]): AnswerPosition {
  const [first, ...others] = positions;
  const low = { ...first! };
  for (const other of others) {
    for (const key of POSITION_KEYS) low[key] = Math.min(low[key], other[key]);
  }
  return low;
}

export type Reached = 'reached' | 'not-yet' | 'another-epoch';

/**
 * Whether a snapshot stands at or behind every receipt: in every bucket that the answers read, and
 * in the alias copy.
 */
export function hasReached(
  points: readonly ReceiptPoint[],
  { progress, found }: { progress: Progress; found: readonly { subject?: string }[] },
): Reached {
  let reached: Reached = 'reached';
  for (const point of points) {
    const { ledger, bucket } = point;
    const buckets = found.flatMap(({ subject }) =>
      readBy(ledger, [subject === undefined ? bucket : bucketOf(subject)]),
    );
    const one = bucketsReached(progress, point, buckets);
    if (one === 'another-epoch') return one;
    if (one === 'not-yet') reached = one;
  }
  return reached;
}

/**
 * Whether the buckets read stand at or behind one receipt. A position counts within its epoch only:
 * a bucket that has not heard of the receipt's may stand further in a past that was lost.
 */
export function bucketsReached(
  progress: Progress,
  { ledger, epoch, position, bucket, aliasSequence }: ReceiptPoint,
  buckets: readonly number[],
): Reached {
  const epochs = [bucket, ...buckets].map((one) => progress.of(ledger, one).epoch);
  if (epochs.some((heard) => heard > epoch)) return 'another-epoch';
  if (epochs.some((heard) => heard < epoch)) return 'not-yet';
  if (progress.alias.sequence < aliasSequence) return 'not-yet';
  return standsAt(progress, ledger, buckets) < position ? 'not-yet' : 'reached';
}

/** Whether every bucket of their ledgers stands at or behind the receipts, not their own alone. */
export function isReachedEverywhere(progress: Progress, points: readonly ReceiptPoint[]): boolean {
  return points.every(
    (point) => bucketsReached(progress, point, everyBucket(point.ledger)) === 'reached',
  );
}

/** An identifier of nobody could have been in any bucket. */
function bucketsOf(found: readonly Found[]): readonly number[] {
  if (found.some(({ subject }) => subject === undefined)) return ALL_SUBJECT_BUCKETS;
  return [...new Set(found.map(({ subject }) => bucketOf(subject)))];
}

function readBy(ledger: LedgerName, buckets: readonly number[]): number[] {
  return [...new Set(buckets.flatMap((bucket) => bucketsRead(ledger, bucket)))];
}
