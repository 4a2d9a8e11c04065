import { describe, it } from '@jest/globals';
import {
  asked,
  CO_DEBTOR,
  elsewhere,
  given,
  JOINT_DEBT,
  onCase,
  opened,
  owes,
  serve,
  served,
  STRANGER,
} from '../court.fixture.js';
import { serveNotice } from './serve-notice.js';

describe('serving a notice', () => {
  it.each(['2026-01-10', '2026-03-02'])(
    'records it, from the day the instrument takes effect to today: %s',
    (servedOn) =>
      given(opened(), owes())
        .when((file) => serveNotice(file.case, serve({ servedOn }), asked))
        .thenRecords(onCase(served({ servedOn }))),
  );

  it('reaches any one of the debtors', () =>
    given(opened(), owes(), owes({ obligation: JOINT_DEBT }, CO_DEBTOR))
      .when((file) => serveNotice(file.case, serve({ subject: CO_DEBTOR }), asked))
      .thenRecords(onCase(served({}, CO_DEBTOR))));

  it('counts today where the court sits', () => {
    // It is already 3 March in Shanghai, still 2 March in UTC.
    const midnight = { ...asked, now: new Date('2026-03-02T16:00:00.000Z') };
    given(opened(), owes())
      .when((file) => serveNotice(file.case, serve({ servedOn: '2026-03-03' }), midnight))
      .thenRecords(onCase(served({ servedOn: '2026-03-03' })));
  });

  it.each([
    ['in the future', { servedOn: '2026-03-03' }, 'service_must_not_be_in_the_future'],
    ['too early', { servedOn: '2026-01-09' }, 'service_must_not_precede_the_instrument'],
    ['on a stranger', { subject: STRANGER }, 'subject_is_not_a_debtor_of_the_case'],
  ] as const)('refuses service %s', (_, change, reason) =>
    given(opened(), owes())
      .when((file) => serveNotice(file.case, serve(change), asked))
      .thenRefuses(reason, 'subject' in change ? '/subject' : '/servedOn'),
  );

  it('refuses an unknown case and one of another court', () => {
    given()
      .when((file) => serveNotice(file.case, serve(), asked))
      .thenRefuses('unknown_case', '/path/case');
    given(opened(), owes())
      .when((file) => serveNotice(file.case, serve(), elsewhere))
      .thenRefuses('case_belongs_to_another_authority', '/path/case');
  });
});
