import {
  LEDGERS,
  REFERENCE_BUCKET,
  SUBJECT_BUCKETS,
  bucketOf,
  type LedgerName,
  type MeasureAnswer,
  type ReceiptPoint,
} from '@writ/contracts';
import {
  answer,
  answerUnknown,
  isSettled,
  type Staleness,
  type Undetermined,
} from '../answer/answer.js';
import type { Reference } from '../answer/reference.js';
import { causesOf, decisionsOf, type SubjectState } from '../fold/subject-state.js';
import { bucketsRead, currentToOf, standsAt, type Progress } from '../store/progress.js';
import type { Asked } from './status-request.js';

/** What was found under one look-up, in the same statement as the progress. */
export type Found = {
  /** Undefined: the identifier belongs to nobody known. */
  subject?: string;
  state: SubjectState;
  quarantinedSince?: string;
};

/** Everything one statement told. */
export type Snapshot = { progress: Progress; found: readonly Found[] };

export type Answered = {
  answers: readonly (readonly MeasureAnswer[])[];
  position: Record<LedgerName, number>;
  currentTo: Record<LedgerName, string | null>;
  /** Enforcement has looked at every restrictive cause in force. */
  settled: boolean;
};

const ALL_SUBJECT_BUCKETS = Array.from({ length: SUBJECT_BUCKETS }, (_, bucket) => bucket);

/** Answers all that was asked from one snapshot. */
export function answerStatus(
  asked: readonly Asked[],
  { progress, found }: Snapshot,
  reference: Reference,
  now: Date,
  maxAgeMs: number,
): Answered {
  let settled = true;
  const answers = asked.map(({ question }, index) => {
    const { subject, state, quarantinedSince: since } = found[index]!;
    const when = { now: now.toISOString() };
    if (subject === undefined) {
      const stale = staleOf(progress, undefined, now, maxAgeMs).listing;
      return answerUnknown(reference, question, when, stale);
    }
    const bucket = bucketOf(subject);
    const { assessed } = progress.of('enforcement', bucket);
    const record = {
      causes: causesOf(state),
      decisions: decisionsOf(state),
      ...(assessed ? { assessed } : {}),
      ...(since ? { quarantined: { since } } : {}),
    };
    settled &&= isSettled(record, reference, when);
    const stale = staleOf(progress, bucket, now, maxAgeMs);
    return answer(record, reference, question, when, stale);
  });
  const buckets = bucketsOf(found);
  return {
    answers,
    position: byLedger((ledger) => standsAt(progress, ledger, readBy(ledger, buckets))),
    currentTo: byLedger((ledger) => {
      const ms = currentToOf(progress, ledger, readBy(ledger, buckets));
      return ms === undefined ? null : new Date(ms).toISOString();
    }),
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
    if (at.place >= 0 && at.epoch !== epoch) return 'another-epoch';
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

function staleOf(
  progress: Progress,
  bucket: number | undefined,
  now: Date,
  maxAgeMs: number,
): Staleness {
  const tooOld = (reason: string, ms: number | undefined, mustAct: string): Undetermined[] => {
    if (ms !== undefined && now.getTime() - ms <= maxAgeMs) return [];
    const since = ms === undefined ? 'never-current' : new Date(ms).toISOString();
    return [{ reason, since, mustAct }];
  };
  const ledgerTooOld = (ledger: LedgerName) => {
    const read = bucket === undefined ? [REFERENCE_BUCKET] : bucketsRead(ledger, bucket);
    return tooOld(`${ledger}_is_not_current`, currentToOf(progress, ledger, read), ledger);
  };
  const aliases = tooOld('aliases_are_not_current', progress.alias.currentToMs, 'identity');
  // Nothing can be listed under an identifier that belongs to nobody: only coverage is read.
  if (bucket === undefined) return { listing: [...aliases, ...ledgerTooOld('regulatory')] };
  const [enforcement] = ledgerTooOld('enforcement');
  return {
    listing: [...aliases, ...ledgerTooOld('court'), ...ledgerTooOld('regulatory')],
    ...(enforcement ? { enforcement } : {}),
  };
}

function byLedger<T>(value: (ledger: LedgerName) => T): Record<LedgerName, T> {
  return Object.fromEntries(LEDGERS.map((ledger) => [ledger, value(ledger)])) as Record<
    LedgerName,
    T
  >;
}
