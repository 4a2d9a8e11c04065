import { describe, it } from '@jest/globals';
import {
  asked,
  CO_DEBTOR,
  day,
  DEBT,
  DEBTOR,
  elsewhere,
  establish,
  given,
  JOINT,
  JOINT_DEBT,
  onCase,
  opened,
  owes,
  owesApology,
  yuan,
} from '../court.fixture.js';
import { establishObligation, type EstablishObligation } from './establish-obligation.js';

const both = [
  { obligation: DEBT, subject: DEBTOR },
  { obligation: JOINT_DEBT, subject: CO_DEBTOR },
];

describe('establishing an obligation', () => {
  it('records what a debtor owes', () =>
    given(opened())
      .when((file) => establishObligation(file.case, establish(), asked))
      .thenRecords(onCase(owes())));

  it('records when it is due', () =>
    given(opened())
      .when((file) => establishObligation(file.case, establish({ due: day('2026-05-01') }), asked))
      .thenRecords(onCase(owes({ due: day('2026-05-01') }))));

  it('records one fact per co-debtor, joined', () =>
    given(opened())
      .when((file) => establishObligation(file.case, establish({ debtors: both }), asked))
      .thenRecords(
        onCase(owes({ jointWith: JOINT })),
        onCase(owes({ obligation: JOINT_DEBT, jointWith: JOINT }, CO_DEBTOR)),
      ));

  it('records an apology without an amount', () => {
    const { amount: _, ...apology } = establish({ kind: 'apologise' });
    given(opened())
      .when((file) => establishObligation(file.case, apology, asked))
      .thenRecords(onCase(owesApology()));
  });

  it.each([
    ['a payment of nothing', { amount: yuan('0.00') }, 'amount_must_be_more_than_zero'],
    ['an amount for an apology', { kind: 'apologise' }, 'amount_is_for_pay_only'],
  ] as const)('refuses %s', (_, change: Partial<EstablishObligation>, reason) =>
    given(opened())
      .when((file) => establishObligation(file.case, establish(change), asked))
      .thenRefuses(reason, reason === 'amount_is_for_pay_only' ? '/amount' : '/amount/amount'),
  );

  it('refuses a payment without an amount', () => {
    const { amount: _, ...amountless } = establish();
    given(opened())
      .when((file) => establishObligation(file.case, amountless, asked))
      .thenRefuses('amount_is_required_for_pay', '/amount');
  });

  it('refuses one debtor twice', () =>
    given(opened())
      .when((file) =>
        establishObligation(
          file.case,
          establish({ debtors: [...both, { obligation: '3b'.repeat(16), subject: DEBTOR }] }),
          asked,
        ),
      )
      .thenRefuses('debtors_must_differ', '/debtors/2'));

  it('refuses an unknown case and one of another court', () => {
    given()
      .when((file) => establishObligation(file.case, establish(), asked))
      .thenRefuses('unknown_case', '/path/case');
    given(opened())
      .when((file) => establishObligation(file.case, establish(), elsewhere))
      .thenRefuses('case_belongs_to_another_authority', '/path/case');
  });
});
