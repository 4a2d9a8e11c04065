import type { Fact, LedgerName } from '@writ/contracts';
import { causeKey, type Cause } from './cause.js';
import {
  courtCause,
  courtListingOf,
  courtSegments,
  evolveCourt,
  noCourtRecord,
  type CourtListing,
  type CourtState,
  type CourtSubjectFact,
} from './court-fold.js';
import {
  evolveEnforcement,
  noEnforcementRecord,
  type EnforcementState,
  type EnforcementSubjectFact,
  type MeasureDecision,
} from './enforcement-fold.js';
import { Contradiction } from './contradiction.js';
import {
  evolveRegulatory,
  noRegulatoryRecord,
  regulatoryCause,
  type RegulatoryState,
  type RegulatorySubjectFact,
  type TakenInListing,
} from './regulatory-fold.js';
import type { Segment } from './segment.js';

/** Told apart in the root's table and in reports; raised when a fold changes what it keeps. */
export const FOLD_VERSION = 1;

/**
 * A subject's state is a product of independent folds, one per ledger: none reads another's, so
 * that the order in which ledgers arrive cannot matter.
 */
export type SubjectState = {
  court?: CourtState;
  regulatory?: RegulatoryState;
  enforcement?: EnforcementState;
};
export type Component = CourtState | RegulatoryState | EnforcementState;

/** A thing of the record and how it stands from one fact on: what history keeps. */
export type Standing = {
  /** `listing-…`, `decision-…`: absent where the fact itself is all there is to keep. */
  cause?: string;
  list?: string;
  /** Legal time, for listings. */
  segments: readonly Segment[];
  /** What replays that thing (a listing, a decision), or the fact's own data. */
  data: unknown;
  /** Position of the fact whose standing this one replaces. */
  replaces?: number;
};

export type Evolved = { state: Component; standing: Standing };

/**
 * One component after one more fact, and what history keeps of it.
 *
 * @throws Contradiction when the fact contradicts those before it
 */
export function evolveComponent(
  ledger: LedgerName,
  before: Component | undefined,
  fact: Fact,
): Evolved {
  if (fact.ledger !== ledger) throw new Contradiction('fact_is_of_another_ledger', fact);
  switch (ledger) {
    case 'court':
      return evolvedCourt(before as CourtState | undefined, fact as CourtSubjectFact);
    case 'regulatory':
      return evolvedRegulatory(before as RegulatoryState | undefined, fact);
    case 'enforcement':
      return evolvedEnforcement(before as EnforcementState | undefined, fact);
  }
}

/** @returns all listings of a subject, of both listing ledgers */
export function causesOf(state: SubjectState): Cause[] {
  return [
    ...Object.entries(state.court?.listings ?? {}).map(([id, kept]) => courtCause(id, kept)),
    ...Object.entries(state.regulatory?.listings ?? {}).map(([id, kept]) =>
      regulatoryCause(id, kept),
    ),
  ];
}

/** @returns a listing as answers see it, from what history keeps of it */
export function causeFromHistory(ledger: LedgerName, id: string, data: unknown): Cause | undefined {
  if (ledger === 'court') return courtCause(id, data as CourtListing);
  if (ledger === 'regulatory') return regulatoryCause(id, data as TakenInListing);
  return undefined;
}

/** @returns the newest decision per cause */
export function decisionsOf(state: SubjectState): Readonly<Record<string, MeasureDecision>> {
  return state.enforcement?.decisions ?? {};
}

function evolvedCourt(before: CourtState = noCourtRecord, fact: CourtSubjectFact): Evolved {
  const state = evolveCourt(before, fact);
  const id = courtListingOf(fact);
  const listing = id === undefined ? undefined : state.listings[id];
  if (id === undefined || !listing) return { state, standing: { segments: [], data: fact.data } };
  const { list } = listing;
  const standing = { cause: id, list, segments: courtSegments(listing), data: listing };
  return { state, standing: replacing(standing, before.listings[id]) };
}

function evolvedRegulatory(before: RegulatoryState = noRegulatoryRecord, fact: Fact): Evolved {
  const subjectFact = fact as RegulatorySubjectFact;
  const state = evolveRegulatory(before, subjectFact);
  const id = subjectFact.data.listing;
  const listing = state.listings[id]!;
  const { list, segments } = listing;
  const standing = { cause: id, list, segments, data: listing };
  return { state, standing: replacing(standing, before.listings[id]) };
}

function evolvedEnforcement(before: EnforcementState = noEnforcementRecord, fact: Fact): Evolved {
  const subjectFact = fact as EnforcementSubjectFact;
  const state = evolveEnforcement(before, subjectFact);
  if (subjectFact.type === 'enforcement.measure-acknowledged.v1') {
    return { state, standing: { segments: [], data: subjectFact.data } };
  }
  const { ledger, id } = subjectFact.data.cause;
  const cause = causeKey(ledger, id);
  const standing = { cause, segments: [], data: state.decisions[cause] };
  return { state, standing: replacing(standing, before.decisions[cause]) };
}

function replacing(standing: Standing, before: { position: number } | undefined): Standing {
  return before ? { ...standing, replaces: before.position } : standing;
}
