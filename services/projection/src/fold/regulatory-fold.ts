import type { Fact, RegulatoryFact, regulatoryFacts } from '@writ/contracts';
import { compareLegalTimes } from '@writ/law';
import type { Cause } from './cause.js';
import { Contradiction } from './contradiction.js';
import {
  cutAt,
  followedBy,
  isBefore,
  laterInstant,
  statedOr,
  unlessEmpty,
  type Segment,
} from './segment.js';

/** An entry of another system's list, taken in as stated. */
export type TakenInListing = {
  list: string;
  issuer: string;
  segments: readonly Segment[];
  /** When it was first observed, and whether it had begun by then. */
  firstObservedAt: string;
  onOrBefore: boolean;
  /** When the newest fact about it was observed. */
  observedAt: string;
  ended?: string;
  /** Of the last fact that concerned it. */
  position: number;
  recordedAt: string;
};

/** What the regulator's ledger says of one subject. */
export type RegulatoryState = { listings: Readonly<Record<string, TakenInListing>> };

export const noRegulatoryRecord: RegulatoryState = { listings: {} };

export type RegulatorySubjectFact = Fact & Extract<RegulatoryFact, { data: { listing: string } }>;

/**
 * The state after one more fact of the regulator's ledger. Reads no other ledger.
 *
 * @throws Contradiction when the fact contradicts those before it
 */
export function evolveRegulatory(
  state: RegulatoryState,
  fact: RegulatorySubjectFact,
): RegulatoryState {
  const id = fact.data.listing;
  const before = state.listings[id];
  if (fact.type === 'regulatory.listing-taken-in.v1') {
    if (before) throw new Contradiction('listing_exists', fact);
    return withListing(state, id, takenIn(fact));
  }
  if (!before) throw new Contradiction('listing_is_not_known', fact);
  if (before.ended !== undefined) throw new Contradiction('listing_has_ended', fact);
  return withListing(
    state,
    id,
    fact.type === 'regulatory.listing-amended.v1' ? amended(before, fact) : ended(before, fact),
  );
}

/** @returns an entry taken in as answers see it */
export function regulatoryCause(id: string, listing: TakenInListing): Cause {
  const { list, issuer, segments, position, recordedAt, observedAt } = listing;
  return {
    ledger: 'regulatory',
    id,
    list,
    issuer,
    origin: 'taken-in',
    segments,
    position,
    recordedAt,
    // An end observed counts at once, even where the observer's clock ran ahead of the ledger's.
    notBefore: laterInstant(recordedAt, observedAt),
    disputed: false,
  };
}

function takenIn(fact: Fact & regulatoryFacts.ListingTakenIn): TakenInListing {
  const { list, observedAt, onOrBefore } = fact.data;
  const { authority: issuer, position, recordedAt } = fact;
  return {
    list,
    issuer,
    segments: stretch(fact.data, observedAt, onOrBefore),
    firstObservedAt: observedAt,
    onOrBefore,
    observedAt,
    position,
    recordedAt,
  };
}

/**
 * A change holds from the date it states, or from the time observed where it states none or one
 * that lies behind; until then what held goes on. An entry that had not begun by then has no past:
 * what is stated now replaces it. A correction replaces the past as well.
 */
function amended(
  before: TakenInListing,
  fact: Fact & regulatoryFacts.ListingAmended,
): TakenInListing {
  const { nature, observedAt } = fact.data;
  const { position, recordedAt } = fact;
  const moved = { ...before, observedAt, position, recordedAt };
  if (nature === 'correction') {
    return { ...moved, segments: stretch(fact.data, before.firstObservedAt, before.onOrBefore) };
  }
  const { effectiveFrom: stated, legalBasis: basis } = fact.data;
  const observed = { instant: observedAt };
  const begins = stated === 'not-stated' || isBefore(stated, observedAt) ? undefined : stated;
  const hasPast = before.segments.some(({ from }) => compareLegalTimes(from, observed) <= 0);
  const past = !hasPast
    ? []
    : begins
      ? cutAt(before.segments, begins)
      : cutAt(before.segments, observed, { untilObserved: true });
  const next = unlessEmpty({
    ...untilOf(fact.data),
    from: begins ?? observed,
    basis,
    ...(begins ? {} : { fromObserved: 'at' as const }),
  });
  return { ...moved, segments: next.reduce(followedBy, past) };
}

/** The source states no legal date of the end: it ends when the end was observed. */
function ended(before: TakenInListing, fact: Fact & regulatoryFacts.ListingEnded): TakenInListing {
  const { observedAt, reason } = fact.data;
  const { position, recordedAt } = fact;
  const at = { instant: observedAt };
  const segments = cutAt(before.segments, at, { untilObserved: true });
  return { ...before, segments, observedAt, ended: reason, position, recordedAt };
}

type Stated = Pick<
  regulatoryFacts.ListingTakenIn['data'],
  'legalBasis' | 'effectiveFrom' | 'until'
>;

function stretch(stated: Stated, observedAt: string, onOrBefore: boolean): Segment[] {
  const from = statedOr(stated.effectiveFrom, observedAt);
  const fromObserved = onOrBefore ? ('on-or-before' as const) : ('at' as const);
  return unlessEmpty({
    ...untilOf(stated),
    from,
    basis: stated.legalBasis,
    ...(stated.effectiveFrom === 'not-stated' ? { fromObserved } : {}),
  });
}

function untilOf({ until }: Stated): Pick<Segment, 'until'> {
  return until === 'not-stated' ? {} : { until };
}

function withListing(state: RegulatoryState, id: string, listing: TakenInListing): RegulatoryState {
  return { listings: { ...state.listings, [id]: listing } };
}
