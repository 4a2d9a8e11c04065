import { Type, type Static } from '@sinclair/typebox';
import {
  CauseId,
  closed,
  Code,
  LegalTime,
  LocalDate,
  Money,
  RandomId,
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

export type CourtFact =
  | SubjectListed
  | ObligationFulfilled
  | SubjectDelisted
  | CaseOpened
  | ObligationEstablished
  | NoticeServed
  | PerformanceRecorded
  | ListingAnnulled;
