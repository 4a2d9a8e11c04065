/**
 * Wakes whoever waits for the projection to move. Moves of this process wake at once; those of
 * another process (it may own the bucket) are found by looking again after a moment.
 */
export class Movements {
  private readonly waiting = new Set<() => void>();

  /** @param lookAgainMs how long a move of another process may go unseen */
  constructor(private readonly lookAgainMs = 20) {}

  /** Something was applied and committed. */
  moved(): void {
    for (const wake of [...this.waiting]) wake();
  }

  /** Resolves at the next move, or when it is time to look again. */
  next(atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, Math.min(atMostMs, this.lookAgainMs)));
      this.waiting.add(wake);
    });
  }
}
