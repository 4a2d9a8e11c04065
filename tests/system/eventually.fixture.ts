// The one wait by the clock: a server that was killed has no position to wait on.
// eslint-disable-next-line house/no-sleep-in-specs
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 120_000;

/**
 * Asks again until an outside system answers: for servers that come back from the dead, where there
 * is no position to wait on yet.
 *
 * @throws the last error when patience ends
 */
export async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(50);
    }
  }
}
