import { createHash } from 'node:crypto';

/** A clock that stands still until told. */
export type FixedClock = {
  now(): Date;
  set(at: string): void;
  advance(ms: number): void;
};

/** @param at ISO 8601 instant */
export function fixedClock(at = '2026-03-02T09:00:00.000Z'): FixedClock {
  let nowMs = Date.parse(at);
  return {
    now: () => new Date(nowMs),
    set: (next) => (nowMs = Date.parse(next)),
    advance: (ms) => (nowMs += ms),
  };
}

/** Ids that are the same in every run: 32 lower-case hex digits, spread over all buckets. */
export function seededIds(seed = 'writ'): { next(): string } {
  let count = 0;
  return {
    next: () => createHash('sha256').update(`${seed}:${count++}`).digest('hex').slice(0, 32),
  };
}

/** For `handle` in tests: tries again at once. */
export const noJitter = async (): Promise<void> => {};

/**
 * Random numbers from a printed seed, 0 ≤ n < 1 (mulberry32): a failing run can be repeated.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
