import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@writ/service-host';

/** A clock that goes as the machine's does, so far ahead of it. */
export type SandboxClock = Clock & {
  /** How far ahead it is, in milliseconds. */
  ahead(): number;
  /**
   * Moves it on; nothing moves it back, since what is recorded never is.
   *
   * @returns whether it moved: not beyond ten years ahead
   */
  advance(ms: number): boolean;
};

const FILE = 'clock.json';
const AHEAD_MS_MAX = 10 * 366 * 86_400_000;

/**
 * A sandbox's clock; how far ahead it is stays in the data folder, so that a sandbox started again
 * does not find its own records in the future.
 */
export function openSandboxClock(dataFolder: string, real: Clock): SandboxClock {
  const file = join(dataFolder, FILE);
  let ahead = existsSync(file) ? readAhead(readFileSync(file, 'utf8')) : 0;
  return {
    now: () => new Date(real.now().getTime() + ahead),
    ahead: () => ahead,
    advance: (ms) => {
      if (ms <= 0 || ahead + ms > AHEAD_MS_MAX) return false;
      ahead += ms;
      writeFileSync(file, `${JSON.stringify({ aheadMs: ahead })}\n`, { mode: 0o600 });
      return true;
    },
  };
}

function readAhead(text: string): number {
  const { aheadMs } = JSON.parse(text) as { aheadMs: unknown };
  if (typeof aheadMs === 'number' && aheadMs >= 0) return aheadMs;
  throw new Error(`${FILE} does not say how far ahead the clock is`);
}
