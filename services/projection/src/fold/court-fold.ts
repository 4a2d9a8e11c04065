import type { Fact, LegalTime, Money } from '@writ/contracts';
import type { CourtFact, courtFacts } from '@writ/contracts';
import { addMoney, compareMoney, noMoney, remainder } from '@writ/law';
import type { Cause } from './cause.js';
import { Contradiction } from './contradiction.js';
import { earlier, statedOr, unlessEmpty, type Segment } from './segment.js';

/** A listing a court decided, or took in from another's register; its end if one is recorded. */
export type CourtListing = {
  list: string;
  issuer: string;
  case: string;
  obligations: readonly string[];
  ground: string;
  effectiveFrom: LegalTime;
  until?: LegalTime;
  /** Present where it was taken in: how its start is known where none is stated. */
  takenIn?: { fromObserved?: Segment['fromObserved'] };
  end?:
    | { kind: 'delisted'; reason: string; effectiveFrom: LegalTime }
    | { kind: 'annulled' | 'retracted'; reason: string };
  /** Of the last fact that concerned it. */
  position: number;
  recordedAt: string;
};

export type Obligation = {
  case: string;
  kind: string;
  amount?: Money;
  /** Currency → performed so far. */
  performed: Readonly<Record<string, string>>;
  performances: number;
  fulfilled: boolean;
};

/** What the court's ledger says of one subject. */
export type CourtState = {
  listings: Readonly<Record<string, CourtListing>>;
  obligations: Readonly<Record<string, Obligation>>;
};

export const noCourtRecord: CourtState = { listings: {}, obligations: {} };

type Subjectless = courtFacts.CaseOpened | courtFacts.CasesTakenIn;
export type CourtSubjectFact = Fact & Exclude<CourtFact, Subjectless>;

/**
 * The state after one more fact of the court's ledger. Reads no other ledger.
 *
 * @throws Contradiction when the fact contradicts those before it
 */
export function evolveCourt(state: CourtState, fact: CourtSubjectFact): CourtState {
  switch (fact.type) {
    case 'court.subject-listed.v1':
      return listed(state, fact);
    case 'court.listing-taken-in.v1':
      return takenIn(state, fact);
    case 'court.case-taken-in.v1': {
      const { obligation, case: caseId, amount } = fact.data;
      if (state.obligations[obligation]) throw new Contradiction('obligation_exists', fact);
      const fresh = { case: caseId, kind: 'pay', performed: {}, performances: 0, fulfilled: false };
      return withObligation(state, obligation, { ...fresh, amount });
    }
    case 'court.performance-taken-in.v1': {
      const { obligation, amount } = fact.data;
      return performed(state, fact, obligation, amount === 'not-stated' ? undefined : amount);
    }
    case 'court.subject-delisted.v1': {
      const { reason, effectiveFrom } = fact.data;
      return ended(state, fact, { kind: 'delisted', reason, effectiveFrom });
    }
    case 'court.listing-annulled.v1':
      return ended(state, fact, { kind: 'annulled', reason: fact.data.reason });
    case 'court.listing-retracted.v1':
      return ended(state, fact, { kind: 'retracted', reason: fact.data.reason });
    case 'court.listing-corrected.v1':
      return corrected(state, fact);
    case 'court.obligation-corrected.v1': {
      const { obligation: id, amount } = fact.data;
      return withObligation(state, id, { ...obligationOf(state, id, fact), amount });
    }
    case 'court.performance-reversed.v1':
      return reversed(state, fact);
    case 'court.obligation-established.v1': {
      const { obligation, case: caseId, kind, amount } = fact.data;
      if (state.obligations[obligation]) throw new Contradiction('obligation_exists', fact);
      const fresh = { case: caseId, kind, performed: {}, performances: 0, fulfilled: false };
      return withObligation(state, obligation, amount ? { ...fresh, amount } : fresh);
    }
    case 'court.performance-recorded.v1': {
      const { obligation, amount } = fact.data;
      return performed(state, fact, obligation, amount);
    }
    case 'court.obligation-fulfilled.v1': {
      const obligation = obligationOf(state, fact.data.obligation, fact);
      return withObligation(state, fact.data.obligation, { ...obligation, fulfilled: true });
    }
    case 'court.notice-served.v1':
      // Kept in history; no answer rests on it once the listing is decided.
      return state;
  }
}

/** @returns the listing a fact is about, if it is about one */
export function courtListingOf(fact: CourtSubjectFact): string | undefined {
  return 'listing' in fact.data ? fact.data.listing : undefined;
}

/** Legal time of a court's listing: none once annulled, cut short by a delisting. */
export function courtSegments(listing: CourtListing): Segment[] {
  const { effectiveFrom: from, end, ground: basis, takenIn: { fromObserved } = {} } = listing;
  if (end && end.kind !== 'delisted') return [];
  const until = earlier(listing.until, end?.effectiveFrom);
  const mark = fromObserved ? { fromObserved } : {};
  return unlessEmpty(until ? { from, until, basis, ...mark } : { from, basis, ...mark });
}

/** @returns a court's listing as answers see it */
export function courtCause(id: string, listing: CourtListing): Cause {
  const { list, issuer, position, recordedAt } = listing;
  return {
    ledger: 'court',
    id,
    list,
    issuer,
    origin: listing.takenIn ? 'taken-in' : 'decided',
    segments: courtSegments(listing),
    position,
    recordedAt,
    notBefore: recordedAt,
    disputed: false,
  };
}

function listed(state: CourtState, fact: Fact & courtFacts.SubjectListed): CourtState {
  const { listing: id, list, case: caseId, obligations, ground, effectiveFrom, until } = fact.data;
  if (state.listings[id]) throw new Contradiction('listing_exists', fact);
  const { authority: issuer, position, recordedAt } = fact;
  const listing: CourtListing = {
    list,
    issuer,
    case: caseId,
    obligations,
    ground,
    effectiveFrom,
    ...(until ? { until } : {}),
    position,
    recordedAt,
  };
  return withListing(state, id, listing);
}

function takenIn(state: CourtState, fact: Fact & courtFacts.ListingTakenIn): CourtState {
  const { listing: id, list, case: caseId, obligations, legalBasis: ground } = fact.data;
  if (state.listings[id]) throw new Contradiction('listing_exists', fact);
  const { effectiveFrom: stated, observedAt, onOrBefore } = fact.data;
  const { authority: issuer, position, recordedAt } = fact;
  const observed = { fromObserved: onOrBefore ? ('on-or-before' as const) : ('at' as const) };
  const listing: CourtListing = {
    list,
    issuer,
    case: caseId,
    obligations,
    ground,
    effectiveFrom: statedOr(stated, observedAt),
    takenIn: stated === 'not-stated' ? observed : {},
    position,
    recordedAt,
  };
  return withListing(state, id, listing);
}

function performed(
  state: CourtState,
  fact: Fact,
  id: string,
  amount: Money | undefined,
): CourtState {
  const before = obligationOf(state, id, fact);
  const performances = before.performances + 1;
  const sum = amount ? added(before.performed, amount) : before.performed;
  return withObligation(state, id, { ...before, performed: sum, performances });
}

/** What a listing should have said from the start; its end, if it has one, stays. */
function corrected(state: CourtState, fact: Fact & courtFacts.ListingCorrected): CourtState {
  const { listing: id, ground, effectiveFrom, until } = fact.data;
  const listing = state.listings[id];
  if (!listing) throw new Contradiction('listing_is_not_known', fact);
  if (isVoid(listing)) throw new Contradiction('listing_is_annulled', fact);
  const { until: _, ...others } = listing;
  const { position, recordedAt } = fact;
  const terms = { ground, effectiveFrom, ...(until ? { until } : {}) };
  return withListing(state, id, { ...others, ...terms, position, recordedAt });
}

/** Less is performed than was; what is short again is no longer fulfilled. No listing revives. */
function reversed(state: CourtState, fact: Fact & courtFacts.PerformanceReversed): CourtState {
  const { obligation: id, amount } = fact.data;
  const before = obligationOf(state, id, fact);
  if (!amount) return withObligation(state, id, { ...before, fulfilled: false });
  const { currency } = amount;
  const sum = { amount: before.performed[currency] ?? noMoney(currency).amount, currency };
  const left = remainder(sum, amount);
  const performed = { ...before.performed, [currency]: left.amount };
  const covers = before.amount !== undefined && compareMoney(left, before.amount) >= 0;
  return withObligation(state, id, { ...before, performed, fulfilled: before.fulfilled && covers });
}

/** @returns whether the listing is as if it never was */
function isVoid({ end }: CourtListing): boolean {
  return end?.kind === 'annulled' || end?.kind === 'retracted';
}

/** An annulment may follow a delisting (it never was); nothing follows an annulment. */
function ended(
  state: CourtState,
  fact: Fact &
    (courtFacts.SubjectDelisted | courtFacts.ListingAnnulled | courtFacts.ListingRetracted),
  end: NonNullable<CourtListing['end']>,
): CourtState {
  const listing = state.listings[fact.data.listing];
  if (!listing) throw new Contradiction('listing_is_not_known', fact);
  if (isVoid(listing)) throw new Contradiction('listing_is_annulled', fact);
  if (listing.end && end.kind === 'delisted') throw new Contradiction('listing_has_ended', fact);
  const { position, recordedAt } = fact;
  return withListing(state, fact.data.listing, { ...listing, end, position, recordedAt });
}

function obligationOf(state: CourtState, id: string, fact: Fact): Obligation {
  const obligation = state.obligations[id];
  if (!obligation) throw new Contradiction('obligation_is_not_known', fact);
  return obligation;
}

function added(performed: Obligation['performed'], money: Money): Obligation['performed'] {
  const { currency } = money;
  const before = { amount: performed[currency] ?? noMoney(currency).amount, currency };
  return { ...performed, [currency]: addMoney(before, money).amount };
}

function withListing(state: CourtState, id: string, listing: CourtListing): CourtState {
  return { ...state, listings: { ...state.listings, [id]: listing } };
}

function withObligation(state: CourtState, id: string, obligation: Obligation): CourtState {
  return { ...state, obligations: { ...state.obligations, [id]: obligation } };
}
