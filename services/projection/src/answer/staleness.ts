import {
  LEDGERS,
  REFERENCE_BUCKET,
  SUBJECT_BUCKETS,
  bucketOf,
  type CurrentTo,
  type LedgerName,
  type Undetermined,
} from '@writ/contracts';
import { bucketsRead, currentToOf, type Progress } from '../store/progress.js';
import type { NobodyStaleness, Staleness } from './answer.js';

/**
 * By when and how old what an answer rests on may be.
 *
 * `upToMs`: what was recorded up to then is all that is asked for; what reaches so far is not old.
 */
export type Age = { now: Date; maxAgeMs: number; upToMs?: number };

/** Seconds without a watermark after which a ledger counts as stale, unless the asker says. */
export const MAX_AGE_SECONDS = 60;

const SUBJECTS = Array.from({ length: SUBJECT_BUCKETS }, (_, bucket) => bucket);

/** What an answer about a subject of this bucket reads and is too old. */
export function stalenessOf(progress: Progress, subject: string, age: Age): Staleness {
  const bucket = bucketOf(subject);
  const tooOld = (ledger: LedgerName) =>
    ledgerTooOld(progress, ledger, bucketsRead(ledger, bucket), age);
  const [enforcement] = tooOld('enforcement');
  return {
    listing: [...aliasesTooOld(progress, age), ...tooOld('court'), ...tooOld('regulatory')],
    ...(enforcement ? { enforcement } : {}),
  };
}

/** Nothing can be listed under an identifier of nobody: only coverage and aliases are read. */
export function stalenessOfNobody(progress: Progress, age: Age): NobodyStaleness {
  return {
    reference: ledgerTooOld(progress, 'regulatory', [REFERENCE_BUCKET], age),
    aliases: aliasesTooOld(progress, age),
  };
}

/** What a count of a list's entries reads: both listing ledgers, whole; no alias. */
export function stalenessOfLists(progress: Progress, age: Age): Undetermined[] {
  return [
    ...ledgerTooOld(progress, 'court', SUBJECTS, age),
    ...ledgerTooOld(progress, 'regulatory', [...SUBJECTS, REFERENCE_BUCKET], age),
  ];
}

/** Lists and memoranda wait in quarantine: nothing that follows from them is known. */
export function referenceSetAside(since: string): Undetermined {
  return { reason: 'reference_is_quarantined', since, mustAct: 'projection' };
}

/** A subject's newest facts wait in quarantine: how it stands is not known. */
export function subjectSetAside(since: string): Undetermined {
  return { reason: 'subject_is_quarantined', since, mustAct: 'projection' };
}

/** @returns per ledger the oldest of the newest watermarks reached in what is read of it */
export function currentTo(
  progress: Progress,
  bucketsOf: (ledger: LedgerName) => readonly number[],
): CurrentTo {
  const told = LEDGERS.map((ledger) => [
    ledger,
    instantOf(currentToOf(progress, ledger, bucketsOf(ledger))),
  ]);
  const aliases = instantOf(progress.alias.currentToMs);
  return { ...(Object.fromEntries(told) as Record<LedgerName, string | null>), aliases };
}

/** @returns every bucket of a ledger that answers about all subjects read */
export function everyBucket(ledger: LedgerName): readonly number[] {
  return ledger === 'regulatory' ? [...SUBJECTS, REFERENCE_BUCKET] : SUBJECTS;
}

function ledgerTooOld(
  progress: Progress,
  ledger: LedgerName,
  buckets: readonly number[],
  age: Age,
): Undetermined[] {
  const ms = currentToOf(progress, ledger, buckets);
  return tooOld(`${ledger}_is_not_current`, ms, ledger, age);
}

function aliasesTooOld({ alias }: Progress, age: Age): Undetermined[] {
  return tooOld('aliases_are_not_current', alias.currentToMs, 'identity', age);
}

function tooOld(
  reason: string,
  ms: number | undefined,
  mustAct: string,
  { now, maxAgeMs, upToMs = Infinity }: Age,
): Undetermined[] {
  if (ms !== undefined && (now.getTime() - ms <= maxAgeMs || ms >= upToMs)) return [];
  return [{ reason, since: instantOf(ms) ?? 'never-current', mustAct }];
}

function instantOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
