/** Subject buckets: Kafka partition = embedded shard = accumulator of the state root (docs/adr). */
export const SUBJECT_BUCKETS = 32;

/** The 33rd bucket: facts that concern no subject (lists, memoranda, cases …). */
export const REFERENCE_BUCKET = 32;

/** Every bucket a ledger has: 0–31 by subject, 32 for facts without one. */
export const ALL_BUCKETS: readonly number[] = Array.from({ length: 33 }, (_, bucket) => bucket);

/**
 * The bucket of a fact: first byte of the subject id mod 32, or the reference bucket.
 *
 * @param subject 32 lower-case hex digits, or undefined for a fact that concerns nobody
 * @throws RangeError when the subject is not a subject id
 */
export function bucketOf(subject: string | undefined): number {
  if (subject === undefined) return REFERENCE_BUCKET;
  const firstByte = Number.parseInt(subject.slice(0, 2), 16);
  if (!/^[0-9a-f]{32}$/.test(subject)) throw new RangeError('not a subject id');
  return firstByte % SUBJECT_BUCKETS;
}
