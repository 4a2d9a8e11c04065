import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fact, ListCounts } from '@writ/contracts';
import { sendOrders, type Answered, type Order } from './court-client.fixture.js';
import { IntakeProbe } from './intake-probe.fixture.js';
import { activeSubjects } from './ofac.fixture.js';
import { subscriberOfThePage } from './subscriber.fixture.js';
import { startSystem, SYSTEM, type Json, type System } from './system.fixture.js';
import {
  COURT_LIST,
  day,
  declareCourtList,
  idOf,
  judgmentOf,
  mayFly,
  today,
} from './world.fixture.js';

/** Five orders each: with 500 repeated and 100 broken ones, ten thousand. */
const CASES = 1_880;
const REPEATED = 100;
const BROKEN = 20;

type CaseAtHand = { serial: number; case: string; obligation: string; notice: string };

const order = (what: string, serial: number, data: Json): Order => {
  return { id: `${what}-${serial}`, type: `court.intake.${what}.v1`, data };
};
const subjectOf = (serial: number) => ({ identifiers: [idOf(serial)] });
const money = (amount: string) => ({ amount, currency: 'CNY' });
/** Every other debtor pays all of it, the rest a part. */
const paysAll = (serial: number) => serial % 2 === 0;

const judgment = (serial: number) => order('judgment-effective', serial, judgmentOf(serial));
const obligation = ({ serial, case: id }: CaseAtHand) =>
  order('obligation-established', serial, {
    case: id,
    debtors: [subjectOf(serial)],
    kind: 'pay',
    amount: money('1000.00'),
  });
const notice = ({ serial, case: id }: CaseAtHand) =>
  order('notice-served', serial, {
    case: id,
    subject: subjectOf(serial),
    kind: 'enforcement-notice',
    method: 'personal',
    servedOn: '2026-02-01',
  });
const listing = ({ serial, case: id, obligation: owed, notice: served }: CaseAtHand) =>
  order('listing-ordered', serial, {
    case: id,
    subject: subjectOf(serial),
    list: COURT_LIST,
    ground: 'cn.spc.g1.able-but-refuses',
    obligations: [owed],
    notice: served,
    effectiveFrom: day(today()),
  });
const payment = ({ serial, case: id, obligation: owed }: CaseAtHand) =>
  order('performance-reported', serial, {
    case: id,
    obligation: owed,
    amount: money(paysAll(serial) ? '1000.00' : '999.99'),
    performedOn: today(),
  });

/** What can be wrong with any order, and the field that is then named. */
const BREAKS: readonly [string, (good: Order) => Order][] = [
  ['/data/unheardOf', (good) => ({ ...good, data: { ...good.data, unheardOf: 1 } })],
  ['/headers/ce_type', (good) => ({ ...good, type: 'court.intake.made-up.v1' })],
  ['/headers/ce_type', (good) => ({ ...good, type: good.type.replace(/v1$/, 'v2') })],
  ['/data', (good) => ({ ...good, data: [] as unknown as Json })],
];

/** A round of orders with its repeated and broken ones, in an order of its own. */
function roundOf(good: readonly Order[]): { orders: Order[]; fields: Map<string, string> } {
  const fields = new Map<string, string>();
  const broken = good.slice(0, BROKEN).map((one, index) => {
    const [field, breaking] = BREAKS[index % BREAKS.length] ?? ['', (same: Order) => same];
    const id = `broken-${one.id}`;
    fields.set(id, field);
    return { ...breaking(one), id };
  });
  const repeated = good.filter((_, index) => index % Math.floor(CASES / REPEATED) === 7);
  const orders = [...good, ...repeated.slice(0, REPEATED)];
  broken.forEach((one, index) => orders.splice(index * 90 + 3, 0, one));
  return { orders, fields };
}

if (SYSTEM === 'stack') {
  describe('ten thousand judgment events of a client in Java (stack)', () => {
    let system: System;
    let sent = 0;
    const recorded = new Map<string, Answered>();

    beforeAll(async () => {
      system = await startSystem();
      await declareCourtList(system.client);
      // Its topics are there once it hears.
      await (await IntakeProbe.open(system.kafka?.brokers ?? [])).close();
    });
    afterAll(() => system?.stop());

    /** Sends a round and sees that each was answered once, and how. */
    async function answersTo(good: readonly Order[]): Promise<Answered[]> {
      const { orders, fields } = roundOf(good);
      const { answered, code } = await sendOrders(system.kafka?.brokers ?? [], orders);
      sent += orders.length;
      expect(code).toBe(1);
      expect(answered.map(({ order: id }) => id)).toEqual(orders.map(({ id }) => id));
      expect(answered.filter(({ replies }) => replies !== 1)).toEqual([]);
      for (const answer of answered) {
        const { order: id, status, problem, result } = answer;
        const field = fields.get(id);
        if (field !== undefined) {
          expect({ id, status, field: problem?.field }).toEqual({ id, status: 400, field });
          continue;
        }
        expect({ id, status, problem }).toEqual({ id, status: 201 });
        const earlier = recorded.get(id)?.result?.receipt;
        // A repeated one is answered with what was recorded the first time.
        if (earlier) expect(result?.receipt).toMatchObject(placeOf(earlier));
        recorded.set(id, answer);
      }
      return good.map(({ id }) => recorded.get(id) as Answered);
    }

    it('are each answered once, none lost, none doubled, broken ones with the field named', async () => {
      const serials = Array.from({ length: CASES }, (_, index) => index + 1);
      const opened = await answersTo(serials.map(judgment));
      const cases = serials.map((serial, index): CaseAtHand => {
        const id = opened[index]?.result?.case ?? '';
        return { serial, case: id, obligation: '', notice: '' };
      });
      const owed = await answersTo(cases.map(obligation));
      cases.forEach((one, index) => {
        one.obligation = owed[index]?.result?.obligations?.[0]?.obligation ?? '';
      });
      const served = await answersTo(cases.map(notice));
      cases.forEach((one, index) => (one.notice = served[index]?.result?.notice ?? ''));
      await answersTo(cases.map(listing));
      await answersTo(cases.map(payment));
      expect({ sent, recorded: recorded.size }).toEqual({ sent: 10_000, recorded: 5 * CASES });
    }, 600_000);

    it('are in the ledger once each, and say that they came in so', async () => {
      const facts = await allFacts(system);
      expect(facts.filter(({ source }) => source.kind !== 'intake')).toEqual([]);
      const counted = new Map<string, number>();
      for (const { type } of facts) counted.set(type, (counted.get(type) ?? 0) + 1);
      expect(Object.fromEntries(counted)).toEqual({
        'court.case-opened.v1': CASES,
        'court.obligation-established.v1': CASES,
        'court.notice-served.v1': CASES,
        'court.subject-listed.v1': CASES,
        'court.performance-recorded.v1': CASES,
        'court.obligation-fulfilled.v1': CASES / 2,
        'court.subject-delisted.v1': CASES / 2,
      });
      const positions = [...recorded.values()].map(({ result }) => result?.receipt.position);
      expect(new Set(positions).size).toBe(recorded.size);
    });

    it('are what the counter answers by', async () => {
      const tokens = [...recorded.values()].map(({ result }) => result?.receipt);
      const newest = tokens.reduce((a, b) => ((b?.position ?? 0) > (a?.position ?? 0) ? b : a));
      const asked = { atLeast: [newest?.token ?? ''], settled: true };
      expect((await mayFly(system.client, 1, asked)).answer).toBe('RESTRICTED');
      expect((await mayFly(system.client, 2, asked)).answer).toBe('NOT_RESTRICTED');
      const { body } = await system.client.get<ListCounts>(
        `/projection/v1/lists/${COURT_LIST}?atLeast=${newest?.token}`,
      );
      expect(body).toMatchObject({ listings: CASES / 2, subjects: CASES / 2 });
    });

    it('are what a subscriber built from docs/subscribing.md alone ends with', async () => {
      const subscriber = subscriberOfThePage();
      const active = await activeSubjects(system.client, {}, COURT_LIST);
      const words = [system.kafka?.brokers.join(',') ?? '', system.url, COURT_LIST, 'railway'];
      const heard = await subscriber
        .run<{ active: string[] }>('kafka-subscriber.mjs', ...words)
        .finally(() => subscriber.remove());
      expect(heard.active.length).toBe(CASES / 2);
      expect(heard.active).toEqual(active);
    });
  });
} else {
  it('orders over Kafka need a broker: their tests run on the stack alone', () =>
    expect(SYSTEM).toBe('standalone'));
}

const placeOf = ({
  position,
  leaf,
  stream,
  version,
}: NonNullable<Answered['result']>['receipt']) => {
  return { position, leaf, stream, version };
};

async function allFacts({ client }: System): Promise<Fact[]> {
  const facts: Fact[] = [];
  for (let after = -1; ;) {
    const { body } = await client.get<{ facts: { canonical: string }[]; next: number }>(
      `/court/v1/facts?after=${after}&limit=5000`,
    );
    if (body.facts.length === 0) return facts;
    facts.push(...body.facts.map(({ canonical }) => JSON.parse(canonical) as Fact));
    after = body.next;
  }
}
