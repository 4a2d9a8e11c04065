import { describe, expect, it } from '@jest/globals';
import type { Answer, LegalTime } from '@writ/contracts';
import type { Cause } from '../fold/cause.js';
import type { MeasureDecision } from '../fold/enforcement-fold.js';
import type { ReferenceItem } from '../fold/reference-fold.js';
import {
  answer,
  answerUnknown,
  isSettled,
  type Question,
  type Staleness,
  type SubjectRecord,
} from './answer.js';
import { referenceOf, type MemorandumRowInTime, type Reference } from './reference.js';

const NOW = '2026-03-02T09:00:00.000Z';
const at = (instant: string): LegalTime => ({ instant });
const AIR = 'travel.air';
const LIST = 'a.list';

/** Every dimension an answer depends on, and every value that could matter. */
const DIMENSIONS = {
  trouble: ['none', 'quarantined', 'reference-aside', 'listing-ledger-old', 'enforcement-old'],
  cause: ['none', 'in-force', 'ended', 'not-begun'],
  kind: ['restrictive', 'scrutiny', 'commendation', 'not-folded'],
  disputed: [false, true],
  decision: ['none', 'asked', 'other', 'empty', 'not-in-time', 'preference'],
  basis: ['current', 'older-cause', 'older-reference'],
  row: ['standing', 'replaced'],
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
  if (['quarantined', 'reference-aside', 'listing-ledger-old'].includes(trouble)) {
    return 'UNDETERMINED';
  }
  if (trouble === 'enforcement-old' && counts) return 'UNDETERMINED';
  const rowCounts = given.basis !== 'older-reference' || given.row === 'standing';
  const imposed =
    given.decision === 'asked' || (given.decision === 'other' && given.measure === 'any');
  if (counts && imposed && rowCounts && !given.disputed) return 'RESTRICTED';
  const assessed = given.decision !== 'none' && given.basis === 'current';
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

function referenceFor({ kind, coverage, row }: Case): Reference {
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
  const { memorandum, memorandumVersion, from: since } = ROW;
  const named = { memorandum, memorandumVersion, from: since };
  const rows: MemorandumRowInTime[] =
    coverage === 'measure' ? [] : [{ ...named, list: 'other.list', row: 'o1', measure: AIR }];
  const own = { ...named, list: LIST, row: 'r1', measure: AIR };
  rows.push(row === 'replaced' ? { ...own, memorandumVersion: 2 } : own);
  const touched = new Map([[LIST, [{ position: 5, recordedAt: '2026-01-15T00:00:00Z' }]]]);
  return { lists, touched, rows };
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
    ...(trouble === 'reference-aside' ? { reference: entry } : {}),
  };
}

type AnswerFunction = typeof answer;

const STANDING = { ...ROW, list: LIST, row: 'r1', measure: AIR };

/** As if every cause had been looked at by now, those without a decision too. */
function looked({ causes, decisions }: SubjectRecord): SubjectRecord['decisions'] {
  const basedOn = { cause: 10_000, reference: 10_000 };
  const none = { list: LIST, measures: [], position: 0 };
  return Object.fromEntries(
    causes.map(({ id }) => [`court/${id}`, { ...(decisions[`court/${id}`] ?? none), basedOn }]),
  );
}

function answered(given: Case, rules: AnswerFunction = answer): Answer {
  const decision = decisionOf(given);
  const record: SubjectRecord = {
    causes: causeOf(given),
    decisions: decision ? { 'court/c': decision } : {},
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
      answer({ ...record, decisions: looked(record) }, ...rest),
    'a row out of force restricts until enforcement acts': (record, reference, ...rest) =>
      answer(record, { ...reference, rows: [...reference.rows, STANDING] }, ...rest),
    'a reference set aside is forgotten': (record, reference, question, when, stale) => {
      const { reference: _, ...fresh } = stale!;
      return answer(record, reference, question, when, fresh);
    },
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
    row: 'standing',
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
    const settled = (causes: Cause[], more: Partial<SubjectRecord> = {}, stale?: Staleness) =>
      isSettled({ causes, decisions, ...more }, reference, { now: NOW }, stale);
    expect(settled([cause!])).toBe(true);
    // Restricted by the first already; the second belongs to the answer.
    expect(settled([cause!, second])).toBe(false);
    const empty = { ...decisions['court/c'], measures: [] };
    expect(settled([cause!, second], { decisions: { ...decisions, 'court/d': empty } })).toBe(true);
    expect(settled([cause!, { ...second, segments: [] }])).toBe(true);
    expect(settled([cause!, { ...second, disputed: true }])).toBe(true);
    // What is too old may still become current; enforcement counts where it is read.
    const old = { reason: 'x_is_not_current', since: NOW, mustAct: 'x' };
    expect(settled([], {}, { listing: [old] })).toBe(false);
    expect(settled([cause!], {}, { listing: [], enforcement: old })).toBe(false);
    expect(settled([], {}, { listing: [], enforcement: old })).toBe(true);
    expect(settled([cause!], {}, { listing: [], reference: old })).toBe(true);
  });
});

describe('a memorandum row that a later version dropped', () => {
  const given = {
    trouble: 'none',
    cause: 'in-force',
    kind: 'restrictive',
    disputed: false,
    decision: 'asked',
    coverage: 'covered',
    measure: 'named',
  } as Case;
  const version = (memorandumVersion: number, effectiveFrom: LegalTime, rows: object[]) => ({
    ...{ memorandumVersion, effectiveFrom, rows, lists: [LIST] },
    ...{ position: memorandumVersion * 4, recordedAt: NOW, title: 'Who does what' },
  });
  const row = { row: 'r1', list: LIST, effect: 'restriction', measure: AIR, admits: 'decided' };
  const declared = referenceFor({ ...given, row: 'standing' }).lists;
  const known = (from: string) => {
    const versions = [version(1, ROW.from, [row]), version(2, at(from), [])];
    const item = { kind: 'memorandum', versions } as unknown as ReferenceItem;
    return { ...referenceOf([['memorandum/mou', item]]), lists: declared };
  };
  const record = { causes: causeOf(given), decisions: { 'court/c': decisionOf(given)! } };
  const told = (from: string) => answer(record, known(from), { measures: [AIR] }, { now: NOW })[0];

  it('restricts no more once that version holds, though enforcement has not looked', () =>
    expect(told('2026-03-01T00:00:00Z')).toMatchObject({
      answer: 'UNDETERMINED',
      undetermined: [{ reason: 'cause_is_not_assessed' }],
    }));

  it('restricts until that version holds', () =>
    expect(told('2026-04-01T00:00:00Z')).toMatchObject({ answer: 'RESTRICTED' }));
});

describe('a cause that is not assessed', () => {
  const given = { cause: 'in-force', kind: 'restrictive', disputed: false } as Case;
  const dayOf = (day: string) => `2026-${day}T00:00:00Z`;
  const touches = [
    { position: 5, recordedAt: dayOf('01-15') },
    { position: 8, recordedAt: dayOf('02-20') },
    { position: 9, recordedAt: dayOf('02-25') },
  ];
  const reference = {
    ...referenceFor({ ...given, coverage: 'covered', row: 'replaced' }),
    touched: new Map([[LIST, touches]]),
  };
  const since = (basedOn?: { cause: number; reference?: number }) => {
    const decided = basedOn && { list: LIST, basedOn, measures: [], position: 3 };
    const decisions: SubjectRecord['decisions'] = decided ? { 'court/c': decided } : {};
    const record = { causes: causeOf(given), decisions };
    const [one] = answer(record, reference, { measures: [AIR] }, { now: NOW });
    return one?.undetermined?.map((told) => told.since);
  };

  it.each([
    ['of which nothing was decided: its own last fact', undefined, '02-01'],
    ['decided on before its last fact: that fact', { cause: 9, reference: 9 }, '02-01'],
    ['overtaken by lists or memoranda: the first of those', { cause: 10, reference: 5 }, '02-20'],
    ['overtaken twice, decided on one: the other', { cause: 10, reference: 8 }, '02-25'],
    ['overtaken both ways: whichever came first', { cause: 9, reference: 8 }, '02-01'],
    ['overtaken both ways, the other way round', { cause: 9 }, '01-15'],
  ])('is so since %s', (_, basedOn, day) => expect(since(basedOn)).toEqual([dayOf(day)]));
});

describe('an identifier of nobody', () => {
  const covered = referenceFor({ kind: 'restrictive', coverage: 'covered' } as Case);
  const old = (what: string) => [
    { reason: `${what}_not_current`, since: 'never-current', mustAct: what },
  ];
  const asked = (scheme: string) => ({ scheme, measures: [AIR] });
  const [fresh, aliases, reference] = [[], old('aliases'), old('regulatory')];

  it.each([
    ['outside every coverage', 'passport.FR', { reference: fresh, aliases: fresh }, 'NOT_COVERED'],
    ['the same, aliases old', 'passport.FR', { reference: fresh, aliases }, 'NOT_COVERED'],
    ['the same, coverage old', 'passport.FR', { reference, aliases: fresh }, 'UNDETERMINED'],
    ['covered, all current', 'cn.uscc', { reference: fresh, aliases: fresh }, 'NOT_RESTRICTED'],
    ['covered, aliases old', 'cn.uscc', { reference: fresh, aliases }, 'UNDETERMINED'],
    ['covered, coverage old', 'cn.uscc', { reference, aliases: fresh }, 'UNDETERMINED'],
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
