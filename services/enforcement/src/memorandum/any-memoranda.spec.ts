import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { evolveCause, type CauseFact } from '../cause/cause.js';
import { decideMeasures, type StandingDecision } from '../cause/decide-measures.js';
import {
  COURT_LIST,
  declared,
  delisted,
  FEED_LIST,
  listed,
  memorandum,
  row,
  trigger,
  type Row,
} from '../facts.fixture.js';
import { planMeasures } from './plan-measures.js';
import {
  evolveReference,
  listsTouched,
  nothingDeclared,
  type Reference,
  type ReferenceFact,
} from './reference.js';

const day = (n: number) => ({ date: `2026-01-${String(n).padStart(2, '0')}`, zone: 'UTC' });

type Submission = { memorandum: string; from: number; until: number | undefined; rows: Row[] };
type Step = { kind: 'version'; said: Submission } | { kind: 'list' | 'delist' | 'declare' };

const anyRow: fc.Arbitrary<Row> = fc
  .record({
    row: fc.constantFrom('r1', 'r2', 'r3'),
    list: fc.constantFrom(COURT_LIST, COURT_LIST, FEED_LIST),
    effect: fc.constantFrom(
      ...(['restriction', 'restriction', 'restriction', 'preference'] as const),
    ),
    measure: fc.constantFrom('travel.air', 'travel.rail'),
    admits: fc.constantFrom('decided' as const, 'taken-in' as const),
  })
  .map((change) => row(change));
const anySubmission = fc.record({
  memorandum: fc.constantFrom('xx.travel', 'xx.other'),
  from: fc.integer({ min: 1, max: 9 }),
  until: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined, freq: 3 }),
  rows: fc.uniqueArray(anyRow, { maxLength: 3, selector: ({ row: code }) => code }),
});
const anyRest = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: anySubmission.map((said): Step => ({ kind: 'version', said })) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom<Step['kind'][]>('list', 'list', 'delist')
        .map((kind) => ({ kind }) as Step),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'declare' }) },
  ),
  { maxLength: 10 },
);

/** Half of the histories begin with a listing and the declaration of its list. */
const BEGUN: Step[] = [{ kind: 'list' }, { kind: 'declare' }];
const anySteps = fc
  .tuple(fc.boolean(), anyRest)
  .map(([isBegun, rest]) => (isBegun ? [...BEGUN, ...rest] : rest));

/**
 * What follows on one day, worked out from the submissions alone: of each memorandum the newest
 * version that has begun, if it has not ended.
 */
function plainly(steps: readonly Step[], today: number): string[] {
  const kinds = steps.map(({ kind }) => kind);
  const cause = kinds.filter((kind) => kind === 'list' || kind === 'delist');
  // A listing opens once and ends once; what comes after its end changes nothing.
  const opened = cause.indexOf('list');
  const isOver = opened < 0 || cause.indexOf('delist', opened) >= 0;
  if (isOver || !kinds.includes('declare')) return [];
  return ['xx.travel', 'xx.other'].flatMap((code) => {
    const versions = steps.flatMap((step) =>
      step.kind === 'version' && step.said.memorandum === code ? [step.said] : [],
    );
    const version = versions.findLastIndex(({ from }) => from <= today);
    const { until = 99, rows = [] } = versions[version] ?? {};
    if (today >= until) return [];
    return rows
      .filter(({ list, effect }) => list === COURT_LIST && effect === 'restriction')
      .map(({ row: name, measure }) => `${code} ${version + 1} ${name} ${measure}`);
  });
}

type Forget = (touched: string[]) => string[];

/** The steps as facts, each followed by a look at the cause where enforcement takes one. */
function assessed(steps: readonly Step[], forget: Forget): StandingDecision | undefined {
  let reference: Reference = nothingDeclared;
  let cause: ReturnType<typeof evolveCause> | undefined;
  let last: StandingDecision | undefined;
  const look = () => {
    if (!cause) return;
    const decided = decideMeasures(cause, planMeasures(reference), last, trigger);
    for (const { data } of decided.kind === 'record' ? decided.events : []) last = data;
  };
  const learn = (fact: ReferenceFact) => {
    const touched = forget(listsTouched(reference, fact));
    reference = evolveReference(reference, fact);
    if (touched.includes(COURT_LIST)) look();
  };
  const hear = (fact: CauseFact) => {
    cause = evolveCause(cause, fact);
    look();
  };
  const versions = new Map<string, number>();
  for (const [position, step] of steps.entries()) {
    if (step.kind === 'declare') learn(declared(position));
    else if (step.kind === 'list' && !cause) hear(listed(position));
    else if (step.kind === 'delist' && cause && !cause.ended) hear(delisted(position));
    if (step.kind !== 'version') continue;
    const { memorandum: code, from, until, rows } = step.said;
    const number = (versions.get(code) ?? 0) + 1;
    versions.set(code, number);
    const interval = { effectiveFrom: day(from), ...(until ? { until: day(until) } : {}) };
    learn(memorandum(position, number, rows, { memorandum: code, ...interval }));
  }
  return last;
}

const inForce = (decision: StandingDecision | undefined, today: number) =>
  (decision?.measures ?? [])
    .filter(({ from }) => 'date' in from && from.date <= day(today).date)
    .filter(({ until }) => !until || ('date' in until && until.date > day(today).date))
    .map(({ memorandum: code, memorandumVersion, row: name, code: measure }) =>
      [code, memorandumVersion, name, measure].join(' '),
    );

const followsPlainly = (forget: Forget = (touched) => touched) =>
  fc.property(anySteps, fc.integer({ min: 1, max: 10 }), (steps, today) => {
    const rows = inForce(assessed(steps, forget), today);
    expect(rows.toSorted()).toEqual(plainly(steps, today).toSorted());
  });

describe('the newest decision of a cause, after any memoranda', () => {
  it('has the rows that follow from them plainly, on every day', () =>
    fc.assert(followsPlainly(), { numRuns: 3_000 }));

  it('has rows often', () => {
    const rows = fc
      .sample(anySteps, { numRuns: 300, seed: 1 })
      .filter((steps) => plainly(steps, 5).length > 0);
    expect(rows.length).toBeGreaterThan(30);
  });

  it('would be seen to lag if facts of the reference called for no look', () => {
    const { failed } = fc.check(
      followsPlainly(() => []),
      { numRuns: 3_000, seed: 1 },
    );
    expect(failed).toBe(true);
  });
});
