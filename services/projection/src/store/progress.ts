import {
  LEDGERS,
  REFERENCE_BUCKET,
  SUBJECT_BUCKETS,
  type AnswerPosition,
  type LedgerName,
} from '@writ/contracts';
import type { Assessed } from '../answer/assessed.js';
import type { StateSet } from './state-set.js';

/** Where one bucket of one ledger stands. */
export type BucketProgress = {
  /** The newest of the ledger that was heard of; 0 before any. */
  epoch: number;
  place: number;
  /** Nothing of the bucket is missing up to here. */
  upTo: number;
  /** Milliseconds since 1970 of the newest watermark reached; undefined before the first. */
  currentToMs?: number;
  /** Enforcement only; of a watermark that was reached. */
  assessed?: Assessed;
};

/** Where everything stands at the moment of one statement. */
export type Progress = {
  set: StateSet;
  alias: { sequence: number; currentToMs?: number };
  of(ledger: LedgerName, bucket: number): BucketProgress;
};

const NOWHERE: BucketProgress = { epoch: 0, place: -1, upTo: -1 };
const BUCKETS = SUBJECT_BUCKETS + 1;

/**
 * Reads what `progressSql` tells: the live set, the alias copy, then one line per bucket.
 *
 * @throws Error when the text is not of that form
 */
export function progressOf(text: string): Progress {
  const [set, alias = '', ...lines] = text.split('\n');
  if (set !== 'a' && set !== 'b') throw new Error('progress names no set');
  const [sequence, aliasCurrentTo] = alias.split(' ').map(numberOr);
  const buckets = new Array<BucketProgress>(LEDGERS.length * BUCKETS).fill(NOWHERE);
  for (const line of lines) {
    const [ledger = 0, bucket = 0, epoch = 0, place = -1, upTo = -1, ...rest] = line
      .split(' ')
      .map(numberOr);
    const [currentToMs, court, regulatory, reference] = rest;
    const assessed =
      court === undefined
        ? {}
        : { assessed: { court, regulatory: regulatory ?? -1, reference: reference ?? -1 } };
    const current = currentToMs === undefined ? {} : { currentToMs };
    buckets[ledger * BUCKETS + bucket] = { epoch, place, upTo, ...current, ...assessed };
  }
  return {
    set,
    alias: {
      sequence: sequence ?? 0,
      ...(aliasCurrentTo === undefined ? {} : { currentToMs: aliasCurrentTo }),
    },
    of: (ledger, bucket) => buckets[LEDGERS.indexOf(ledger) * BUCKETS + bucket] ?? NOWHERE,
  };
}

/** SQL of one text: everything an answer must know beside the subject's own state. */
export function progressSql(set: StateSet): string {
  const ms = (column: string) =>
    `coalesce((extract(epoch FROM ${column}) * 1000)::bigint::text, '-')`;
  const orNone = (column: string) => `coalesce(${column}::text, '-')`;
  const columns = [
    ...['ledger', 'bucket', 'epoch', 'place', 'up_to', ms('current_to')],
    ...['assessed_court', 'assessed_regulatory', 'assessed_reference'].map(orNone),
  ];
  return `(SELECT set FROM projection.live) || E'\\n' ||
    (SELECT sequence || ' ' || ${ms('current_to')} FROM projection.alias_place) || E'\\n' ||
    (SELECT string_agg(${columns.join(` || ' ' || `)}, E'\\n') FROM projection.progress_${set})`;
}

/** The buckets an answer about a subject of this bucket reads in one ledger. */
export function bucketsRead(ledger: LedgerName, bucket: number): readonly number[] {
  // What lists and memoranda say is read with the regulator's own listings.
  return ledger === 'regulatory' ? [bucket, REFERENCE_BUCKET] : [bucket];
}

/** The position up to which nothing is missing in any of these buckets. */
export function standsAt(
  progress: Progress,
  ledger: LedgerName,
  buckets: readonly number[],
): number {
  return Math.min(...buckets.map((bucket) => progress.of(ledger, bucket).upTo));
}

/** Where answers about subjects of these buckets stand; the reference is read beside them. */
export function positionOf(progress: Progress, buckets: readonly number[]): AnswerPosition {
  return {
    court: standsAt(progress, 'court', buckets),
    regulatory: standsAt(progress, 'regulatory', buckets),
    enforcement: standsAt(progress, 'enforcement', buckets),
    'regulatory.reference': progress.of('regulatory', REFERENCE_BUCKET).upTo,
  };
}

/** The oldest of the newest watermarks reached; undefined when one has none. */
export function currentToOf(
  progress: Progress,
  ledger: LedgerName,
  buckets: readonly number[],
): number | undefined {
  let oldest: number | undefined;
  for (const bucket of buckets) {
    const { currentToMs } = progress.of(ledger, bucket);
    if (currentToMs === undefined) return undefined;
    oldest = Math.min(currentToMs, oldest ?? currentToMs);
  }
  return oldest;
}

function numberOr(text: string): number | undefined {
  return text === '-' || text === '' ? undefined : Number(text);
}
