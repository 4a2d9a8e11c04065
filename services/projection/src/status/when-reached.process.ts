import type { ReceiptPoint } from '@writ/contracts';
import { Problem } from '@writ/service-host';
import type { Reference } from '../answer/reference.js';
import type { ProjectionParts } from '../projection-parts.process.js';
import { hasReached, type Snapshot } from './answer-status.js';
import type { Lookup } from './snapshot.postgres.js';

/** What an answer waits for: receipts to stand at or behind, about whom, and how long at most. */
export type Waiting = {
  points: readonly ReceiptPoint[];
  lookups: readonly Lookup[];
  timeoutMs: number;
};

/**
 * Answers once the projection stands at or behind every receipt, and the answer is one that may be
 * given: never an older one.
 *
 * @param answer returns undefined for one that has to wait on
 * @throws Problem 409 for a receipt of another epoch, 503 when it did not get there in time
 */
export async function whenReached<T>(
  { points, lookups, timeoutMs }: Waiting,
  { snapshots, references, movements }: Parts,
  answer: (snapshot: Snapshot, reference: Reference) => T | undefined | Promise<T | undefined>,
): Promise<T> {
  // Waiting is measured by the process's own clock: a fixed one in a test never ends.
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const snapshot = await snapshots.read(lookups);
    const reached = hasReached(points, snapshot);
    if (reached === 'another-epoch') {
      throw new Problem(409, 'receipt_is_of_another_epoch', '/atLeast');
    }
    if (reached === 'reached') {
      const reference = await references.at(snapshot);
      if (!reference) continue;
      const answered = await answer(snapshot, reference);
      if (answered !== undefined) return answered;
    }
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) throw new Problem(503, 'position_not_reached');
    await movements.next(leftMs);
  }
}

type Parts = Pick<ProjectionParts, 'snapshots' | 'references' | 'movements'>;
