import { Type } from '@sinclair/typebox';
import { CauseId, closed, Code, LegalTime, LocalDate, Money, RandomId } from '../envelope.js';
import { CaseOpened, NoticeServed, ObligationEstablished } from '../facts/court.js';
import { ExpectedVersion, SubjectNamed, type OrderLine } from './order.js';

const service = 'court' as const;
/** Sealed by the identity service; never recorded. */
const SealedText = (maxLength: number) => Type.String({ minLength: 1, maxLength });
const oneOf = (...codes: string[]) => Type.Union(codes.map((code) => Type.Literal(code)));

const Debtor = closed({
  ...SubjectNamed.properties,
  name: Type.Optional(SealedText(500)),
});

/** What a court's systems order, by type. */
export const COURT_ORDERS = {
  'court.intake.judgment-effective.v1': {
    service,
    summary: 'An instrument has taken effect: open a case on it.',
    path: '/court/v1/cases',
    data: closed({
      caseNumber: SealedText(200),
      instrument: closed({
        kind: CaseOpened.properties.instrument.properties.kind,
        number: SealedText(200),
        issuer: Code,
        effectiveOn: LegalTime,
      }),
    }),
  },
  'court.intake.obligation-established.v1': {
    service,
    summary: 'What a debtor, or several jointly, must do.',
    path: '/court/v1/cases/{case}/obligations',
    data: closed({
      case: RandomId,
      debtors: Type.Array(Debtor, { minItems: 1, maxItems: 100 }),
      kind: ObligationEstablished.properties.kind,
      amount: Type.Optional(Money),
      due: Type.Optional(LegalTime),
      expectedVersion: ExpectedVersion,
    }),
  },
  'court.intake.notice-served.v1': {
    service,
    summary: 'A notice reached a debtor.',
    path: '/court/v1/cases/{case}/notices',
    data: closed({
      case: RandomId,
      subject: SubjectNamed,
      kind: NoticeServed.properties.kind,
      method: NoticeServed.properties.method,
      servedOn: LocalDate,
      expectedVersion: ExpectedVersion,
    }),
  },
  'court.intake.listing-ordered.v1': {
    service,
    summary: 'List a debtor of a case.',
    path: '/court/v1/listings',
    data: closed({
      case: RandomId,
      subject: SubjectNamed,
      list: Code,
      ground: Code,
      obligations: Type.Array(RandomId, { minItems: 1, maxItems: 200, uniqueItems: true }),
      notice: RandomId,
      effectiveFrom: LegalTime,
      until: Type.Optional(LegalTime),
      expectedVersion: ExpectedVersion,
    }),
  },
  'court.intake.performance-reported.v1': {
    service,
    summary: 'A debtor has performed, in part or in full.',
    path: '/court/v1/cases/{case}/performances',
    data: closed({
      case: RandomId,
      obligation: RandomId,
      amount: Type.Optional(Money),
      performedOn: LocalDate,
      expectedVersion: ExpectedVersion,
    }),
  },
  'court.intake.delisting-ordered.v1': {
    service,
    summary: 'End a listing, from now on.',
    path: '/court/v1/listings/{listing}/delisting',
    data: closed({
      listing: CauseId,
      reason: oneOf(
        'creditor-consent',
        'settlement-performed',
        'enforcement-terminated',
        'court-decision',
      ),
      expectedVersion: ExpectedVersion,
    }),
  },
  'court.intake.annulment-ordered.v1': {
    service,
    summary: 'A listing is void, as if it never was.',
    path: '/court/v1/listings/{listing}/annulment',
    data: closed({
      listing: CauseId,
      reason: oneOf('decision-void', 'instrument-quashed'),
      expectedVersion: ExpectedVersion,
    }),
  },
  'court.intake.listing-correction-ordered.v1': {
    service,
    summary: 'What a listing should have said from the start: its terms, whole.',
    path: '/court/v1/listings/{listing}/correction',
    data: closed({
      listing: CauseId,
      ground: Code,
      effectiveFrom: LegalTime,
      until: Type.Optional(LegalTime),
      expectedVersion: ExpectedVersion,
    }),
  },
  'court.intake.listing-retraction-ordered.v1': {
    service,
    summary: 'Take back a listing recorded by mistake.',
    path: '/court/v1/listings/{listing}/retraction',
    data: closed({
      listing: CauseId,
      reason: oneOf('wrong-subject', 'recorded-by-mistake'),
      expectedVersion: ExpectedVersion,
    }),
  },
  'court.intake.obligation-correction-ordered.v1': {
    service,
    summary: 'What was owed from the start.',
    path: '/court/v1/cases/{case}/obligations/{obligation}/correction',
    data: closed({
      case: RandomId,
      obligation: RandomId,
      amount: Money,
      expectedVersion: ExpectedVersion,
    }),
  },
  'court.intake.performance-reversal-reported.v1': {
    service,
    summary: 'A performance did not last: it bounced, or was paid back.',
    path: '/court/v1/cases/{case}/performances/{performance}/reversal',
    data: closed({
      case: RandomId,
      performance: RandomId,
      amount: Type.Optional(Money),
      reason: oneOf('bounced', 'refunded', 'recorded-by-mistake'),
      reversedOn: LocalDate,
      expectedVersion: ExpectedVersion,
    }),
  },
} as const satisfies Record<string, OrderLine>;
