import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Decision } from '@writ/decider';

/** What came of a decision; each check compares it whole. */
export type Outcome<D, R extends string> = {
  decision: Decision<D, R>;
  thenRecords(...events: readonly D[]): void;
  /** Accepted, and nothing changes. */
  thenNothing(): void;
  /** A misspelt reason does not compile. */
  thenRefuses(reason: R, field?: string): void;
};

export type Given<S> = {
  state: S;
  when<D, R extends string>(decide: (state: S) => Decision<D, R>): Outcome<D, R>;
};

/**
 * Given facts, when a decision is asked for, then this is recorded or refused.
 *
 * ```ts
 * const given = scenario(neverListed, evolve);
 * given(listed).when((state) => listSubject(state, order, today)).thenRefuses('already_listed');
 * ```
 */
export function scenario<S, E>(
  initial: S,
  evolve: (state: S, event: E) => S,
): (...events: readonly E[]) => Given<S> {
  return (...events) => {
    const state = events.reduce(evolve, initial);
    return { state, when: (decide) => outcomeOf(decide(state)) };
  };
}

function outcomeOf<D, R extends string>(decision: Decision<D, R>): Outcome<D, R> {
  return {
    decision,
    thenRecords: (...events) => deepStrictEqual(decision, { kind: 'record', events }),
    thenNothing: () => deepStrictEqual(decision, { kind: 'record', events: [] }),
    thenRefuses: (reason, field) => {
      if (decision.kind !== 'refuse') {
        deepStrictEqual(decision, { kind: 'refuse', refusal: { reason } });
        return;
      }
      strictEqual(decision.refusal.reason, reason);
      if (field !== undefined) strictEqual(decision.refusal.field, field);
    },
  };
}
