import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  amended,
  annulled,
  corrected,
  retracted,
  COURT_LISTING,
  declared,
  delisted,
  ended,
  FEED_LIST,
  FEED_LISTING,
  listed,
  memorandum,
  row,
  SUBJECT,
  takenIn,
  trigger,
} from '../facts.fixture.js';
import { planMeasures } from '../memorandum/plan-measures.js';
import {
  evolveReference,
  listsTouched,
  nothingDeclared,
  type ReferenceFact,
} from '../memorandum/reference.js';
import { evolveCause, isCauseFactType, type Cause, type CauseFact } from './cause.js';
import {
  decideMeasures,
  measureId,
  type DecidedRows,
  type StandingDecision,
} from './decide-measures.js';

/** Enforcement without the world: causes, reference and last decisions, fact by fact. */
function assess(facts: readonly (CauseFact | ReferenceFact)[]) {
  const causes = new Map<string, Cause>();
  const last = new Map<string, StandingDecision>();
  const decisions: { cause: string; basedOn: object; measures: DecidedRows }[] = [];
  let reference = nothingDeclared;
  const decide = (cause: Cause) => {
    const plan = planMeasures(reference);
    const decided = decideMeasures(cause, plan, last.get(cause.id), trigger);
    for (const { data } of decided.kind === 'record' ? decided.events : []) {
      last.set(cause.id, data);
      decisions.push({ cause: cause.id, basedOn: data.basedOn, measures: data.measures });
    }
  };
  for (const fact of facts) {
    if (isCauseFactType(fact.type)) {
      const { listing } = (fact as CauseFact).data;
      const cause = evolveCause(causes.get(listing), fact as CauseFact);
      causes.set(listing, cause);
      decide(cause);
    } else {
      const touched = listsTouched(reference, fact as ReferenceFact);
      reference = evolveReference(reference, fact as ReferenceFact);
      for (const cause of causes.values()) if (touched.includes(cause.list)) decide(cause);
    }
  }
  return { last, decisions };
}

const summary = (...facts: (CauseFact | ReferenceFact)[]) =>
  assess(facts).decisions.map(({ cause, measures }) => [cause, measures.map(({ row }) => row)]);

const ground = [declared(0), memorandum(1, 1, [row()])];

describe('deciding measures', () => {
  it('says what it has seen: the cause’s last fact and the last of the reference', () =>
    expect(assess([...ground, listed(3)]).decisions).toEqual([
      {
        cause: COURT_LISTING,
        basedOn: { cause: 3, reference: 1 },
        measures: [
          {
            measure: measureId(
              { ledger: 'court', id: COURT_LISTING },
              { code: 'travel.air', implementer: 'xx.railway' },
            ),
            code: 'travel.air',
            effect: 'restriction',
            implementer: 'xx.railway',
            memorandum: 'xx.travel',
            memorandumVersion: 1,
            row: 'r1',
            legalBasis: 'Memorandum, article 1',
            from: { date: '2026-01-01', zone: 'Asia/Shanghai' },
          },
        ],
      },
    ]));

  it('names no reference while none was seen', () => {
    const cause = evolveCause(undefined, listed(3));
    const plan = planMeasures(nothingDeclared);
    const measures = [{ measure: 'x' }] as unknown as DecidedRows;
    const decided = decideMeasures(cause, plan, { basedOn: { cause: 2 }, measures }, trigger);
    expect(decided).toMatchObject({
      events: [{ subject: SUBJECT, data: { basedOn: { cause: 3 } } }],
    });
    expect(JSON.stringify(decided)).not.toContain('"reference"');
  });

  it('decides nothing while the list is not declared', () =>
    expect(summary(listed(0))).toEqual([]));

  it('says that nothing follows, where nothing does: that it has looked', () =>
    expect(assess([declared(0), listed(3)]).decisions).toEqual([
      { cause: COURT_LISTING, basedOn: { cause: 3, reference: 0 }, measures: [] },
    ]));

  it('says so again for each later fact, though the rows are the same', () => {
    const admitting = memorandum(1, 1, [row({ list: FEED_LIST, admits: 'taken-in' })]);
    const elsewhere = memorandum(5, 1, [row({ list: FEED_LIST })], { memorandum: 'xx.other' });
    const facts = [declared(0, FEED_LIST), admitting, takenIn(2), amended(3), elsewhere];
    expect(assess(facts).decisions.map(({ basedOn }) => basedOn)).toEqual([
      { cause: 2, reference: 1 },
      { cause: 3, reference: 1 },
      { cause: 3, reference: 5 },
    ]);
  });

  it('says nothing of what it has covered, or of less than was seen before', () => {
    const before = assess([...ground, listed(3)]).last.get(COURT_LISTING);
    const plan = planMeasures(ground.reduce(evolveReference, nothingDeclared));
    const older = planMeasures(evolveReference(nothingDeclared, declared(0)));
    const nothing = { kind: 'record', events: [] };
    const cause = (position: number) => evolveCause(undefined, listed(position));
    expect(decideMeasures(cause(3), plan, before, trigger)).toEqual(nothing);
    expect(decideMeasures(cause(2), plan, before, trigger)).toEqual(nothing);
    expect(decideMeasures(cause(4), older, before, trigger)).toEqual(nothing);
    expect(decideMeasures(cause(4), plan, before, trigger)).toMatchObject({ events: [{}] });
  });

  it.each(['commendation', 'scrutiny'] as const)(
    'records on a %s list only what differs',
    (kind) => {
      const effect = kind === 'commendation' ? 'preference' : 'restriction';
      const facts = [
        declared(0, FEED_LIST, kind),
        memorandum(1, 1, [row({ list: FEED_LIST, admits: 'taken-in', effect })]),
        takenIn(2),
        amended(3),
        ended(4),
      ];
      const expected = [
        [FEED_LISTING, ['r1']],
        [FEED_LISTING, []],
      ];
      expect(summary(...facts)).toEqual(kind === 'commendation' ? expected : []);
    },
  );

  it('lifts when the cause ends, once', () =>
    expect(summary(...ground, listed(0), delisted(1))).toEqual([
      [COURT_LISTING, ['r1']],
      [COURT_LISTING, []],
    ]));

  it('lifts when the cause is annulled', () =>
    expect(summary(...ground, listed(0), annulled(1)).at(-1)).toEqual([COURT_LISTING, []]));

  it('lifts when the cause is retracted', () =>
    expect(summary(...ground, listed(0), retracted(1)).at(-1)).toEqual([COURT_LISTING, []]));

  it('goes by the term a corrected cause should have had', () => {
    const until = { instant: '2026-12-01T00:00:00Z' };
    const ends = evolveCause(evolveCause(undefined, listed(0)), corrected(1, until));
    expect(ends).toMatchObject({ until, position: 1, ended: false });
    const open = evolveCause(evolveCause(undefined, listed(0, { until })), corrected(1));
    expect(open).not.toHaveProperty('until');
    const over = [listed(0), delisted(1), corrected(2)].reduce<Cause | undefined>(
      (cause, fact) => evolveCause(cause, fact),
      undefined,
    );
    expect(over).toMatchObject({ ended: true });
  });

  it('says of a cause that ended before anything was declared that nothing follows', () =>
    expect(summary(listed(0), delisted(1), ...ground)).toEqual([
      [COURT_LISTING, []],
      [COURT_LISTING, []],
    ]));

  it('keeps what the other cause calls for', () => {
    const second = `${'c2'.repeat(16)}-1`;
    const { last } = assess([...ground, listed(0), listed(1, { listing: second }), delisted(2)]);
    expect([...last].map(([cause, { measures }]) => [cause, measures.length])).toEqual([
      [COURT_LISTING, 0],
      [second, 1],
    ]);
  });

  it('decides the difference a new version makes', () =>
    expect(
      summary(
        ...ground,
        listed(0),
        memorandum(2, 2, [row(), row({ row: 'r2', measure: 'travel.rail' })]),
      ),
    ).toEqual([
      [COURT_LISTING, ['r1']],
      [COURT_LISTING, ['r1', 'r1', 'r2']],
    ]));

  it('decides nothing for a version that changes nothing for the list', () =>
    expect(
      summary(
        ...ground,
        listed(0),
        memorandum(2, 1, [row({ list: FEED_LIST })], { memorandum: 'xx.other' }),
      ),
    ).toHaveLength(1));

  it('takes taken-in listings only where a row admits them', () => {
    const list = declared(0, FEED_LIST);
    const decidedOnly = memorandum(1, 1, [row({ list: FEED_LIST })]);
    const admitting = memorandum(1, 1, [row({ list: FEED_LIST, admits: 'taken-in' })]);
    expect(summary(list, decidedOnly, takenIn(2))).toEqual([[FEED_LISTING, []]]);
    expect(summary(list, admitting, takenIn(2), amended(3), ended(4))).toEqual([
      [FEED_LISTING, ['r1']],
      [FEED_LISTING, ['r1']],
      [FEED_LISTING, []],
    ]);
  });

  it('decides once a list is declared after its memorandum and its listing', () =>
    expect(summary(memorandum(0, 1, [row()]), listed(0), declared(1))).toEqual([
      [COURT_LISTING, ['r1']],
    ]));
});

describe('a cause', () => {
  it('keeps its last day and forgets it when an amendment states none', () => {
    const until = { date: '2026-09-01', zone: 'UTC' };
    const cause = evolveCause(undefined, takenIn(0, { until }));
    expect(cause.until).toEqual(until);
    expect(evolveCause(cause, amended(1))).not.toHaveProperty('until');
    expect(evolveCause(cause, amended(1, { ...until, date: '2026-10-01' }))).toMatchObject({
      until: { date: '2026-10-01' },
      position: 1,
    });
  });

  it('cannot end before it was opened', () =>
    expect(() => evolveCause(undefined, delisted(4))).toThrow('was never opened'));
});

describe('any order of deliveries that keeps each bucket’s order', () => {
  const second = `${'c2'.repeat(16)}-1`;
  const third = `${'c3'.repeat(16)}-1`;
  const buckets: (CauseFact | ReferenceFact)[][] = [
    [listed(0), listed(4, { listing: second }), delisted(6)],
    [listed(1, { listing: third, subject: 'a0'.repeat(16) })],
    [takenIn(2), amended(5), ended(9)],
    [takenIn(3, { listing: 'f2'.repeat(16), subject: 'a1'.repeat(16) })],
    [
      declared(0),
      memorandum(1, 1, [row(), row({ row: 'r2', list: FEED_LIST, admits: 'taken-in' })]),
      declared(7, FEED_LIST),
      memorandum(8, 2, [row({ row: 'r3', list: FEED_LIST, admits: 'taken-in' })]),
    ],
  ];
  const inOrder = assess(buckets.flat());

  it('comes to the same measures', () => {
    const turns = buckets.flatMap((facts, bucket) => facts.map(() => bucket));
    const measures = ({ last }: ReturnType<typeof assess>, cause: string) =>
      last.get(cause)?.measures ?? [];
    fc.assert(
      fc.property(fc.shuffledSubarray(turns, { minLength: turns.length }), (order) => {
        const queues = buckets.map((facts) => [...facts]);
        const facts = order.flatMap((bucket) => queues[bucket]?.shift() ?? []);
        const shuffled = assess(facts);
        for (const cause of [COURT_LISTING, second, third, FEED_LISTING, 'f2'.repeat(16)]) {
          expect(measures(shuffled, cause)).toEqual(measures(inOrder, cause));
        }
      }),
      { numRuns: 300 },
    );
    const rows = [COURT_LISTING, second, third, FEED_LISTING, 'f2'.repeat(16)].map((cause) =>
      measures(inOrder, cause).map(({ row: code }) => code),
    );
    expect(rows).toEqual([[], ['r1'], ['r1'], [], ['r2', 'r3']]);
  });
});
