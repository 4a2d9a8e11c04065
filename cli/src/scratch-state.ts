import {
  isKnownFactType,
  LEDGERS,
  type DeliveredFact,
  type Fact,
  type LedgerName,
  type MeasureAnswer,
} from '@writ/contracts';
import { PoisonFact, splitParked, subjectKey, type ParkReason } from '@writ/exchange';
import { ANY_MEASURE, answer } from '@writ/projection/answer/answer';
import { referenceOf, type Reference } from '@writ/projection/answer/reference';
import { foldBatch, readFact, type FoldedBatch } from '@writ/projection/fold/fold-batch';
import type { ReferenceItem } from '@writ/projection/fold/reference-fold';
import { EMPTY_ROOT, movedRoot, sumOfRoots } from '@writ/projection/fold/state-root';
import {
  causesOf,
  decisionsOf,
  FOLD_VERSION,
  type SubjectState,
} from '@writ/projection/fold/subject-state';
import { beginVerification, checkFact, rootOf, type Verification } from './verify-ledger.js';

/** How far each ledger is folded: the position of its last fact, -1 before the first. */
export type Positions = Record<LedgerName, number>;

/**
 * All that follows from facts somebody handed out, in memory: every owner's canonical state per
 * ledger, and what the ledgers' own rules say of the facts. `foldInto` changes it.
 */
export type Scratch = {
  states: Record<LedgerName, Map<string, string>>;
  /** Per ledger the sum over its owners. */
  roots: Record<LedgerName, string>;
  seen: Record<LedgerName, Verification>;
  /** Facts that the projection sets aside too, with all later ones of their subjects. */
  setAside: SetAside[];
  /** `subjectKey`s of which something was set aside. */
  waiting: Set<string>;
};

/** A fact that is not folded, and why. */
export type SetAside = {
  ledger: LedgerName;
  position: number;
  subject?: string;
  reason: ParkReason;
};

function perLedger<T>(of: (ledger: LedgerName) => T): Record<LedgerName, T> {
  return Object.fromEntries(LEDGERS.map((ledger) => [ledger, of(ledger)])) as Record<LedgerName, T>;
}

/** @returns a state into which nothing is folded yet */
export function emptyScratch(): Scratch {
  return {
    states: perLedger(() => new Map<string, string>()),
    roots: perLedger(() => EMPTY_ROOT),
    seen: perLedger(beginVerification),
    setAside: [],
    waiting: new Set(),
  };
}

/**
 * Folds the next facts of a ledger, each checked by the rules of the ledger as well. What the
 * projection would set aside is set aside, by its own rule: one subject's trouble is its own.
 *
 * @throws UnreadableFact naming a text that is not of its fact: nothing behind it can be trusted
 */
export function foldInto(
  scratch: Scratch,
  ledger: LedgerName,
  facts: readonly DeliveredFact[],
): void {
  for (const fact of facts) checkFact(scratch.seen[ledger], fact);
  const states = scratch.states[ledger];
  const folded = foldWhatCanBe(scratch, ledger, facts);
  for (const { owner, state } of folded.states) states.set(owner, state);
  for (const difference of folded.differences.values()) {
    scratch.roots[ledger] = movedRoot(scratch.roots[ledger], difference);
  }
}

function foldWhatCanBe(
  scratch: Scratch,
  ledger: LedgerName,
  facts: readonly DeliveredFact[],
): FoldedBatch {
  const poison = new Map<string, DeliveredFact>();
  for (;;) {
    const split = splitParked(facts, scratch.waiting, poison, isKnownFactType);
    try {
      const folded = foldBatch(ledger, split.foldable.map(readFact), scratch.states[ledger]);
      for (const { fact, reason } of split.parkings) {
        const { position, subject } = fact;
        const whose = subject === undefined ? {} : { subject };
        scratch.setAside.push({ ledger, position, ...whose, reason });
        scratch.waiting.add(subjectKey(fact));
      }
      return folded;
    } catch (error) {
      // Nothing was folded; once more with that subject set aside from there on.
      if (!(error instanceof PoisonFact) || poison.has(subjectKey(error.fact))) throw error;
      poison.set(subjectKey(error.fact), error.fact);
    }
  }
}

/** @returns when the newest fact folded was recorded; empty before the first */
export function recordedAtOf({ seen }: Pick<Scratch, 'seen'>): string {
  return Object.values(seen).reduce((last, { recordedAt }) => {
    return recordedAt > last ? recordedAt : last;
  }, '');
}

/** What a scratch state comes to: the root that the projection has at the same positions. */
export type ScratchSummary = {
  foldVersion: number;
  root: string;
  position: Positions;
  /** The ledgers' own roots (RFC 6962) over the facts folded. */
  ledgers: { ledger: LedgerName; size: number; root: string; faults: Verification['faults'] }[];
  setAside: SetAside[];
};

export function summaryOf({ roots, seen, setAside }: Scratch): ScratchSummary {
  return {
    foldVersion: FOLD_VERSION,
    root: sumOfRoots(Object.values(roots)),
    position: perLedger((ledger) => seen[ledger].size - 1),
    ledgers: LEDGERS.map((ledger) => {
      const { size, faults } = seen[ledger];
      return { ledger, size, root: rootOf(seen[ledger]), faults };
    }),
    setAside: [...setAside],
  };
}

/** @returns a subject's state, a component per ledger that speaks of it */
export function stateOf({ states }: Scratch, subject: string): SubjectState {
  const components = LEDGERS.flatMap((ledger) => {
    const text = states[ledger].get(subject);
    return text === undefined ? [] : [[ledger, JSON.parse(text) as unknown] as const];
  });
  return Object.fromEntries(components) as SubjectState;
}

/** What follows from the lists and memoranda folded. */
export function referenceIn({ states }: Scratch): Reference {
  const items = [...states.regulatory]
    .filter(([owner]) => owner.includes('/'))
    .map(([owner, text]) => [owner, JSON.parse(text) as ReferenceItem] as const);
  return referenceOf(items);
}

/** How a subject is answered by a state, by the rules of the projection, at one legal time. */
export function answersBy(
  state: SubjectState,
  reference: Reference,
  at: string,
  measures: readonly string[],
): MeasureAnswer[] {
  const record = { causes: causesOf(state), decisions: decisionsOf(state) };
  return answer(record, reference, { measures }, { asOf: { instant: at } });
}

/** @returns every measure that was ever decided for a subject, and any other */
export function measuresOf(...states: readonly SubjectState[]): string[] {
  const decided = states.flatMap((state) =>
    Object.values(decisionsOf(state)).flatMap(({ measures }) => measures.map(({ code }) => code)),
  );
  return [...new Set([ANY_MEASURE, ...decided])].sort();
}

/** One event as a difference names it. */
export type NamedEvent = { ledger: LedgerName; position: number; type: string; subject?: string };

export function namedEvent({ canonical }: DeliveredFact): NamedEvent {
  const { ledger, position, type, subject } = JSON.parse(canonical) as Fact;
  return subject === undefined ? { ledger, position, type } : { ledger, position, type, subject };
}
