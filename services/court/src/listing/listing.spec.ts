import { describe, it } from '@jest/globals';
import type { CourtFact } from '@writ/contracts';
import type { RulePack } from '@writ/law';
import {
  annulled,
  asked,
  CO_DEBTOR,
  day,
  DEBT,
  DEBTOR,
  delisted,
  elsewhere,
  FIRST_LISTING,
  fulfilled,
  given,
  later,
  LIST,
  listed,
  onListing,
  opened,
  order,
  owes,
  paid,
  SECOND_DEBT,
  SECOND_LISTING,
  served,
  STRANGER,
} from '../court.fixture.js';
import { courtFact } from '../court-context.js';
import { annul } from './annul.js';
import { delist } from './delist.js';
import { listSubject, type ListSubject } from './list-subject.js';
import { noListing } from './listing.js';

const ripe = [opened(), owes(), served()];
const OTHER_LIST = 'zz.court.defaulters';
const byOrder = { list: OTHER_LIST, ground: 'obligation-unperformed' };

describe('listing a subject', () => {
  it('records who is listed, on what it rests, and from when', () =>
    given(...ripe)
      .when((file) => listSubject(file, order(), asked))
      .thenRecords(onListing(listed())));

  it.each([
    ['the same day, even with the day half over', day('2026-03-02')],
    ['a later day', day('2026-06-01')],
    ['a moment earlier on the same day', { instant: '2026-03-01T16:00:00Z' }],
    ['the same day elsewhere', day('2026-03-01', 'America/New_York')],
  ])('takes effect from %s', (_, effectiveFrom) =>
    given(...ripe)
      .when((file) => listSubject(file, order({ effectiveFrom }), asked))
      .thenRecords(onListing(listed({ effectiveFrom }))),
  );

  it('has a term where the ground allows one', () => {
    const until = day('2028-03-02');
    given(...ripe)
      .when((file) => listSubject(file, order({ ...byOrder, until }), asked))
      .thenRecords(onListing(listed({ ...byOrder, until })));
  });

  it.each([
    ['a backdated order', { effectiveFrom: day('2026-03-01') }, 'effective_from_must_not_be_past'],
    [
      'a moment of yesterday',
      { effectiveFrom: { instant: '2026-03-01T15:59:59.9Z' } },
      'effective_from_must_not_be_past',
    ],
    ['reversed dates', { until: day('2026-03-01') }, 'until_must_be_after_effective_from'],
    ['no day at all', { until: day('2026-03-02') }, 'until_must_be_after_effective_from'],
    ['a term the ground has not', { until: day('2028-03-02') }, 'ground_has_no_term'],
    ['a made-up ground', { ground: 'petitioned' }, 'ground_is_not_in_force'],
    ['another list’s ground', { list: OTHER_LIST }, 'ground_is_not_in_force'],
  ] as const)('refuses %s', (_, change: Partial<ListSubject>, reason) =>
    given(...ripe)
      .when((file) => listSubject(file, order(change), asked))
      .thenRefuses(reason, `/${Object.hasOwn(change, 'list') ? 'ground' : Object.keys(change)[0]}`),
  );

  it.each(['us.ofac.sdn', 'cn.spc.commendations', 'zz', '*'])(
    'refuses the list %s, on which no court decides',
    (list) =>
      given(...ripe)
        .when((file) => listSubject(file, order({ list }), asked))
        .thenRefuses('list_is_not_a_courts', '/list'),
  );

  it('refuses a ground that needs a term and states none', () => {
    const rows = asked.law.rows.map((row) =>
      row.kind === 'ground' ? { ...row, term: 'stated' as const } : row,
    );
    const law: RulePack = { ...asked.law, rows };
    given(...ripe)
      .when((file) => listSubject(file, order(), { ...asked, law }))
      .thenRefuses('ground_needs_a_term', '/until');
  });

  it('refuses before the instrument takes effect, and not on that day', () => {
    given(opened('2026-03-03'), owes(), served())
      .when((file) => listSubject(file, order({ effectiveFrom: day('2026-03-03') }), asked))
      .thenRefuses('instrument_is_not_in_effect', '/case');
    given(opened('2026-03-02'), owes(), served())
      .when((file) => listSubject(file, order(), asked))
      .thenRecords(onListing(listed()));
  });

  it.each<[string, CourtFact[], Partial<ListSubject>, string, string]>([
    ['an unknown debt', [], { obligations: [DEBT, SECOND_DEBT] }, 'unknown_obligation', '1'],
    [
      'another’s debt',
      [owes({ obligation: SECOND_DEBT }, CO_DEBTOR)],
      { obligations: [DEBT, SECOND_DEBT] },
      'obligation_is_of_another_subject',
      '1',
    ],
    ['a stranger', [], { subject: STRANGER }, 'obligation_is_of_another_subject', '0'],
    ['a paid debt', [paid('1000'), fulfilled()], {}, 'obligation_is_fulfilled', '0'],
    ['a debt due today', [owes({ due: day('2026-03-02') })], {}, 'obligation_is_not_yet_due', '0'],
    ['a listed debt', [listed()], {}, 'already_listed_for_this_obligation', '0'],
    [
      'a listed debt beside a new one',
      [listed(), owes({ obligation: SECOND_DEBT })],
      { obligations: [SECOND_DEBT, DEBT] },
      'already_listed_for_this_obligation',
      '1',
    ],
  ])('refuses %s', (_, facts, change, reason, index) =>
    given(...ripe, ...facts)
      .when((file) => listSubject(file, order(change), asked))
      .thenRefuses(reason as 'unknown_obligation', `/obligations/${index}`),
  );

  it('takes a debt due yesterday', () =>
    given(opened(), owes({ due: day('2026-03-01') }), served())
      .when((file) => listSubject(file, order(), asked))
      .thenRecords(onListing(listed())));

  it.each<[string, CourtFact[], Partial<ListSubject>, string]>([
    ['an unknown notice', [], {}, 'unknown_notice'],
    ['another’s notice', [served({}, CO_DEBTOR)], {}, 'notice_is_of_another_subject'],
    [
      'a notice without the warning',
      [served({ kind: 'listing-decision' })],
      {},
      'notice_does_not_count',
    ],
    [
      'a notice served after the order’s own day',
      [served({ servedOn: '2026-03-02' })],
      { effectiveFrom: day('2026-03-01', 'America/New_York') },
      'notice_is_served_after_effective_from',
    ],
  ])('refuses %s', (_, facts, change, reason) =>
    given(opened(), owes(), ...facts)
      .when((file) => listSubject(file, order(change), asked))
      .thenRefuses(reason as 'unknown_notice', '/notice'),
  );

  it.each<[string, CourtFact[]]>([
    ['a delisting', [listed(), delisted({ reason: 'creditor-consent' })]],
    ['an annulment', [listed(), annulled()]],
    ['the end of a term', [listed({ until: day('2026-03-02') })]],
    ['a listing on another list', [listed({ list: OTHER_LIST })]],
  ])('takes the next number after %s', (_, facts) =>
    given(...ripe, ...facts)
      .when((file) => listSubject(file, order(), asked))
      .thenRecords(onListing(listed({ listing: SECOND_LISTING }), SECOND_LISTING)),
  );

  it('ends at four digits', () => {
    const many = given(...ripe, listed(), annulled()).state;
    const listings = Array.from({ length: 9_999 }, () => many.listings[0]!);
    given()
      .when(() => listSubject({ ...many, listings }, order(), asked))
      .thenRefuses('case_has_too_many_listings', '/case');
  });

  it('refuses an unknown case and one of another court', () => {
    given()
      .when((file) => listSubject(file, order(), asked))
      .thenRefuses('unknown_case', '/case');
    given(...ripe)
      .when((file) => listSubject(file, order(), elsewhere))
      .thenRefuses('case_belongs_to_another_authority', '/case');
  });
});

describe('delisting', () => {
  const byCourt = { reason: 'court-decision' } as const;
  const end = (facts: CourtFact[], context = asked) =>
    given(...facts).when((file) => delist(file.listings[0] ?? noListing, byCourt, context));

  it('by order ends a listing from now on', () =>
    end([...ripe, listed()], later).thenRecords(onListing(delisted(byCourt, later))));

  it.each<[string, CourtFact[], string]>([
    ['an unknown listing', ripe, 'unknown_listing'],
    ['one that has ended', [...ripe, listed(), delisted()], 'listing_has_ended'],
    [
      'one whose term is over',
      [...ripe, listed({ until: day('2026-03-02') })],
      'listing_has_ended',
    ],
    ['one that was void', [...ripe, listed(), annulled()], 'listing_is_annulled'],
  ])('refuses %s', (_, facts, reason) =>
    end(facts).thenRefuses(reason as 'unknown_listing', '/path/listing'),
  );

  it('refuses another court', () =>
    end([...ripe, listed()], elsewhere).thenRefuses(
      'listing_belongs_to_another_authority',
      '/path/listing',
    ));
});

describe('annulling', () => {
  const toVoid = (facts: CourtFact[], context = asked) =>
    given(...facts).when((file) =>
      annul(file.listings[0] ?? noListing, { reason: 'decision-void' }, context),
    );

  it('says a listing never was', () =>
    toVoid([...ripe, listed()]).thenRecords(onListing(annulled())));

  it('may come after the end', () =>
    toVoid([...ripe, listed(), delisted()]).thenRecords(onListing(annulled())));

  it('is another fact than satisfaction', () =>
    toVoid([...ripe, listed()]).thenRecords(
      onListing(
        courtFact(asked, 'court.listing-annulled.v1', DEBTOR, {
          listing: FIRST_LISTING,
          list: LIST,
          reason: 'decision-void',
          annulledAt: '2026-03-02T02:00:00.000Z',
        }),
      ),
    ));

  it('refuses an unknown listing, a void one, and another court', () => {
    toVoid(ripe).thenRefuses('unknown_listing', '/path/listing');
    toVoid([...ripe, listed(), annulled()]).thenRefuses('listing_is_annulled', '/path/listing');
    toVoid([...ripe, listed()], elsewhere).thenRefuses(
      'listing_belongs_to_another_authority',
      '/path/listing',
    );
  });
});
