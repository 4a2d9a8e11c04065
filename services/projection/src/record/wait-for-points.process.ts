import type { ReceiptPoint } from '@writ/contracts';
import { Problem } from '@writ/service-host';
import type { ProjectionParts } from '../projection-parts.process.js';
import { hasReached, type Snapshot } from '../status/answer-status.js';
import type { Lookup } from '../status/snapshot.postgres.js';

/**
 * Resolves once the projection stands at or behind every receipt.
 *
 * @param timeoutMs as asked; never an older answer
 * @throws Problem 409 for a receipt of another epoch, 503 when it did not get there in time
 */
export async function waitForPoints(
  points: readonly ReceiptPoint[],
  lookups: readonly Lookup[],
  timeoutMs: number,
  { snapshots, movements }: Pick<ProjectionParts, 'snapshots' | 'movements'>,
  alsoReached: (snapshot: Snapshot) => boolean = () => true,
): Promise<void> {
  if (points.length === 0) return;
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const snapshot = await snapshots.read(lookups);
    const reached = hasReached(points, snapshot);
    if (reached === 'another-epoch') {
      throw new Problem(409, 'receipt_is_of_another_epoch', '/atLeast');
    }
    if (reached === 'reached' && alsoReached(snapshot)) return;
    const leftMs = deadlineMs - performance.now();
    if (leftMs <= 0) throw new Problem(503, 'position_not_reached');
    await movements.next(leftMs);
  }
}
