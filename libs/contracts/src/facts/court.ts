import { Type, type Static } from '@sinclair/typebox';
import {
  CauseId,
  closed,
  Code,
  LegalTime,
  LocalDate,
  Money,
  PublicText,
  RandomId,
  Sha256Hex,
  StatedTime,
  Instant,
  type NewFact,
} from '../envelope.js';

/** Reference to a text sealed by the identity service (case number, instrument number, name …). */
export const TextRef = RandomId;

export const CaseOpened = closed({
  case: RandomId,
  caseNumberRef: TextRef,
  instrument: closed({
    kind: Type.Union([
      Type.Literal('judgment'),
      Type.Literal('settlement'),
      Type.Literal('arbitral-award'),
      Type.Literal('notarised-debt'),
      Type.Literal('administrative-decision'),
    ]),
    numberRef: TextRef,
    issuer: Code,
    effectiveOn: LegalTime,
  }),
});

export const ObligationEstablished = closed({
  case: RandomId,
  obligation: RandomId,
  kind: Type.Union([
    Type.Literal('pay'),
    Type.Literal('hand-over'),
    Type.Literal('do'),
    Type.Literal('refrain'),
    Type.Literal('apologise'),
  ]),
  /** Stated for `pay`, absent for every other kind. */
  amount: Type.Optional(Money),
  due: Type.Optional(LegalTime),
  jointWith: Type.Optional(RandomId),
});

export const NoticeServed = closed({
  case: RandomId,
  notice: RandomId,
  kind: Type.Union([Type.Literal('enforcement-notice'), Type.Literal('listing-decision')]),
  method: Type.Union([
    Type.Literal('personal'),
    Type.Literal('post'),
    Type.Literal('electronic'),
    Type.Literal('public-notice'),
  ]),
  servedOn: LocalDate,
});

export const PerformanceRecorded = closed({
  case: RandomId,
  obligation: RandomId,
  performance: RandomId,
  /** Stated for `pay`; another obligation is performed whole. */
  amount: Type.Optional(Money),
  performedOn: LocalDate,
});

export const ObligationFulfilled = closed({
  case: RandomId,
  obligation: RandomId,
  performance: RandomId,
});

export const SubjectListed = closed({
  listing: CauseId,
  list: Code,
  case: RandomId,
  obligations: Type.Array(RandomId, { minItems: 1, uniqueItems: true }),
  notice: RandomId,
  ground: Code,
  effectiveFrom: LegalTime,
  /** First moment the listing no longer holds; absent: until a condition ends it. */
  until: Type.Optional(LegalTime),
});

export const SubjectDelisted = closed({
  listing: CauseId,
  list: Code,
  reason: Type.Union([
    Type.Literal('fulfilled'),
    Type.Literal('creditor-consent'),
    Type.Literal('settlement-performed'),
    Type.Literal('enforcement-terminated'),
    Type.Literal('court-decision'),
  ]),
  effectiveFrom: LegalTime,
});

/** The listing is void as if it never was; evidence stays. */
export const ListingAnnulled = closed({
  listing: CauseId,
  list: Code,
  reason: Type.Union([Type.Literal('decision-void'), Type.Literal('instrument-quashed')]),
  annulledAt: Instant,
});

/** What a listing should have said from the start: its terms, whole. */
export const ListingCorrected = closed({
  listing: CauseId,
  list: Code,
  ground: Code,
  effectiveFrom: LegalTime,
  /** Absent: until a condition ends it. */
  until: Type.Optional(LegalTime),
  correctedAt: Instant,
});

/** The listing should not have been recorded: as if it never was; evidence stays. */
export const ListingRetracted = closed({
  listing: CauseId,
  list: Code,
  reason: Type.Union([Type.Literal('wrong-subject'), Type.Literal('recorded-by-mistake')]),
  retractedAt: Instant,
});

/** What was owed from the start. */
export const ObligationCorrected = closed({
  case: RandomId,
  obligation: RandomId,
  amount: Money,
  correctedAt: Instant,
});

/** A performance did not last. What it ended stays ended. */
export const PerformanceReversed = closed({
  case: RandomId,
  obligation: RandomId,
  performance: RandomId,
  /** Of an obligation to pay: how much of it. */
  amount: Type.Optional(Money),
  reason: Type.Union([
    Type.Literal('bounced'),
    Type.Literal('refunded'),
    Type.Literal('recorded-by-mistake'),
  ]),
  reversedOn: LocalDate,
});

/** One case of another system's register; says what the source states and nothing more. */
export const CaseTakenIn = closed({
  case: RandomId,
  list: Code,
  snapshot: Code,
  caseNumberRef: TextRef,
  obligation: RandomId,
  /** What is owed: an obligation to pay. */
  amount: Money,
  openedOn: StatedTime,
  observedAt: Instant,
  instrument: Type.Literal('not-stated'),
  notice: Type.Literal('not-stated'),
});

/** That system lists the debtor of such a case. */
export const ListingTakenIn = closed({
  listing: CauseId,
  list: Code,
  snapshot: Code,
  case: RandomId,
  obligations: Type.Array(RandomId, { minItems: 1, uniqueItems: true }),
  legalBasis: Type.Union([PublicText, Type.Literal('not-stated')]),
  effectiveFrom: StatedTime,
  observedAt: Instant,
  /** True in the first copy of the register: it began on or before the time observed. */
  onOrBefore: Type.Boolean(),
  instrument: Type.Literal('not-stated'),
  notice: Type.Literal('not-stated'),
});

/** What has been paid by then in such a case, beyond what was known. */
export const PerformanceTakenIn = closed({
  case: RandomId,
  obligation: RandomId,
  performance: RandomId,
  /** `not-stated`: the source says that all is paid, and not how much. */
  amount: Type.Union([Money, Type.Literal('not-stated')]),
  performedOn: LocalDate,
  /** `by-rule`: the source states no date, its description says which one stands in. */
  dated: Type.Union([Type.Literal('by-source'), Type.Literal('by-rule')]),
  snapshot: Code,
  observedAt: Instant,
});

/** A dated copy of a register of cases was taken in whole; how its cases stand then. */
export const CasesTakenIn = closed({
  list: Code,
  snapshot: Code,
  digest: Sha256Hex,
  observedAt: Instant,
  active: Type.Integer({ minimum: 0 }),
  fulfilled: Type.Integer({ minimum: 0 }),
  annulled: Type.Integer({ minimum: 0 }),
  neverListed: Type.Integer({ minimum: 0 }),
  refusedRows: Type.Integer({ minimum: 0 }),
});

export type CaseOpened = NewFact<'court.case-opened.v1', Static<typeof CaseOpened>>;
export type ObligationEstablished = NewFact<
  'court.obligation-established.v1',
  Static<typeof ObligationEstablished>
>;
export type NoticeServed = NewFact<'court.notice-served.v1', Static<typeof NoticeServed>>;
export type PerformanceRecorded = NewFact<
  'court.performance-recorded.v1',
  Static<typeof PerformanceRecorded>
>;
export type ObligationFulfilled = NewFact<
  'court.obligation-fulfilled.v1',
  Static<typeof ObligationFulfilled>
>;
export type SubjectListed = NewFact<'court.subject-listed.v1', Static<typeof SubjectListed>>;
export type SubjectDelisted = NewFact<'court.subject-delisted.v1', Static<typeof SubjectDelisted>>;
export type ListingAnnulled = NewFact<'court.listing-annulled.v1', Static<typeof ListingAnnulled>>;
export type ListingCorrected = NewFact<
  'court.listing-corrected.v1',
  Static<typeof ListingCorrected>
>;
export type ListingRetracted = NewFact<
  'court.listing-retracted.v1',
  Static<typeof ListingRetracted>
>;
export type ObligationCorrected = NewFact<
  'court.obligation-corrected.v1',
  Static<typeof ObligationCorrected>
>;
export type PerformanceReversed = NewFact<
  'court.performance-reversed.v1',
  Static<typeof PerformanceReversed>
>;
export type CaseTakenIn = NewFact<'court.case-taken-in.v1', Static<typeof CaseTakenIn>>;
export type ListingTakenIn = NewFact<'court.listing-taken-in.v1', Static<typeof ListingTakenIn>>;
export type PerformanceTakenIn = NewFact<
  'court.performance-taken-in.v1',
  Static<typeof PerformanceTakenIn>
>;
export type CasesTakenIn = NewFact<'court.cases-taken-in.v1', Static<typeof CasesTakenIn>>;

export type CourtFact =
  | SubjectListed
  | ObligationFulfilled
  | SubjectDelisted
  | CaseOpened
  | ObligationEstablished
  | NoticeServed
  | PerformanceRecorded
  | ListingAnnulled
  | ListingCorrected
  | ListingRetracted
  | ObligationCorrected
  | PerformanceReversed
  | CaseTakenIn
  | ListingTakenIn
  | PerformanceTakenIn
  | CasesTakenIn;
