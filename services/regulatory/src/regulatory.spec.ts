import { describe, expect, it } from '@jest/globals';
import { Value } from '@sinclair/typebox/value';
import { CATALOGUE, type FactType, type NewFact } from '@writ/contracts';
import type { Decision, StreamWrite } from '@writ/decider';
import fc from 'fast-check';
import { declareList, type Declaration, type Envelope } from './list/declare-list.js';
import { evolveList, undeclared, type List, type ListKind } from './list/list.js';
import {
  evolveMemorandum,
  unknownMemorandum,
  versionsOf,
  type Memorandum,
  type MemorandumRow,
  type MemorandumText,
} from './memorandum/memorandum.js';
import {
  recordMemorandum,
  recordMemorandumVersion,
  type MemorandumSubmission,
} from './memorandum/record-memorandum.js';

const day = (date: string) => ({ date, zone: 'Europe/Oslo' });
const LISTS = ['vl.debarred', 'vl.watched', 'vl.praised'];
const MEMORANDA = ['vl.joint', 'vl.other'];
const NOW = new Date('2026-03-02T09:00:00Z');

/** What stands recorded, and how it came to be. */
type World = {
  lists: ReadonlyMap<string, List>;
  memoranda: ReadonlyMap<string, Memorandum>;
};
type Recorded = Pick<NewFact, 'type' | 'authority' | 'data'>;
type Ask = (world: World) => Decision<StreamWrite<NewFact>, string>;
/** Comes between the record and the decision: a regulator that overlooks something. */
type Overlook = (world: World, authority: string) => World;

const anyAuthority = fc.constantFrom(
  ...Array<string>(6).fill('vl.council'),
  'vl.register',
  'vl.somebody',
);
const anyDay = fc
  .constantFrom('2026-01-01', '2026-01-01', '2026-02-01', '2026-03-01', '2026-02-30')
  .map(day);
const anyList = fc.constantFrom('vl.debarred', 'vl.debarred', ...LISTS);

const by = (authority: string): Envelope => ({
  authority,
  actor: { kind: 'person', id: 'clerk-1', verified: false },
  source: { kind: 'api' },
  correlation: '0'.repeat(32),
});

const anyDeclaration = fc.record<Declaration>({
  list: anyList,
  kind: fc.constantFrom<ListKind[]>('restrictive', 'restrictive', 'scrutiny', 'commendation'),
  title: fc.constant('Made up'),
  issuer: fc.constantFrom('vl.register', 'vl.council'),
  jurisdiction: fc.constant('vl'),
  coverage: anyDay.map((from) => ({ schemes: ['vl.number'], places: ['vl'], from })),
});
const anyRow = fc.record<MemorandumRow>({
  row: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
  list: anyList,
  effect: fc.constantFrom('restriction', 'restriction', 'preference'),
  measure: fc.constantFrom('travel.air', 'travel.rail'),
  implementer: fc.constant('vl.airline'),
  legalBasis: fc.constant('Act 4, section 2'),
  admits: fc.constantFrom('decided', 'taken-in'),
});
const anySubmission = fc
  .tuple(
    fc.constantFrom('vl.joint', ...MEMORANDA),
    anyDay,
    fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: anyDay }),
    fc.array(anyRow, { maxLength: 2 }),
  )
  .map(([memorandum, effectiveFrom, until, rows]): MemorandumSubmission => {
    const said = { memorandum, title: 'Made up', effectiveFrom, rows };
    return until ? { ...said, until } : said;
  });

const anyAsk = (overlook: Overlook): fc.Arbitrary<Ask> =>
  fc.oneof(
    fc.tuple(anyDeclaration, anyAuthority).map(([declaration, authority]): Ask => (world) => {
      const { lists } = overlook(world, authority);
      return declareList(lists.get(declaration.list) ?? undeclared, declaration, by(authority));
    }),
    fc
      .tuple(
        anySubmission,
        anyAuthority,
        fc.constantFrom(true, false, ...Array<'fit'>(6).fill('fit')),
      )
      .map(([submission, authority, asked]): Ask => (world) => {
        const { lists, memoranda } = overlook(world, authority);
        const memorandum = memoranda.get(submission.memorandum) ?? unknownMemorandum;
        const others = [...memoranda]
          .filter(([code]) => code !== submission.memorandum)
          .map(([, other]) => versionsOf(other));
        const isFirst = asked === 'fit' ? memorandum.status === 'unknown' : asked;
        const decide = isFirst ? recordMemorandum : recordMemorandumVersion;
        return decide(memorandum, { lists, others, now: NOW }, submission, by(authority));
      }),
  );

/** Most histories begin with the three lists as they are meant. */
const begun: Ask[] = (['restrictive', 'scrutiny', 'commendation'] as const).map((kind, index) => {
  const coverage = { schemes: ['vl.number'], places: ['vl'], from: day('2026-01-01') };
  const said = { title: 'Made up', issuer: 'vl.register', jurisdiction: 'vl', coverage };
  const declaration = { list: LISTS[index] ?? '', kind, ...said };
  return () => declareList(undeclared, declaration, by('vl.council'));
});
const anyHistory = (overlook: Overlook = (world) => world) =>
  fc
    // Weighted so that most histories come to memoranda.
    .tuple(
      fc.constantFrom(0, 1, 2, 3, 3, 3, 3),
      fc.array(anyAsk(overlook), { maxLength: 25, size: 'large' }),
    )
    .map(([count, rest]) => [...begun.slice(0, count), ...rest]);

function record(asks: readonly Ask[]): StreamWrite<NewFact>[] {
  const lists = new Map<string, List>();
  const memoranda = new Map<string, Memorandum>();
  const written: StreamWrite<NewFact>[] = [];
  for (const ask of asks) {
    const decision = ask({ lists, memoranda });
    if (decision.kind === 'refuse') continue;
    for (const write of decision.events) {
      const { event } = write;
      written.push(write);
      if (event.type === 'regulatory.list-declared.v1') {
        const { list } = event.data as Declaration;
        lists.set(list, evolveList(lists.get(list) ?? undeclared, event));
      } else {
        const { memorandum: code } = event.data as MemorandumText;
        memoranda.set(code, evolveMemorandum(memoranda.get(code) ?? unknownMemorandum, event));
      }
    }
  }
  return written;
}

/** What must never be in regulatory's record, told by code that shares none with the decisions. */
function breachesOf(facts: readonly Recorded[]): string[] {
  const breaches: string[] = [];
  const say = (broken: boolean, rule: string) => broken && breaches.push(rule);
  const declared = new Map<string, { kind: ListKind; speakers: Set<string> }>();
  const recorded = new Map<string, { author: string; versions: number; named: Set<string> }>();
  for (const { type, authority, data } of facts) {
    if (type === 'regulatory.list-declared.v1') {
      const { list, kind, issuer, coverage } = data as Declaration;
      const known = declared.get(list);
      say(known !== undefined && known.kind !== kind, 'a list keeps its kind');
      say(known !== undefined && !known.speakers.has(authority), 'a stranger declares no list');
      say(coverage.from === undefined || noDay(coverage.from), 'coverage begins on a day');
      const [first = authority] = known?.speakers ?? [];
      declared.set(list, { kind, speakers: new Set([first, issuer]) });
      continue;
    }
    const text = data as MemorandumText;
    const { memorandum, memorandumVersion, effectiveFrom, until, rows, lists } = text;
    const known = recorded.get(memorandum) ?? { author: authority, versions: 0, named: new Set() };
    say(known.author !== authority, 'a memorandum has one author');
    say(memorandumVersion !== known.versions + 1, 'versions are numbered one by one');
    say(noDay(effectiveFrom) || (until !== undefined && noDay(until)), 'times are days');
    say(until !== undefined && textOf(until) <= textOf(effectiveFrom), 'an end is after its start');
    say(new Set(rows.map(({ row }) => row)).size !== rows.length, 'a row is named once');
    for (const { list, effect } of rows) {
      const kind = declared.get(list)?.kind;
      say(kind === undefined, 'a row names a list that is declared');
      const restricts = effect === 'restriction' && kind !== undefined && kind !== 'restrictive';
      say(restricts, 'a restriction follows from a restrictive list');
    }
    for (const { list } of rows) known.named.add(list);
    say([...known.named].sort().join() !== lists.join(), 'every list ever touched is named');
    recorded.set(memorandum, { ...known, versions: known.versions + 1 });
  }
  return breaches;
}

const textOf = (time: object) => JSON.stringify(time);
const noDay = (time: object) => textOf(time).includes('02-30');

const breaksNoRule = (overlook?: Overlook) =>
  fc.property(anyHistory(overlook), (asks) => {
    expect(breachesOf(record(asks).map(({ event }) => event))).toEqual([]);
  });

describe('any sequence of declarations and memoranda', () => {
  it('breaks none of the rules', () => fc.assert(breaksNoRule(), { numRuns: 1_500 }));

  it('comes to lists declared anew and memoranda of several versions', () => {
    const histories = fc
      .sample(anyHistory(), { numRuns: 300, seed: 1 })
      .map((asks) => record(asks).map(({ event }) => event));
    const versions = histories.flatMap((facts) =>
      facts.map(({ data }) => (data as Partial<MemorandumText>).memorandumVersion ?? 0),
    );
    expect(versions.filter((version) => version > 2).length).toBeGreaterThan(30);
    const redeclared = histories.filter((facts) => {
      const lists = facts.flatMap(({ data }) => (data as Partial<Declaration>).list ?? []);
      return new Set(lists).size < lists.length;
    });
    expect(redeclared.length).toBeGreaterThan(30);
  });

  it('records only what the contracts allow, each on its own stream', () =>
    fc.assert(
      fc.property(anyHistory(), (asks) => {
        record(asks).forEach(({ stream, event }, index) => {
          const { list, memorandum } = event.data as { list?: string; memorandum?: string };
          expect(stream).toBe(memorandum ? `memorandum-${memorandum}` : `list-${list}`);
          const place = { ledger: 'regulatory', epoch: 1, position: index, stream, version: 1 };
          const rest = { leafVersion: 1, authoritySeq: index + 1, recordedAt: NOW.toISOString() };
          const { schema } = CATALOGUE[event.type as FactType];
          expect([...Value.Errors(schema, { ...event, ...place, ...rest })]).toEqual([]);
        });
      }),
    ));

  it.each<[string, Overlook]>([
    ['what it recorded of memoranda', ({ lists }) => ({ lists, memoranda: new Map() })],
    [
      'who recorded a memorandum',
      ({ lists, memoranda }, authority) => {
        const mine = [...memoranda].map(([code, one]): [string, Memorandum] => [
          code,
          one.status === 'recorded' ? { ...one, recordedBy: authority } : one,
        ]);
        return { lists, memoranda: new Map(mine) };
      },
    ],
    [
      'of which kind a list is',
      ({ lists, memoranda }) => {
        const all = [...lists].map(([code, list]): [string, List] => [
          code,
          list.status === 'declared' ? { ...list, kind: 'restrictive' } : list,
        ]);
        return { lists: new Map(all), memoranda };
      },
    ],
    [
      'who may speak for a list',
      ({ lists, memoranda }, authority) => {
        const mine = [...lists].map(([code, list]): [string, List] => [
          code,
          list.status === 'declared' ? { ...list, declaredBy: authority } : list,
        ]);
        return { lists: new Map(mine), memoranda };
      },
    ],
    [
      'which lists earlier versions touched',
      ({ lists, memoranda }) => {
        const bare = [...memoranda].map(([code, one]): [string, Memorandum] => [
          code,
          one.status === 'recorded' ? { ...one, lists: [] } : one,
        ]);
        return { lists, memoranda: new Map(bare) };
      },
    ],
  ])('would be seen to break one by a regulator that forgets %s', (_, overlook) => {
    const { failed } = fc.check(breaksNoRule(overlook), { numRuns: 1_500, seed: 1 });
    expect(failed).toBe(true);
  });
});
