import type { LedgerName } from '@writ/contracts';

/** A subject whose facts wait. */
type Parked = { ledger: LedgerName; subject: string };

export type RetryAll = {
  /** What waits now. */
  list: () => Promise<readonly Parked[]>;
  /** @returns whether nothing of that subject waits any more */
  retry: (parked: Parked) => Promise<boolean>;
  pause: (ms: number) => Promise<void>;
  /** Nobody needs it any more: the process ends. */
  isOver: () => boolean;
};

const PAUSE_MS = 500;
const PAUSE_MS_MAX = 30_000;

/**
 * Tries every waiting subject until each was tried: one whose attempt throws (its ledger cannot be
 * reached, the database is away) keeps no other waiting and comes again, after longer and longer
 * pauses.
 *
 * @returns how many were released and how many wait on
 */
export async function retryEverySubject(
  parts: RetryAll,
): Promise<{ released: number; waiting: number }> {
  let open: readonly Parked[] | undefined;
  let [released, waiting] = [0, 0];
  for (let ms = PAUSE_MS; !parts.isOver(); ms = Math.min(2 * ms, PAUSE_MS_MAX)) {
    open ??= await parts.list().catch(() => undefined);
    const again: Parked[] = [];
    for (const parked of open ?? []) {
      const isReleased = await parts.retry(parked).catch(() => undefined);
      if (isReleased === undefined) again.push(parked);
      else if (isReleased) released++;
      else waiting++;
    }
    if (open && again.length === 0) return { released, waiting };
    if (open) open = again;
    await parts.pause(ms);
  }
  return { released, waiting: waiting + (open?.length ?? 0) };
}
