import { describe, expect, it } from '@jest/globals';
import type { CourtFact } from '@writ/contracts';
import {
  annulled,
  asked,
  CASE,
  CO_DEBTOR,
  day,
  DEBT,
  DEBTOR,
  delisted,
  elsewhere,
  FIRST_LISTING,
  fulfilled,
  given,
  GROUND,
  JOINT,
  JOINT_DEBT,
  later,
  LIST,
  listed,
  onCase,
  onListing,
  opened,
  order,
  owes,
  owesApology,
  paid,
  PAYMENT,
  SECOND_LISTING,
  served,
  yuan,
} from '../court.fixture.js';
import { annul } from '../listing/annul.js';
import { courtFact, type CourtContext } from '../court-context.js';
import { delist } from '../listing/delist.js';
import { listSubject } from '../listing/list-subject.js';
import { noListing } from '../listing/listing.js';
import { correctListing, type CorrectListing } from './correct-listing.js';
import { correctObligation } from './correct-obligation.js';
import { retract } from './retract.js';
import { reversePerformance, type ReversePerformance } from './reverse-performance.js';

const ripe = [opened(), owes(), served()];
const now = asked.now.toISOString();

const correctedListing = (terms: CorrectListing, context = asked): CourtFact =>
  courtFact(context, 'court.listing-corrected.v1', DEBTOR, {
    listing: FIRST_LISTING,
    list: LIST,
    ...terms,
    correctedAt: context.now.toISOString(),
  });
const retracted = (): CourtFact =>
  courtFact(asked, 'court.listing-retracted.v1', DEBTOR, {
    listing: FIRST_LISTING,
    list: LIST,
    reason: 'wrong-subject',
    retractedAt: now,
  });
const correctedDebt = (amount: string, obligation = DEBT, subject = DEBTOR): CourtFact =>
  courtFact(asked, 'court.obligation-corrected.v1', subject, {
    case: CASE,
    obligation,
    amount: yuan(amount),
    correctedAt: now,
  });
const reversedPayment = (
  amount: string | undefined,
  obligation = DEBT,
  subject = DEBTOR,
): CourtFact =>
  courtFact(asked, 'court.performance-reversed.v1', subject, {
    case: CASE,
    obligation,
    performance: PAYMENT,
    ...(amount === undefined ? {} : { amount: yuan(amount) }),
    reason: 'bounced',
    reversedOn: '2026-03-02',
  });

describe('correcting a listing', () => {
  const terms = { ground: GROUND, effectiveFrom: day('2026-03-04') };
  const correct = (facts: CourtFact[], change: Partial<CorrectListing> = {}, context = asked) =>
    given(...facts).when((file) =>
      correctListing(file.listings[0] ?? noListing, { ...terms, ...change }, context),
    );

  it('says its terms anew, whole', () =>
    correct([...ripe, listed()]).thenRecords(onListing(correctedListing(terms))));

  it('says them of a listing that has ended too', () =>
    correct([...ripe, listed(), delisted()]).thenRecords(onListing(correctedListing(terms))));

  it('may move a start that lies ahead to today, and no start into the past', () => {
    const ahead = [...ripe, listed({ effectiveFrom: day('2026-03-10') })];
    const today = { effectiveFrom: day('2026-03-02') };
    correct(ahead, today).thenRecords(onListing(correctedListing({ ...terms, ...today })));
    correct(ahead, { effectiveFrom: day('2026-03-01') }).thenRefuses(
      'effective_from_must_not_be_earlier_than_it_was',
      '/effectiveFrom',
    );
  });

  it('may say later that it began when it began', () => {
    const began = { effectiveFrom: day('2026-03-02') };
    correct([...ripe, listed()], began, later).thenRecords(
      onListing(correctedListing({ ...terms, ...began }, later)),
    );
    correct([...ripe, listed(), correctedListing(terms)], began, later).thenRefuses(
      'effective_from_must_not_be_earlier_than_it_was',
    );
  });

  it.each<[string, Partial<CorrectListing>, string, string]>([
    ['an unknown ground', { ground: 'cn.spc.none' }, 'ground_is_not_in_force', '/ground'],
    ['a term the ground has not', { until: day('2028-03-02') }, 'ground_has_no_term', '/until'],
  ])('refuses %s', (_, change, reason, field) =>
    correct([...ripe, listed()], change).thenRefuses(reason as 'ground_is_not_in_force', field),
  );

  it('refuses an unknown listing, a void one, a retracted one, and another court', () => {
    correct(ripe).thenRefuses('unknown_listing', '/path/listing');
    correct([...ripe, listed(), annulled()]).thenRefuses('listing_is_annulled', '/path/listing');
    correct([...ripe, listed(), retracted()]).thenRefuses('listing_is_retracted', '/path/listing');
    correct([...ripe, listed()], {}, elsewhere).thenRefuses('listing_belongs_to_another_authority');
  });
});

describe('retracting a listing', () => {
  const takeBack = (facts: CourtFact[], context: CourtContext = asked) =>
    given(...facts).when((file) =>
      retract(file.listings[0] ?? noListing, { reason: 'wrong-subject' }, context),
    );

  it('says that it never was, also after its end', () => {
    takeBack([...ripe, listed()]).thenRecords(onListing(retracted()));
    takeBack([...ripe, listed(), delisted()]).thenRecords(onListing(retracted()));
  });

  it('is said once; nothing else is said of it afterwards', () => {
    const facts = [...ripe, listed(), retracted()];
    takeBack(facts).thenRefuses('listing_is_retracted', '/path/listing');
    const listing = given(...facts).state.listings[0] ?? noListing;
    given(...facts)
      .when(() => annul(listing, { reason: 'decision-void' }, asked))
      .thenRefuses('listing_is_retracted');
    given(...facts)
      .when(() => delist(listing, { reason: 'court-decision' }, asked))
      .thenRefuses('listing_is_retracted');
  });

  it('refuses a void one, and another court', () => {
    takeBack([...ripe, listed(), annulled()]).thenRefuses('listing_is_annulled');
    takeBack([...ripe, listed()], elsewhere).thenRefuses('listing_belongs_to_another_authority');
  });
});

describe('correcting what is owed', () => {
  const correct = (facts: CourtFact[], amount = '800.00', obligation = DEBT) =>
    given(...facts).when((file) =>
      correctObligation(file, { obligation, amount: yuan(amount) }, asked),
    );

  it('says the amount anew, of all who owe it jointly', () => {
    correct(ripe).thenRecords(onCase(correctedDebt('800.00')));
    const joint = [
      opened(),
      owes({ jointWith: JOINT }),
      owes({ obligation: JOINT_DEBT, jointWith: JOINT }, CO_DEBTOR),
    ];
    correct(joint).thenRecords(
      onCase(correctedDebt('800.00')),
      onCase(correctedDebt('800.00', JOINT_DEBT, CO_DEBTOR)),
    );
  });

  it('ends what is thereby paid in the same append', () =>
    correct([...ripe, listed(), paid('800.00')]).thenRecords(
      onCase(correctedDebt('800.00')),
      onCase(fulfilled()),
      onListing(delisted()),
    ));

  it('counts from then on', () => {
    const { state } = given(...ripe, correctedDebt('800.00'), paid('100'));
    expect(state.case).toMatchObject({ status: 'open' });
    const [debt] = state.case.status === 'open' ? [...state.case.obligations.values()] : [];
    expect(debt).toMatchObject({ amount: yuan('800.00'), performed: yuan('100') });
  });

  it.each<[string, CourtFact[], string, string]>([
    ['what is fulfilled', [...ripe, paid('1000'), fulfilled()], '1', 'obligation_is_fulfilled'],
    ['what is no debt of money', [opened(), owesApology()], '1', 'amount_is_for_pay_only'],
    ['nothing', ripe, '0.00', 'amount_must_be_more_than_zero'],
    ['a debt of another case', [opened()], '1', 'unknown_obligation'],
    ['a case of nobody', [], '1', 'unknown_case'],
  ])('refuses %s', (_, facts, amount, reason) =>
    correct(facts, amount).thenRefuses(reason as 'unknown_case'),
  );

  it('refuses another currency', () =>
    given(...ripe)
      .when((file) =>
        correctObligation(
          file,
          { obligation: DEBT, amount: { amount: '1', currency: 'EUR' } },
          asked,
        ),
      )
      .thenRefuses('currency_must_be_that_of_the_obligation', '/amount/currency'));
});

describe('reversing a performance', () => {
  const undo = (facts: CourtFact[], change: Partial<ReversePerformance> = {}, context = asked) =>
    given(...facts).when((file) =>
      reversePerformance(
        file.case,
        { performance: PAYMENT, reason: 'bounced', reversedOn: '2026-03-02', ...change },
        context,
      ),
    );
  const ended = [...ripe, listed(), paid('1000.00'), fulfilled(), delisted()];

  it('says so, of all of it or a part, and revives no listing', () => {
    undo(ended).thenRecords(onCase(reversedPayment('1000.00')));
    undo(ended, { amount: yuan('1') }).thenRecords(onCase(reversedPayment('1')));
    const { state } = given(...ended, reversedPayment('1000.00'));
    expect(state.listings).toMatchObject([{ status: 'delisted' }]);
  });

  it('makes it owed again', () => {
    const debtOf = (...facts: CourtFact[]) => {
      const { case: open } = given(...ended, ...facts).state;
      return open.status === 'open' ? open.obligations.get(DEBT) : undefined;
    };
    expect(debtOf(reversedPayment('0.01'))).toMatchObject({
      performed: yuan('999.99'),
      fulfilled: false,
      reversedOn: '2026-03-02',
    });
    const surplus = given(...ripe, paid('1200.00'), fulfilled(), reversedPayment('200.00')).state;
    const [debt] = surplus.case.status === 'open' ? [...surplus.case.obligations.values()] : [];
    expect(debt).toMatchObject({ fulfilled: true });
  });

  it('is said of every debtor it was performed for', () => {
    const joint = [
      opened(),
      owes({ jointWith: JOINT }),
      owes({ obligation: JOINT_DEBT, jointWith: JOINT }, CO_DEBTOR),
      paid('10'),
      paid('10', JOINT_DEBT, CO_DEBTOR),
    ];
    undo(joint).thenRecords(
      onCase(reversedPayment('10')),
      onCase(reversedPayment('10', JOINT_DEBT, CO_DEBTOR)),
    );
  });

  it('of what is no payment is of the whole', () => {
    const apologised = [opened(), owesApology(), paid(undefined), fulfilled()];
    undo(apologised).thenRecords(onCase(reversedPayment(undefined)));
    undo(apologised, { amount: yuan('1') }).thenRefuses('amount_is_for_pay_only', '/amount');
    undo([...apologised, reversedPayment(undefined)]).thenRefuses('performance_is_reversed');
  });

  it('to list anew is a new decision, on a notice served since', () => {
    const again = [...ended, reversedPayment('1000.00')];
    const relist = (facts: CourtFact[], notice: string) =>
      given(...facts).when((file) => listSubject(file, order({ notice }), asked));
    relist(again, '0e'.repeat(16)).thenRefuses('notice_is_served_before_the_reversal', '/notice');
    const warned = served({ notice: '1e'.repeat(16), servedOn: '2026-03-02' });
    const { decision } = relist([...again, warned], '1e'.repeat(16));
    expect(decision).toMatchObject({ events: [{ event: { data: { listing: SECOND_LISTING } } }] });
  });

  it.each<[string, CourtFact[], Partial<ReversePerformance>, string]>([
    ['an unknown performance', ripe, {}, 'unknown_performance'],
    ['more than it was', ended, { amount: yuan('1000.01') }, 'amount_exceeds_the_performance'],
    ['nothing of it', ended, { amount: yuan('0') }, 'amount_must_be_more_than_zero'],
    [
      'more than is left of it',
      [...ended, reversedPayment('600')],
      { amount: yuan('400.01') },
      'amount_exceeds_the_performance',
    ],
    ['what is reversed', [...ended, reversedPayment('1000')], {}, 'performance_is_reversed'],
    ['a day to come', ended, { reversedOn: '2026-03-03' }, 'reversal_must_not_be_in_the_future'],
    [
      'a day before it',
      ended,
      { reversedOn: '2026-02-28' },
      'reversal_must_not_precede_the_performance',
    ],
    [
      'another currency',
      ended,
      { amount: { amount: '1', currency: 'EUR' } },
      'currency_must_be_that_of_the_obligation',
    ],
  ])('refuses %s', (_, facts, change, reason) =>
    undo(facts, change).thenRefuses(reason as 'unknown_performance'),
  );

  it('refuses another court', () =>
    undo(ended, {}, elsewhere).thenRefuses('case_belongs_to_another_authority'));
});
