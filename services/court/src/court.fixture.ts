import type { CourtFact, Money } from '@writ/contracts';
import { MINIMUM } from '@writ/law';
import { scenario } from '@writ/testkit';
import { emptyFile, evolveFile } from './case/case-file.js';
import type { EstablishObligation } from './case/establish-obligation.js';
import type { RecordPerformance } from './case/record-performance.js';
import type { ServeNotice } from './case/serve-notice.js';
import { courtFact, type CourtContext } from './court-context.js';
import type { ListSubject } from './listing/list-subject.js';

// Made-up ids: they are nobody's.
export const CASE = 'ca'.repeat(16);
export const DEBTOR = '5f'.repeat(16);
export const CO_DEBTOR = '6e'.repeat(16);
export const STRANGER = '7d'.repeat(16);
export const DEBT = '0b'.repeat(16);
export const JOINT_DEBT = '1b'.repeat(16);
export const SECOND_DEBT = '2b'.repeat(16);
export const NOTICE = '0e'.repeat(16);
export const PAYMENT = 'fa'.repeat(16);
export const JOINT = '10'.repeat(16);
const REF = '9f'.repeat(16);

export const ZONE = 'Asia/Shanghai';
export const LIST = 'cn.spc.judgment-defaulters';
export const GROUND = 'cn.spc.g1.able-but-refuses';
export const FIRST_LISTING = `${CASE}-1`;
export const SECOND_LISTING = `${CASE}-2`;

/** 10:00 on Monday 2 March 2026 where the court sits. */
export const asked: CourtContext = {
  envelope: {
    authority: 'cn.court.made-up',
    actor: { kind: 'person', id: 'clerk-1', verified: false },
    source: { kind: 'api' },
    correlation: 'ab'.repeat(16),
  },
  now: new Date('2026-03-02T02:00:00.000Z'),
  zone: ZONE,
  law: MINIMUM,
};
export const later: CourtContext = { ...asked, now: new Date('2026-04-02T02:00:00.000Z') };
export const elsewhere: CourtContext = {
  ...asked,
  envelope: { ...asked.envelope, authority: 'cn.court.other' },
};

export const day = (date: string, zone = ZONE) => ({ date, zone });
export const yuan = (amount: string): Money => ({ amount, currency: 'CNY' });

export const given = scenario(emptyFile, evolveFile);

export const opened = (effectiveOn = '2026-01-10'): CourtFact =>
  courtFact(asked, 'court.case-opened.v1', undefined, {
    case: CASE,
    caseNumberRef: REF,
    instrument: {
      kind: 'judgment',
      numberRef: REF,
      issuer: 'cn.court.made-up',
      effectiveOn: day(effectiveOn),
    },
  });

type Established = Extract<CourtFact, { type: 'court.obligation-established.v1' }>['data'];
export const owes = (change: Partial<Established> = {}, subject = DEBTOR): CourtFact =>
  courtFact(asked, 'court.obligation-established.v1', subject, {
    case: CASE,
    obligation: DEBT,
    kind: 'pay',
    amount: yuan('1000.00'),
    ...change,
  });

/** An apology is owed: performed whole or not at all. */
export const owesApology = (obligation = DEBT): CourtFact =>
  courtFact(asked, 'court.obligation-established.v1', DEBTOR, {
    case: CASE,
    obligation,
    kind: 'apologise',
  });

type Served = Extract<CourtFact, { type: 'court.notice-served.v1' }>['data'];
export const served = (change: Partial<Served> = {}, subject = DEBTOR): CourtFact =>
  courtFact(asked, 'court.notice-served.v1', subject, {
    case: CASE,
    notice: NOTICE,
    kind: 'enforcement-notice',
    method: 'personal',
    servedOn: '2026-02-01',
    ...change,
  });

export const paid = (
  amount: string | undefined,
  obligation = DEBT,
  subject = DEBTOR,
  context = asked,
): CourtFact =>
  courtFact(context, 'court.performance-recorded.v1', subject, {
    case: CASE,
    obligation,
    performance: PAYMENT,
    ...(amount === undefined ? {} : { amount: yuan(amount) }),
    performedOn: '2026-03-01',
  });

export const fulfilled = (obligation = DEBT, subject = DEBTOR): CourtFact =>
  courtFact(asked, 'court.obligation-fulfilled.v1', subject, {
    case: CASE,
    obligation,
    performance: PAYMENT,
  });

type Listed = Extract<CourtFact, { type: 'court.subject-listed.v1' }>['data'];
export const listed = (change: Partial<Listed> = {}): CourtFact =>
  courtFact(asked, 'court.subject-listed.v1', DEBTOR, {
    listing: FIRST_LISTING,
    list: LIST,
    case: CASE,
    obligations: [DEBT],
    notice: NOTICE,
    ground: GROUND,
    effectiveFrom: day('2026-03-02'),
    ...change,
  });

type Delisted = Extract<CourtFact, { type: 'court.subject-delisted.v1' }>['data'];
export const delisted = (change: Partial<Delisted> = {}, context = asked): CourtFact =>
  courtFact(context, 'court.subject-delisted.v1', DEBTOR, {
    listing: FIRST_LISTING,
    list: LIST,
    reason: 'fulfilled',
    effectiveFrom: { instant: context.now.toISOString() },
    ...change,
  });

export const annulled = (listing = FIRST_LISTING): CourtFact =>
  courtFact(asked, 'court.listing-annulled.v1', DEBTOR, {
    listing,
    list: LIST,
    reason: 'decision-void',
    annulledAt: asked.now.toISOString(),
  });

/** A fact and the stream it goes to. */
export const onCase = (event: CourtFact) => ({ stream: `case-${CASE}`, event });
export const onListing = (event: CourtFact, listing = FIRST_LISTING) => ({
  stream: `listing-${listing}`,
  event,
});

export const establish = (change: Partial<EstablishObligation> = {}): EstablishObligation => ({
  debtors: [{ obligation: DEBT, subject: DEBTOR }],
  kind: 'pay',
  amount: yuan('1000.00'),
  jointWith: JOINT,
  ...change,
});

export const serve = (change: Partial<ServeNotice> = {}): ServeNotice => ({
  subject: DEBTOR,
  notice: NOTICE,
  kind: 'enforcement-notice',
  method: 'personal',
  servedOn: '2026-02-01',
  ...change,
});

export const pay = (
  amount: string | undefined,
  change: Partial<RecordPerformance> = {},
): RecordPerformance => ({
  performance: PAYMENT,
  obligation: DEBT,
  ...(amount === undefined ? {} : { amount: yuan(amount) }),
  performedOn: '2026-03-01',
  ...change,
});

export const order = (change: Partial<ListSubject> = {}): ListSubject => ({
  subject: DEBTOR,
  list: LIST,
  obligations: [DEBT],
  notice: NOTICE,
  ground: GROUND,
  effectiveFrom: day('2026-03-02'),
  ...change,
});
