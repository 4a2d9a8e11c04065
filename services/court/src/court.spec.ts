import { describe, expect, it } from '@jest/globals';
import { CATALOGUE, type CourtFact } from '@writ/contracts';
import type { Decision } from '@writ/decider';
import type { Rule, RulePack } from '@writ/law';
import { Value } from '@sinclair/typebox/value';
import fc from 'fast-check';
import { breachesOf } from './breaches.fixture.js';
import { emptyFile, evolveFile, type CaseFile } from './case/case-file.js';
import { establishObligation } from './case/establish-obligation.js';
import { openCase, type OpenCase } from './case/open-case.js';
import { recordPerformance } from './case/record-performance.js';
import { serveNotice } from './case/serve-notice.js';
import { courtFact, type CourtContext, type CourtWrite } from './court-context.js';
import {
  annulled,
  asked,
  CO_DEBTOR,
  day,
  DEBT,
  DEBTOR,
  delisted,
  establish,
  fulfilled,
  JOINT,
  JOINT_DEBT,
  listed,
  NOTICE,
  opened,
  order,
  owes,
  paid,
  pay,
  SECOND_DEBT,
  serve,
  served,
  STRANGER,
  yuan,
} from './court.fixture.js';
import { annul } from './listing/annul.js';
import { delist } from './listing/delist.js';
import { listSubject } from './listing/list-subject.js';
import { noListing } from './listing/listing.js';

type Ask = (file: CaseFile, context: CourtContext) => Decision<CourtWrite, string>;

// Weighted so that most histories come to a listing and many to full performance.
const anySubject = fc.constantFrom(DEBTOR, DEBTOR, DEBTOR, CO_DEBTOR, STRANGER);
const anyDebt = fc.constantFrom(DEBT, DEBT, DEBT, JOINT_DEBT, SECOND_DEBT, '3b'.repeat(16));
const anyNotice = fc.constantFrom(NOTICE, NOTICE, '1e'.repeat(16));
const anyDay = fc.constantFrom('2026-01-09', '2026-02-01', '2026-03-02', '2026-03-04');
const anyAmount = fc.constantFrom('0', '0.01', '500', '999.99', '1000', '1000', '2000');
const anyDebts = fc.uniqueArray(anyDebt, { minLength: 1, maxLength: 2 });

/** Any command, sensible or not, on one case. */
const anyCommand: fc.Arbitrary<Ask> = fc.oneof(
  anyDay.map((on): Ask => (file, context) => {
    const command = opened(on).data as OpenCase;
    return openCase(file.case, command, context);
  }),
  fc
    .tuple(anyDebts, fc.uniqueArray(anySubject, { minLength: 1, maxLength: 2 }))
    .map(([ids, subjects]): Ask => (file, context) => {
      // An id is given once by the edge, so a taken one never comes again.
      const known = file.case.status === 'open' ? file.case.obligations : new Map();
      const debtors = subjects.flatMap((subject, index) => {
        const obligation = ids[index];
        return obligation === undefined || known.has(obligation) ? [] : [{ obligation, subject }];
      });
      if (debtors.length === 0) return { kind: 'refuse', refusal: { reason: 'no_id_left' } };
      const jointWith = (ids[0] ?? '').slice(0, 30) + '00';
      return establishObligation(file.case, establish({ debtors, jointWith }), context);
    }),
  fc.tuple(anySubject, anyNotice, anyDay).map(
    ([subject, notice, servedOn]): Ask =>
      (file, context) =>
        serveNotice(file.case, serve({ subject, notice, servedOn }), context),
  ),
  fc.tuple(anyDebt, anyAmount, anyDay).map(
    ([obligation, amount, performedOn]): Ask =>
      (file, context) =>
        recordPerformance(file, pay(amount, { obligation, performedOn }), context),
  ),
  fc
    .tuple(anySubject, anyDebts, anyNotice, anyDay, fc.boolean())
    .map(([subject, obligations, notice, from, other]): Ask => (file, context) => {
      const elsewhere = { list: 'zz.court.defaulters', ground: 'obligation-unperformed' };
      const rests = { subject, obligations, notice, effectiveFrom: day(from) };
      return listSubject(file, order({ ...rests, ...(other ? elsewhere : {}) }), context);
    }),
  fc.tuple(fc.nat({ max: 3 }), fc.boolean()).map(([n, never]): Ask => (file, context) => {
    const listing = file.listings[n] ?? noListing;
    return never
      ? annul(listing, { reason: 'decision-void' }, context)
      : delist(listing, { reason: 'creditor-consent' }, context);
  }),
);

/** Most histories begin in order; what follows is any mixture of commands. */
const inOrder: Ask[] = [
  (file, context) => openCase(file.case, opened().data as OpenCase, context),
  (file, context) => establishObligation(file.case, establish(), context),
  (file, context) => serveNotice(file.case, serve(), context),
  (file, context) => listSubject(file, order(), context),
];
const anyHistory = fc
  .tuple(fc.nat({ max: inOrder.length }), fc.array(anyCommand, { maxLength: 25 }))
  .map(([begun, rest]) => [...inOrder.slice(0, begun), ...rest]);

type Spoil = (writes: readonly CourtWrite[]) => readonly CourtWrite[];

function record(
  asks: readonly Ask[],
  spoil: Spoil = (writes) => writes,
  law = asked.law,
): CourtFact[] {
  let file = emptyFile;
  const facts: CourtFact[] = [];
  for (const [index, ask] of asks.entries()) {
    // An hour passes between commands.
    const now = new Date(asked.now.getTime() + index * 3_600_000);
    const decision = ask(file, { ...asked, now, law });
    if (decision.kind === 'refuse') continue;
    for (const { event } of spoil(decision.events)) {
      file = evolveFile(file, event);
      facts.push(event);
    }
  }
  return facts;
}

const breaksNoRule = (spoil?: Spoil, law?: RulePack) =>
  fc.property(anyHistory, (asks) => {
    expect(breachesOf(record(asks, spoil, law))).toEqual([]);
  });

describe('any sequence of commands', () => {
  it('breaks none of the rules', () => fc.assert(breaksNoRule(), { numRuns: 2_000 }));

  it('reaches listings, delistings by performance and by order, and annulments', () => {
    const types = new Set(
      fc.sample(anyHistory, { numRuns: 300, seed: 1 }).flatMap((asks) =>
        record(asks).map(({ type, data }) => {
          return 'reason' in data ? `${type} ${data.reason}` : type;
        }),
      ),
    );
    expect([...types].sort()).toEqual([
      'court.case-opened.v1',
      'court.listing-annulled.v1 decision-void',
      'court.notice-served.v1',
      'court.obligation-established.v1',
      'court.obligation-fulfilled.v1',
      'court.performance-recorded.v1',
      'court.subject-delisted.v1 creditor-consent',
      'court.subject-delisted.v1 fulfilled',
      'court.subject-listed.v1',
    ]);
  });

  it('records only what the contracts allow', () =>
    fc.assert(
      fc.property(anyHistory, (asks) => {
        record(asks).forEach((fact, index) => {
          const { schema } = CATALOGUE[fact.type];
          const recorded = {
            ...fact,
            leafVersion: 1,
            ledger: 'court',
            epoch: 1,
            position: index,
            stream: 'case-x',
            version: 1,
            authoritySeq: index + 1,
            recordedAt: '2026-03-02T02:00:00.000Z',
          };
          expect([...Value.Errors(schema, recorded)]).toEqual([]);
        });
      }),
    ));

  it.each<[string, Spoil]>([
    [
      'forgets the delisting that full performance brings',
      (writes) => writes.filter(({ event }) => event.type !== 'court.subject-delisted.v1'),
    ],
    [
      'forgets a fulfilment',
      (writes) => writes.filter(({ event }) => event.type !== 'court.obligation-fulfilled.v1'),
    ],
    [
      'credits one co-debtor and not the others',
      (writes) => {
        const [paid] = writes.flatMap(({ event }) =>
          event.type === 'court.performance-recorded.v1' ? event.data.obligation : [],
        );
        return writes.filter(
          ({ event }) => !('performance' in event.data) || event.data.obligation === paid,
        );
      },
    ],
    [
      'takes one more part for the whole',
      (writes) =>
        writes.flatMap((write) => {
          if (write.event.type !== 'court.performance-recorded.v1') return [write];
          const { case: id, obligation, performance } = write.event.data;
          const { subject } = write.event;
          const data = { case: id, obligation, performance };
          const event = courtFact(asked, 'court.obligation-fulfilled.v1', subject, data);
          return [write, { ...write, event }];
        }),
    ],
  ])('would be seen to break one by a court that %s', (_, spoil) => {
    const { failed } = fc.check(breaksNoRule(spoil), { numRuns: 2_000, seed: 1 });
    expect(failed).toBe(true);
  });

  it.each<[string, Partial<Rule>]>([
    ['full performance ends nothing', { kind: 'exit' }],
    ['nothing need be owed', { kind: 'precondition', requires: 'unperformed-obligation' }],
  ])('would be seen to break one under a law by which %s', (_, repealed) => {
    const isRepealed = (row: Rule) =>
      Object.entries(repealed).every(([name, value]) => row[name as keyof Rule] === value);
    const law = { ...asked.law, rows: asked.law.rows.filter((row) => !isRepealed(row)) };
    const { failed } = fc.check(breaksNoRule(undefined, law), { numRuns: 2_000, seed: 1 });
    expect(failed).toBe(true);
  });
});

describe('what must never be recorded', () => {
  const ripe = [opened(), owes(), served()];
  it.each<[string, CourtFact[]]>([
    ['nobody is listed without served notice', [opened(), owes(), listed()]],
    ['nobody is listed without served notice', [opened(), owes(), served({}, STRANGER), listed()]],
    ['nobody is listed for what is fulfilled', [...ripe, paid('1000'), fulfilled(), listed()]],
    ['a listing rests on the subject’s own obligations', [opened(), served(), listed()]],
    ['a listing id is never reused', [...ripe, listed(), delisted(), listed()]],
    ['a listing ends once', [...ripe, listed(), delisted(), delisted()]],
    ['a listing ends once', [...ripe, listed(), annulled(), delisted()]],
    ['a listing is annulled once', [...ripe, listed(), annulled(), annulled()]],
    ['no listing outlives full performance', [...ripe, listed(), paid('1000'), fulfilled()]],
    ['part performance fulfils nothing', [...ripe, paid('999.99'), fulfilled()]],
    ['full performance fulfils', [...ripe, paid('1000')]],
    [
      'what one co-debtor performs, all have performed',
      [
        opened(),
        owes({ jointWith: JOINT }),
        owes({ jointWith: JOINT, obligation: JOINT_DEBT }, CO_DEBTOR),
        paid('400'),
      ],
    ],
    ['an obligation is fulfilled once', [...ripe, paid('1000'), fulfilled(), fulfilled()]],
    ['an obligation is established once', [...ripe, owes({ amount: yuan('1') })]],
    ['nothing owed, or not fulfilled', [...ripe, listed(), delisted()]],
  ])('%s', (rule, facts) => expect(breachesOf(facts)).toContain(rule));

  it('is not in a history that is in order', () =>
    expect(breachesOf([...ripe, listed(), paid('1000'), fulfilled(), delisted()])).toEqual([]));
});
