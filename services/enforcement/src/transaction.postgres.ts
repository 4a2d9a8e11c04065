import { setTimeout as after } from 'node:timers/promises';
import type { PoolClient } from 'pg';

/** Numbers of this service's advisory locks; the second key tells them apart. */
const LOCK_CLASS = 0x77656e66;
const REFERENCE_LOCK = 1_000;

/**
 * Whoever decides on causes holds the reference still, together with others, and keeps every other
 * owner of these buckets out. Buckets are locked in order, so that two cannot wait for each other.
 */
export async function lockBuckets(db: PoolClient, buckets: Iterable<number>): Promise<void> {
  const inOrder = [...new Set(buckets)].sort((a, b) => a - b);
  await Promise.all([
    db.query('SELECT pg_advisory_xact_lock_shared($1, $2)', [LOCK_CLASS, REFERENCE_LOCK]),
    db.query(`SELECT pg_advisory_xact_lock($1, bucket) FROM unnest($2::integer[]) AS bucket`, [
      LOCK_CLASS,
      inOrder,
    ]),
  ]);
}

/** Whoever changes the reference, or goes through all causes it touches, does so alone. */
export async function lockReference(db: PoolClient): Promise<void> {
  await db.query('SELECT pg_advisory_xact_lock($1, $2)', [LOCK_CLASS, REFERENCE_LOCK]);
}

/** Waits before work that failed is tried again. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await after(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
