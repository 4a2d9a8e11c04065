import { describe, expect, it } from '@jest/globals';
import type { CourtFact } from '@writ/contracts';
import {
  annulled,
  asked,
  CO_DEBTOR,
  day,
  DEBT,
  delisted,
  elsewhere,
  fulfilled,
  given,
  JOINT,
  JOINT_DEBT,
  later,
  listed,
  onCase,
  onListing,
  opened,
  owes,
  owesApology,
  paid,
  pay,
  SECOND_DEBT,
  SECOND_LISTING,
  served,
} from '../court.fixture.js';
import { recordPerformance, type RecordPerformance } from './record-performance.js';

const listedDebtor = [opened(), owes(), served(), listed()];

describe('recording a performance', () => {
  it.each(['0.01', '999.99'])('of a part (%s) ends nothing', (amount) =>
    given(...listedDebtor)
      .when((file) => recordPerformance(file, pay(amount), asked))
      .thenRecords(onCase(paid(amount))),
  );

  it('of today counts', () => {
    const today = pay('1', { performedOn: '2026-03-02' });
    const { decision } = given(...listedDebtor).when((file) =>
      recordPerformance(file, today, asked),
    );
    expect(decision).toMatchObject({
      events: [{ event: { data: { performedOn: '2026-03-02' } } }],
    });
  });

  it('of the whole ends the listing in the same append', () =>
    given(...listedDebtor)
      .when((file) => recordPerformance(file, pay('1000'), asked))
      .thenRecords(onCase(paid('1000')), onCase(fulfilled()), onListing(delisted())));

  it('of the last cent does too', () =>
    given(...listedDebtor, paid('400.5'), paid('599.49'))
      .when((file) => recordPerformance(file, pay('0.01'), asked))
      .thenRecords(onCase(paid('0.01')), onCase(fulfilled()), onListing(delisted())));

  it('of more than was owed is recorded as stated, and ends the listing', () =>
    given(...listedDebtor)
      .when((file) => recordPerformance(file, pay('1200'), asked))
      .thenRecords(onCase(paid('1200')), onCase(fulfilled()), onListing(delisted())));

  it('of an apology is whole', () =>
    given(opened(), owesApology(), served(), listed())
      .when((file) => recordPerformance(file, pay(undefined), asked))
      .thenRecords(onCase(paid(undefined)), onCase(fulfilled()), onListing(delisted())));

  it('of one debt leaves a listing that rests on two', () =>
    given(
      opened(),
      owes(),
      owes({ obligation: SECOND_DEBT }),
      served(),
      listed({ obligations: [DEBT, SECOND_DEBT] }),
    )
      .when((file) => recordPerformance(file, pay('1000'), asked))
      .thenRecords(onCase(paid('1000')), onCase(fulfilled())));

  it('of the second debt ends it, and a listing that rested on that alone', () =>
    given(
      opened(),
      owes(),
      owes({ obligation: SECOND_DEBT }),
      served(),
      listed({ obligations: [DEBT, SECOND_DEBT] }),
      listed({ listing: SECOND_LISTING, list: 'xx.other', obligations: [SECOND_DEBT] }),
      paid('1000'),
      fulfilled(),
    )
      .when((file) => recordPerformance(file, pay('1000', { obligation: SECOND_DEBT }), asked))
      .thenRecords(
        onCase(paid('1000', SECOND_DEBT)),
        onCase(fulfilled(SECOND_DEBT)),
        onListing(delisted()),
        onListing(delisted({ listing: SECOND_LISTING, list: 'xx.other' }), SECOND_LISTING),
      ));

  it('by one co-debtor performs for all, one fact each', () =>
    given(
      opened(),
      owes({ jointWith: JOINT }),
      owes({ obligation: JOINT_DEBT, jointWith: JOINT }, CO_DEBTOR),
      owes({ obligation: SECOND_DEBT }),
      served(),
      listed(),
    )
      .when((file) => recordPerformance(file, pay('1000', { obligation: JOINT_DEBT }), asked))
      .thenRecords(
        onCase(paid('1000')),
        onCase(paid('1000', JOINT_DEBT, CO_DEBTOR)),
        onCase(fulfilled()),
        onCase(fulfilled(JOINT_DEBT, CO_DEBTOR)),
        onListing(delisted()),
      ));

  it('ends no listing twice, and none that was void or has run out', () => {
    const pays = (...facts: CourtFact[]) =>
      given(...facts)
        .when((file) => recordPerformance(file, pay('1000'), later))
        .thenRecords(onCase(paid('1000', DEBT, undefined, later)), onCase(fulfilled()));
    pays(...listedDebtor, delisted({ reason: 'creditor-consent' }));
    pays(...listedDebtor, annulled());
    pays(opened(), owes(), served(), listed({ until: day('2026-04-02') }));
  });

  it('ends a listing on its last day', () =>
    given(opened(), owes(), served(), listed({ until: day('2026-04-03') }))
      .when((file) => recordPerformance(file, pay('1000'), later))
      .thenRecords(onCase(paid('1000')), onCase(fulfilled()), onListing(delisted({}, later))));

  it.each([
    ['nothing', pay('0'), 'amount_must_be_more_than_zero', '/amount/amount'],
    ['an amount left out', pay(undefined), 'amount_is_required_for_pay', '/amount'],
    [
      'another currency',
      pay('1', { amount: { amount: '1', currency: 'EUR' } }),
      'currency_must_be_that_of_the_obligation',
      '/amount/currency',
    ],
    [
      'tomorrow',
      pay('1', { performedOn: '2026-03-03' }),
      'performance_must_not_be_in_the_future',
      '/performedOn',
    ],
    [
      'before the instrument',
      pay('1', { performedOn: '2026-01-09' }),
      'performance_must_not_precede_the_instrument',
      '/performedOn',
    ],
    ['an unknown debt', pay('1', { obligation: SECOND_DEBT }), 'unknown_obligation', '/obligation'],
  ] as const)('refuses %s', (_, command: RecordPerformance, reason, field) =>
    given(...listedDebtor)
      .when((file) => recordPerformance(file, command, asked))
      .thenRefuses(reason, field),
  );

  it('refuses an amount for an apology', () =>
    given(opened(), owesApology())
      .when((file) => recordPerformance(file, pay('1'), asked))
      .thenRefuses('amount_is_for_pay_only', '/amount'));

  it('refuses what is fulfilled already', () =>
    given(...listedDebtor, paid('1000'), fulfilled(), delisted())
      .when((file) => recordPerformance(file, pay('1'), asked))
      .thenRefuses('obligation_is_fulfilled', '/obligation'));

  it('refuses an unknown case and one of another court', () => {
    given()
      .when((file) => recordPerformance(file, pay('1'), asked))
      .thenRefuses('unknown_case', '/path/case');
    given(...listedDebtor)
      .when((file) => recordPerformance(file, pay('1'), elsewhere))
      .thenRefuses('case_belongs_to_another_authority', '/path/case');
  });
});
