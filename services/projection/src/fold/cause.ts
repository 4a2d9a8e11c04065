import type { Segment } from './segment.js';

/** Whether Writ decided the listing or took it in from another system (invariant I9). */
export type Origin = 'decided' | 'taken-in';

/** One listing as answers see it, whichever ledger it comes from. */
export type Cause = {
  ledger: 'court' | 'regulatory';
  id: string;
  list: string;
  issuer: string;
  origin: Origin;
  /** Legal time in which it holds; none once annulled. */
  segments: readonly Segment[];
  /** Position, in its own ledger, of the last fact that concerned it. */
  position: number;
  /** When that fact was recorded. */
  recordedAt: string;
  /**
   * What is recorded by now holds by now: "now" is never taken to be before this, so that a clock
   * that lags behind the ledger's cannot count a cause whose end is recorded (I2).
   */
  notBefore: string;
  /** The subject or an authority disputes it, so that it may not be acted upon. */
  disputed: boolean;
};

/** @returns the key of a cause among all of a subject */
export function causeKey(ledger: string, id: string): string {
  return `${ledger}/${id}`;
}
