import { describe, expect, it } from '@jest/globals';
import { SubjectStateMessage, type Fact, type LegalTime } from '@writ/contracts';
import { Ajv } from 'ajv';
import {
  idOf,
  listingAmended,
  listingAnnulled,
  listingEnded,
  listingTakenIn,
  measuresDecided,
  obligationEstablished,
  performanceRecorded,
  subjectDelisted,
  subjectListed,
  type MadeUpFact,
} from '../testing/made-up-facts.js';
import { MadeUpLedgers } from '../testing/made-up-ledgers.js';
import { canonicalState } from './canonical-state.js';
import { courtCause, courtSegments, type CourtState } from './court-fold.js';
import type { EnforcementState } from './enforcement-fold.js';
import type { RegulatoryState } from './regulatory-fold.js';
import { evolveComponent, type Component } from './subject-state.js';

const isState = new Ajv().compile(SubjectStateMessage.properties.state);
const SUBJECT = idOf('subject', 1);
const ONE = `${idOf('case', 1)}-1`;
const ENTRY = idOf('entry', 1);
const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00Z`;
const at = (number: number): LegalTime => ({ instant: day(number) });

function folded(facts: readonly MadeUpFact[]): Component {
  const ledgers = new MadeUpLedgers(() => new Date('2026-02-01T00:00:00Z'));
  let state: Component | undefined;
  for (const made of facts) {
    const fact = JSON.parse(ledgers.record(made).canonical) as Fact;
    state = evolveComponent(fact.ledger, state, fact).state;
    // What is published of it is what the contract says.
    const told = { [fact.ledger]: JSON.parse(canonicalState(state)) as unknown };
    expect([isState(told), isState.errors]).toEqual([true, null]);
    // What is stored is text: a state must survive it.
    expect(canonicalState(JSON.parse(canonicalState(state)))).toBe(canonicalState(state));
  }
  return state!;
}

const segmentsOf = (...facts: MadeUpFact[]) =>
  (folded(facts) as RegulatoryState).listings[ENTRY]!.segments;
const courtSegmentsOf = (...facts: MadeUpFact[]) =>
  courtSegments((folded(facts) as CourtState).listings[ONE]!);

describe('a listing a court decided', () => {
  const listed = subjectListed(SUBJECT, ONE, { effectiveFrom: at(2) });

  it('holds from its effective date until a condition ends it', () =>
    expect(courtSegmentsOf(listed)).toEqual([{ from: at(2), basis: 'able-but-refuses' }]));

  it.each([
    [
      'a delisting ends it',
      [subjectDelisted(SUBJECT, ONE, at(9))],
      [{ from: at(2), until: at(9) }],
    ],
    ['delisted before it began, it never held', [subjectDelisted(SUBJECT, ONE, at(1))], []],
    ['annulled, it never was', [listingAnnulled(SUBJECT, ONE)], []],
    [
      'annulled after its end, it never was either',
      [subjectDelisted(SUBJECT, ONE, at(9)), listingAnnulled(SUBJECT, ONE)],
      [],
    ],
  ] as const)('%s', (_, facts, segments) =>
    expect(courtSegmentsOf(listed, ...facts)).toEqual(
      segments.map((segment) => ({ ...segment, basis: 'able-but-refuses' })),
    ),
  );

  it('ends at its own term when that comes first', () => {
    const term = subjectListed(SUBJECT, ONE, { effectiveFrom: at(2), until: at(5) });
    const segment = { from: at(2), until: at(5), basis: 'able-but-refuses' };
    expect(courtSegmentsOf(term, subjectDelisted(SUBJECT, ONE, at(9)))).toEqual([segment]);
  });

  it.each([
    ['an end without a beginning', [subjectDelisted(SUBJECT, ONE)], 'listing_is_not_known'],
    ['listed twice under one id', [listed, listed], 'listing_exists'],
    [
      'delisted twice',
      [listed, subjectDelisted(SUBJECT, ONE), subjectDelisted(SUBJECT, ONE)],
      'listing_has_ended',
    ],
    [
      'delisted after it was annulled',
      [listed, listingAnnulled(SUBJECT, ONE), subjectDelisted(SUBJECT, ONE)],
      'listing_is_annulled',
    ],
  ])('%s contradicts its ledger', (_, facts, reason) =>
    expect(() => folded(facts)).toThrow(reason),
  );

  it('adds up what is performed, to the cent', () => {
    const obligation = idOf('obligation', 7);
    const paid = (amount: string) => performanceRecorded(SUBJECT, obligation, amount);
    const state = folded([
      obligationEstablished(SUBJECT, obligation),
      paid('33.30'),
      paid('66.69'),
    ]) as CourtState;
    expect(state.obligations[obligation]).toMatchObject({
      performed: { CNY: '99.99' },
      performances: 2,
      fulfilled: false,
    });
  });
});

describe('what a court puts right', () => {
  const listed = subjectListed(SUBJECT, ONE, { effectiveFrom: at(2), until: at(20) });
  const put = (type: string, data: object): MadeUpFact =>
    ({ type, authority: 'court.test', subject: SUBJECT, data }) as MadeUpFact;
  const about = { listing: ONE, list: 'zz.court' };
  const corrected = (more: object = {}) =>
    put('court.listing-corrected.v1', {
      ...{ ...about, ground: 'another', effectiveFrom: at(4), correctedAt: day(6) },
      ...more,
    });
  const retracted = put('court.listing-retracted.v1', {
    ...{ ...about, reason: 'wrong-subject', retractedAt: day(6) },
  });

  it('corrected, a listing is what it should have been from the start', () => {
    const segment = { from: at(4), basis: 'another' };
    expect(courtSegmentsOf(listed, corrected())).toEqual([segment]);
    const term = corrected({ until: at(9) });
    expect(courtSegmentsOf(listed, term)).toEqual([{ ...segment, until: at(9) }]);
    const ended = subjectDelisted(SUBJECT, ONE, at(7));
    expect(courtSegmentsOf(listed, ended, corrected())).toEqual([{ ...segment, until: at(7) }]);
  });

  it('retracted, it never was, and is not corrected or ended any more', () => {
    expect(courtSegmentsOf(listed, retracted)).toEqual([]);
    expect(courtSegmentsOf(listed, subjectDelisted(SUBJECT, ONE, at(7)), retracted)).toEqual([]);
    for (const later of [corrected(), subjectDelisted(SUBJECT, ONE), retracted]) {
      expect(() => folded([listed, retracted, later])).toThrow('listing_is_annulled');
    }
  });

  it('a performance reversed is owed again, and revives no listing', () => {
    const obligation = idOf('obligation', 7);
    const owed = obligationEstablished(SUBJECT, obligation);
    const of = { case: idOf('case', 1), obligation };
    const done = put('court.obligation-fulfilled.v1', { ...of, performance: idOf('payment', 1) });
    const undone = (amount: string) =>
      put('court.performance-reversed.v1', {
        ...{ ...of, performance: idOf('payment', 1), amount: { amount, currency: 'CNY' } },
        ...{ reason: 'bounced', reversedOn: '2026-01-06' },
      });
    const paid = performanceRecorded(SUBJECT, obligation, '5000');
    const ended = subjectDelisted(SUBJECT, ONE, at(7));
    const state = folded([listed, owed, paid, done, ended, undone('4999.99')]) as CourtState;
    expect(state.obligations[obligation]).toMatchObject({
      performed: { CNY: '0.01' },
      fulfilled: false,
    });
    expect(courtSegments(state.listings[ONE]!)).toMatchObject([{ until: at(7) }]);
    const less = put('court.obligation-corrected.v1', {
      ...{ ...of, amount: { amount: '0.01', currency: 'CNY' }, correctedAt: day(6) },
    });
    const after = folded([owed, paid, undone('4999.99'), less]) as CourtState;
    expect(after.obligations[obligation]?.amount).toEqual({ amount: '0.01', currency: 'CNY' });
  });
});

describe('a case taken in from another register', () => {
  const owed = { amount: '100', currency: 'EUR' };
  const CASE = idOf('case', 1);
  const DEBT = idOf('obligation', 1);
  const unstated = { instrument: 'not-stated', notice: 'not-stated' } as const;
  const of = { list: 'zz.made-up.cases', snapshot: 's-1', case: CASE };
  const taken = (type: string, data: object): MadeUpFact =>
    ({ type, authority: 'register.test', subject: SUBJECT, data }) as unknown as MadeUpFact;
  const opened = taken('court.case-taken-in.v1', {
    ...{ ...of, ...unstated, obligation: DEBT, amount: owed },
    ...{ caseNumberRef: idOf('text', 1), openedOn: 'not-stated', observedAt: day(3) },
  });
  const listed = (more: object = {}) =>
    taken('court.listing-taken-in.v1', {
      ...{ ...of, ...unstated, listing: ONE, obligations: [DEBT], legalBasis: 'Act 1' },
      ...{ effectiveFrom: 'not-stated', observedAt: day(3), onOrBefore: true, ...more },
    });
  const paid = (amount: unknown) =>
    taken('court.performance-taken-in.v1', {
      ...{ case: CASE, obligation: DEBT, performance: idOf('payment', 1), amount },
      ...{ performedOn: '2026-01-05', dated: 'by-rule', snapshot: 's-1', observedAt: day(5) },
    });

  it('is a listing taken in, from when it was observed where it states no date', () => {
    const state = folded([opened, listed()]) as CourtState;
    expect(courtCause(ONE, state.listings[ONE]!)).toMatchObject({ origin: 'taken-in' });
    expect(courtSegmentsOf(opened, listed())).toEqual([
      { from: at(3), basis: 'Act 1', fromObserved: 'on-or-before' },
    ]);
    const stated = listed({ effectiveFrom: { date: '2026-01-02', zone: 'UTC' } });
    expect(courtSegmentsOf(opened, stated)).toEqual([
      { from: { date: '2026-01-02', zone: 'UTC' }, basis: 'Act 1' },
    ]);
  });

  it('adds up what is paid, where an amount is stated', () => {
    const obligation = (...facts: MadeUpFact[]) =>
      (folded([opened, ...facts]) as CourtState).obligations[DEBT];
    expect(obligation(paid({ amount: '40.50', currency: 'EUR' }))).toMatchObject({
      performed: { EUR: '40.50' },
      performances: 1,
    });
    expect(obligation(paid('not-stated'))).toMatchObject({ performed: {}, performances: 1 });
  });

  it('ends by the same facts as any other', () => {
    const segments = courtSegmentsOf(opened, listed(), subjectDelisted(SUBJECT, ONE, at(5)));
    expect(segments).toMatchObject([{ from: at(3), until: at(5) }]);
    expect(courtSegmentsOf(opened, listed(), listingAnnulled(SUBJECT, ONE))).toEqual([]);
  });
});

describe('an entry taken in', () => {
  const takenIn = listingTakenIn(SUBJECT, ENTRY, day(3));
  const open = { from: at(3), basis: 'Programme A', fromObserved: 'at' };

  it('holds from the time observed where the source states no date, marked so', () =>
    expect(segmentsOf(takenIn)).toEqual([open]));

  it('a baseline row began on or before', () =>
    expect(segmentsOf(listingTakenIn(SUBJECT, ENTRY, day(3), { onOrBefore: true }))).toEqual([
      { ...open, fromObserved: 'on-or-before' },
    ]));

  it('holds by the date stated, and until the date stated', () =>
    expect(
      segmentsOf(listingTakenIn(SUBJECT, ENTRY, day(3), { effectiveFrom: at(1), until: at(8) })),
    ).toEqual([{ from: at(1), until: at(8), basis: 'Programme A' }]));

  it('a change that says nothing new leaves one stretch, however often', () =>
    expect(
      segmentsOf(
        takenIn,
        listingAmended(SUBJECT, ENTRY, day(5), 'change'),
        listingAmended(SUBJECT, ENTRY, day(6), 'change'),
      ),
    ).toEqual([open]));

  it('a change holds from then on and leaves the past', () =>
    expect(
      segmentsOf(
        takenIn,
        listingAmended(SUBJECT, ENTRY, day(5), 'change', { legalBasis: 'Programme B' }),
      ),
    ).toEqual([
      { ...open, until: at(5), untilObserved: true },
      { from: at(5), basis: 'Programme B', fromObserved: 'at' },
    ]));

  it.each([
    ['lies ahead: until then what held goes on', at(9), at(9), 'stated'],
    ['is the moment it was observed', at(5), at(5), 'stated'],
    ['lies behind: it holds from the time observed, marked so', at(1), at(5), 'observed'],
  ] as const)('a change whose date %s', (_, effectiveFrom, border, mark) => {
    const more = { effectiveFrom, legalBasis: 'Programme B' };
    const change = listingAmended(SUBJECT, ENTRY, day(5), 'change', more);
    const [until, from] =
      mark === 'observed' ? [{ untilObserved: true }, { fromObserved: 'at' }] : [{}, {}];
    expect(segmentsOf(takenIn, change)).toEqual([
      { ...open, until: border, ...until },
      { from: border, basis: 'Programme B', ...from },
    ]);
  });

  it('changes that lie ahead leave no hole, however many', () => {
    const amended = (observed: number, from: number, legalBasis: string) =>
      listingAmended(SUBJECT, ENTRY, day(observed), 'change', {
        effectiveFrom: at(from),
        legalBasis,
      });
    expect(segmentsOf(takenIn, amended(5, 9, 'Programme B'), amended(6, 12, 'C'))).toEqual([
      { ...open, until: at(9) },
      { from: at(9), until: at(12), basis: 'Programme B' },
      { from: at(12), basis: 'C' },
    ]);
    // Put off again before it came.
    expect(segmentsOf(takenIn, amended(5, 9, 'Programme B'), amended(6, 8, 'Programme B'))).toEqual(
      [
        { ...open, until: at(8) },
        { from: at(8), basis: 'Programme B' },
      ],
    );
  });

  it('that has not begun when it is changed has no past to keep', () => {
    const announced = listingTakenIn(SUBJECT, ENTRY, day(3), { effectiveFrom: at(9) });
    const putOff = listingAmended(SUBJECT, ENTRY, day(5), 'change', { effectiveFrom: at(12) });
    expect(segmentsOf(announced, putOff)).toEqual([{ from: at(12), basis: 'Programme A' }]);
    const soon = listingAmended(SUBJECT, ENTRY, day(5), 'change');
    expect(segmentsOf(announced, soon)).toEqual([{ ...open, from: at(5) }]);
  });

  it('a start date that was corrected is the start, also where it lies ahead', () => {
    const stated = listingTakenIn(SUBJECT, ENTRY, day(3), { effectiveFrom: at(1) });
    const corrected = (from: number) =>
      listingAmended(SUBJECT, ENTRY, day(5), 'correction', { effectiveFrom: at(from) });
    expect(segmentsOf(stated, corrected(2))).toEqual([{ from: at(2), basis: 'Programme A' }]);
    expect(segmentsOf(stated, corrected(9))).toEqual([{ from: at(9), basis: 'Programme A' }]);
  });

  it('a correction replaces the past, and keeps when it was first observed', () =>
    expect(
      segmentsOf(
        takenIn,
        listingAmended(SUBJECT, ENTRY, day(5), 'correction', { legalBasis: 'Programme B' }),
      ),
    ).toEqual([{ ...open, basis: 'Programme B' }]));

  it('whose end is stated when it is over ended then, not when that was observed', () => {
    const corrected = listingAmended(SUBJECT, ENTRY, day(7), 'correction', { until: at(5) });
    const ended = listingEnded(SUBJECT, ENTRY, day(7));
    expect(segmentsOf(takenIn, corrected, ended)).toEqual([{ ...open, until: at(5) }]);
  });

  it('a changed end is the new end', () =>
    expect(
      segmentsOf(
        listingTakenIn(SUBJECT, ENTRY, day(3), { until: at(20) }),
        listingAmended(SUBJECT, ENTRY, day(5), 'change', { until: at(9) }),
      ),
    ).toEqual([{ ...open, until: at(9) }]));

  it('ends when its end was observed, marked so, if nothing ended it before', () => {
    const ended = listingEnded(SUBJECT, ENTRY, day(7));
    expect(segmentsOf(takenIn, ended)).toEqual([{ ...open, until: at(7), untilObserved: true }]);
    const term = listingTakenIn(SUBJECT, ENTRY, day(3), { until: at(5) });
    expect(segmentsOf(term, ended)).toEqual([{ ...open, until: at(5) }]);
  });

  it.each([
    ['amended', listingAmended(SUBJECT, ENTRY, day(9), 'change'), 'listing_has_ended'],
    ['taken in again', takenIn, 'listing_exists'],
  ])('%s after its end contradicts its ledger', (_, fact, reason) =>
    expect(() => folded([takenIn, listingEnded(SUBJECT, ENTRY, day(7)), fact])).toThrow(reason),
  );
});

describe('what enforcement decided', () => {
  it('is its newest decision, whole; an empty one lifts', () => {
    const cause = { ledger: 'court', id: ONE } as const;
    const state = folded([
      measuresDecided(SUBJECT, cause, { cause: 1 }, ['travel.air', 'stay.hotel']),
      measuresDecided(SUBJECT, cause, { cause: 4 }, []),
    ]) as EnforcementState;
    expect(state.decisions[`court/${ONE}`]).toMatchObject({ basedOn: { cause: 4 }, measures: [] });
  });
});
