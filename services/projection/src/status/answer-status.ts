import {
  LEDGERS,
  SUBJECT_BUCKETS,
  bucketOf,
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
  stalenessOf,
  stalenessOfNobody,
  type Age,
} from '../answer/staleness.js';
import { causesOf, decisionsOf, type SubjectState } from '../fold/subject-state.js';
import { bucketsRead, standsAt, type Progress } from '../store/progress.js';
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
  answers: readonly (readonly MeasureAnswer[])[];
  position: Record<LedgerName, number>;
  currentTo: CurrentTo;
  /** All that is read is current, and every restrictive cause in force was looked at. */
  settled: boolean;
};

const ALL_SUBJECT_BUCKETS = Array.from({ length: SUBJECT_BUCKETS }, (_, bucket) => bucket);

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
  const answers = asked.map(({ question }, index) => {
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
  const buckets = bucketsOf(found);
  return {
    answers,
    position: byLedger((ledger) => standsAt(progress, ledger, readBy(ledger, buckets))),
    currentTo: currentTo(progress, (ledger) => readBy(ledger, buckets)),
    settled,
  };
}

export type Reached = 'reached' | 'not-yet' | 'another-epoch';

/**
 * Whether a snapshot stands at or behind every receipt: in every bucket that the answers read, and
 * in the alias copy.
 */
export function hasReached(points: readonly ReceiptPoint[], snapshot: Snapshot): Reached {
  const { progress, found } = snapshot;
  let reached: Reached = 'reached';
  for (const { ledger, epoch, position, bucket, aliasSequence } of points) {
    const at = progress.of(ledger, bucket);
    if (epoch < at.epoch) return 'another-epoch';
    if (epoch > at.epoch) reached = 'not-yet';
    const buckets = found.flatMap(({ subject }) =>
      subject === undefined ? [bucket] : readBy(ledger, [bucketOf(subject)]),
    );
    if (progress.alias.sequence < aliasSequence) reached = 'not-yet';
    if (standsAt(progress, ledger, buckets) < position) reached = 'not-yet';
  }
  return reached;
}

/** An identifier of nobody could have been in any bucket. */
function bucketsOf(found: readonly Found[]): readonly number[] {
  if (found.some(({ subject }) => subject === undefined)) return ALL_SUBJECT_BUCKETS;
  return [...new Set(found.map(({ subject }) => bucketOf(subject)))];
}

function readBy(ledger: LedgerName, buckets: readonly number[]): number[] {
  return [...new Set(buckets.flatMap((bucket) => bucketsRead(ledger, bucket)))];
}

function byLedger<T>(value: (ledger: LedgerName) => T): Record<LedgerName, T> {
  return Object.fromEntries(LEDGERS.map((ledger) => [ledger, value(ledger)])) as Record<
    LedgerName,
    T
  >;
}
