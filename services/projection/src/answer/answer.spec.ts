import { describe, expect, it } from '@jest/globals';
import type { Answer, LegalTime } from '@writ/contracts';
import type { Cause } from '../fold/cause.js';
import type { MeasureDecision } from '../fold/enforcement-fold.js';
import {
  answer,
  answerUnknown,
  isSettled,
  type Question,
  type Staleness,
  type SubjectRecord,
} from './answer.js';
import type { Reference } from './reference.js';

const NOW = '2026-03-02T09:00:00.000Z';
const at = (instant: string): LegalTime => ({ instant });
const AIR = 'travel.air';
const LIST = 'a.list';

/** Every dimension an answer depends on, and every value that could matter. */
const DIMENSIONS = {
  trouble: ['none', 'quarantined', 'listing-ledger-old', 'enforcement-old'],
  cause: ['none', 'in-force', 'ended', 'not-begun'],
  kind: ['restrictive', 'scrutiny', 'commendation', 'not-folded'],
  disputed: [false, true],
  decision: ['none', 'asked', 'other', 'empty', 'not-in-time', 'preference'],
  basis: ['current', 'older-cause', 'older-reference'],
  watermark: ['none', 'covers', 'older'],
  coverage: ['covered', 'scheme', 'place', 'measure', 'time'],
  measure: ['named', 'any'],
} as const;
type Case = { [K in keyof typeof DIMENSIONS]: (typeof DIMENSIONS)[K][number] };

function* cases(): Generator<Case> {
  const names = Object.keys(DIMENSIONS) as (keyof Case)[];
  const sizes = names.map((name) => DIMENSIONS[name].length);
  const total = sizes.reduce((product, size) => product * size, 1);
  for (let index = 0; index < total; index++) {
    let rest = index;
    const values = names.map((name, dimension) => {
      const value = DIMENSIONS[name][rest % sizes[dimension]!];
      rest = Math.floor(rest / sizes[dimension]!);
      return [name, value];
    });
    yield Object.fromEntries(values) as Case;
  }
}

/** The rules once more, said as the design says them, without any of the code under test. */
function ruled(given: Case): Answer {
  const counts =
    given.cause === 'in-force' && (given.kind === 'restrictive' || given.kind === 'not-folded');
  const { trouble } = given;
  if (trouble === 'quarantined' || trouble === 'listing-ledger-old') return 'UNDETERMINED';
  if (trouble === 'enforcement-old' && counts) return 'UNDETERMINED';
  const imposed =
    given.decision === 'asked' || (given.decision === 'other' && given.measure === 'any');
  if (counts && imposed && !given.disputed) return 'RESTRICTED';
  const decided = given.decision !== 'none' && given.basis === 'current';
  const assessed = decided || given.watermark === 'covers';
  if (counts && (given.disputed || !assessed || given.kind === 'not-folded')) return 'UNDETERMINED';
  if (given.coverage === 'covered') return 'NOT_RESTRICTED';
  return given.coverage === 'measure' && given.measure === 'any' ? 'NOT_RESTRICTED' : 'NOT_COVERED';
}

const ROW = {
  measure: 'a'.repeat(64),
  effect: 'restriction',
  implementer: 'airline',
  memorandum: 'mou',
  memorandumVersion: 1,
  row: 'r1',
  legalBasis: 'Art. 3',
  from: at('2020-01-01T00:00:00Z'),
} as const;

function decisionOf({ decision, basis }: Case): MeasureDecision | undefined {
  if (decision === 'none') return undefined;
  const row = {
    ...ROW,
    code: decision === 'other' ? 'stay.hotel' : AIR,
    effect: decision === 'preference' ? ('preference' as const) : ('restriction' as const),
    ...(decision === 'not-in-time' ? { until: at('2026-01-01T00:00:00Z') } : {}),
  };
  return {
    list: LIST,
    basedOn: {
      cause: basis === 'older-cause' ? 9 : 10,
      ...(basis === 'older-reference' ? {} : { reference: 5 }),
    },
    measures: decision === 'empty' ? [] : [row],
    position: 3,
  };
}

function causeOf({ cause, disputed }: Case): Cause[] {
  if (cause === 'none') return [];
  const from = at(cause === 'not-begun' ? '2026-04-01T00:00:00Z' : '2026-02-01T00:00:00Z');
  const end = cause === 'ended' ? { until: at('2026-03-02T09:00:00.000Z') } : {};
  const segments = [{ from, ...end, basis: 'G1' }];
  const stamp = { position: 10, recordedAt: '2026-02-01T00:00:00Z' };
  const notBefore = stamp.recordedAt;
  const issuer = 'court.test';
  const origin = 'decided' as const;
  return [
    {
      ledger: 'court',
      id: 'c',
      list: LIST,
      issuer,
      origin,
      segments,
      ...stamp,
      notBefore,
      disputed,
    },
  ];
}

function referenceFor({ kind, coverage }: Case): Reference {
  const declared = (of: 'restrictive' | 'scrutiny' | 'commendation', from: string) => ({
    position: 1,
    recordedAt: '2020-01-01T00:00:00Z',
    kind: of,
    title: 'A list',
    issuer: 'court.test',
    jurisdiction: 'cn',
    coverage: { schemes: ['cn.uscc'], places: ['cn'], from: at(from) },
  });
  // Coverage comes from another list, so that it does not hang on the cause's.
  const from = coverage === 'time' ? '2027-01-01T00:00:00Z' : '2020-01-01T00:00:00Z';
  const lists = new Map([['other.list', declared('restrictive', from)]]);
  if (kind !== 'not-folded') lists.set(LIST, { ...declared(kind, '2027-01-01T00:00:00Z') });
  const rows = coverage === 'measure' ? [] : [{ list: 'other.list', measure: AIR, from: ROW.from }];
  return { lists, touched: new Map([[LIST, 5]]), rows };
}

function askOf({ coverage, measure }: Case): Question {
  return {
    scheme: coverage === 'scheme' ? 'passport.FR' : 'cn.uscc',
    place: coverage === 'place' ? 'fr' : 'cn-31',
    measures: measure === 'any' ? [] : [AIR],
  };
}

function staleFor({ trouble }: Case): Staleness {
  const entry = { reason: 'x_is_not_current', since: NOW, mustAct: 'x' };
  return {
    listing: trouble === 'listing-ledger-old' ? [entry] : [],
    ...(trouble === 'enforcement-old' ? { enforcement: entry } : {}),
  };
}

type AnswerFunction = typeof answer;

function answered(given: Case, rules: AnswerFunction = answer): Answer {
  const decision = decisionOf(given);
  const covers = { court: 10, regulatory: -1, reference: 5 };
  const assessed = given.watermark === 'covers' ? covers : { ...covers, court: 9 };
  const record: SubjectRecord = {
    causes: causeOf(given),
    decisions: decision ? { 'court/c': decision } : {},
    ...(given.watermark === 'none' ? {} : { assessed }),
    ...(given.trouble === 'quarantined' ? { quarantined: { since: NOW } } : {}),
  };
  const [one] = rules(record, referenceFor(given), askOf(given), { now: NOW }, staleFor(given));
  return one!.answer;
}

/** @returns the first case in which these rules answer otherwise than the design */
function firstWrong(rules?: AnswerFunction): Case | undefined {
  for (const given of cases()) if (answered(given, rules) !== ruled(given)) return given;
  return undefined;
}

describe('the answer rules', () => {
  it('hold in every combination of what an answer depends on', () => {
    expect(firstWrong()).toBeUndefined();
  });

  const broken: Record<string, AnswerFunction> = {
    'staleness forgotten': (record, reference, question, when) =>
      answer(record, reference, question, when),
    'quarantine forgotten': ({ quarantined: _, ...record }, ...rest) => answer(record, ...rest),
    'an ended cause counts until enforcement lifts': (record, ...rest) =>
      answer({ ...record, causes: record.causes.map(withoutEnd) }, ...rest),
    'a dispute is ignored': (record, ...rest) =>
      answer({ ...record, causes: record.causes.map((c) => ({ ...c, disputed: false })) }, ...rest),
    'what is not assessed counts as free': (record, ...rest) =>
      answer(
        { ...record, assessed: { court: 10_000, regulatory: 10_000, reference: 10_000 } },
        ...rest,
      ),
    'scrutiny restricts': (record, reference, ...rest) =>
      answer(record, { ...reference, lists: allRestrictive(reference) }, ...rest),
    'place is not asked': (record, reference, { place: _, ...question }, ...rest) =>
      answer(record, reference, question, ...rest),
    'enforcement’s age always counts': (record, reference, question, when, stale) =>
      answer(record, reference, question, when, {
        listing: [...(stale?.listing ?? []), ...(stale?.enforcement ? [stale.enforcement] : [])],
      }),
  };
  it.each(Object.keys(broken))('are seen broken: %s', (name) =>
    expect(firstWrong(broken[name])).toBeDefined(),
  );
});

describe('now', () => {
  const given: Case = {
    trouble: 'none',
    cause: 'in-force',
    kind: 'restrictive',
    disputed: false,
    decision: 'asked',
    basis: 'current',
    watermark: 'none',
    coverage: 'covered',
    measure: 'named',
  };
  const [cause] = causeOf(given);
  const ask = (causes: Cause[], when: Parameters<typeof answer>[3]) =>
    answer(
      { causes, decisions: { 'court/c': decisionOf(given)! } },
      referenceFor(given),
      askOf(given),
      when,
    )[0]?.answer;

  it('is never before what is recorded: an end of a ledger whose clock runs ahead counts', () => {
    const until = at('2026-03-02T09:00:00.250Z');
    const ended = { ...cause!, segments: [{ ...cause!.segments[0]!, until }] };
    expect(ask([ended], { now: NOW })).toBe('RESTRICTED');
    const recorded = { ...ended, notBefore: '2026-03-02T09:00:00.250Z' };
    expect(ask([recorded], { now: NOW })).toBe('NOT_RESTRICTED');
    // Asked about the past, the past counts.
    expect(ask([recorded], { asOf: at(NOW) })).toBe('RESTRICTED');
  });

  it('tells each of two causes, and any of several measures', () => {
    const second = { ...cause!, id: 'd' };
    const decision = decisionOf(given)!;
    const [one] = answer(
      {
        causes: [cause!, second],
        decisions: { 'court/c': decision, 'court/d': decision },
      },
      referenceFor(given),
      { measures: [] },
      { now: NOW },
    );
    expect(one).toEqual({
      measure: 'any',
      answer: 'RESTRICTED',
      causes: ['c', 'd'].map((id) => ({
        ledger: 'court',
        cause: id,
        list: LIST,
        issuer: 'court.test',
        measure: AIR,
        legalBasis: 'Art. 3',
        remedy: 'perform-the-obligation',
      })),
    });
  });

  it('is settled once enforcement has looked at every restrictive cause in force', () => {
    const reference = referenceFor(given);
    const second = { ...cause!, id: 'd' };
    const decisions = { 'court/c': decisionOf(given)! };
    const settled = (causes: Cause[], more = {}) =>
      isSettled({ causes, decisions, ...more }, reference, { now: NOW });
    expect(settled([cause!])).toBe(true);
    // Restricted by the first already; the second belongs to the answer.
    expect(settled([cause!, second])).toBe(false);
    const assessed = { court: 10, regulatory: -1, reference: 5 };
    expect(settled([cause!, second], { assessed })).toBe(true);
    expect(settled([cause!, { ...second, segments: [] }])).toBe(true);
    expect(settled([cause!, { ...second, disputed: true }])).toBe(true);
  });
});

describe('an identifier of nobody', () => {
  const covered = referenceFor({ kind: 'restrictive', coverage: 'covered' } as Case);
  const stale = [{ reason: 'aliases_are_not_current', since: NOW, mustAct: 'identity' }];
  const asked = (scheme: string) => ({ scheme, measures: [AIR] });

  it.each([
    ['outside every coverage', 'passport.FR', [], 'NOT_COVERED'],
    ['outside every coverage, the copy old', 'passport.FR', stale, 'NOT_COVERED'],
    ['the copy current', 'cn.uscc', [], 'NOT_RESTRICTED'],
    ['the copy old', 'cn.uscc', stale, 'UNDETERMINED'],
  ])('%s', (_, scheme, staleness, expected) => {
    const [one] = answerUnknown(covered, asked(scheme), { now: NOW }, staleness);
    expect(one?.answer).toBe(expected);
  });
});

function withoutEnd(cause: Cause): Cause {
  return { ...cause, segments: cause.segments.map(({ until: _, ...segment }) => segment) };
}

function allRestrictive({ lists }: Reference): Reference['lists'] {
  return new Map([...lists].map(([list, it]) => [list, { ...it, kind: 'restrictive' as const }]));
}
