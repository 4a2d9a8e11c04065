import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Receipt } from '@writ/contracts';
import type { ProblemDocument, ServiceHost } from '@writ/service-host';
import type { FactCommand } from '@writ/ledger';
import { breachesOf } from './breaches.fixture.js';
import {
  caseBody,
  day,
  debtBody,
  fakeIdentity,
  noticeBody,
  paymentBody,
  ripeCase,
  someone,
  testCourt,
  type Answer,
  type Court,
  type Ripe,
  type Sealed,
} from './court-http.fixture.js';

const sealed: Sealed = { refs: [], names: [], bound: [] };
let court: Court;

beforeAll(async () => {
  court = await testCourt(fakeIdentity(sealed));
});
afterAll(() => court.service.stop());

const typesOf = (facts: { type: string }[]) => facts.map(({ type }) => type.slice('court.'.length));
const problemOf = ({ status, body }: Answer) => {
  const { type, field } = body as ProblemDocument;
  return [status, type.replace('urn:writ:problem:', ''), field];
};

describe('a case', () => {
  it('goes from its instrument to the listing, and by full performance to its end', async () => {
    const before = await court.size();
    const named = { ...someone(100), name: 'Nobody Whatsoever' };
    const opened = await court.post('/cases', caseBody());
    const path = `/cases/${String(opened.body['case'])}`;
    const owed = await court.post(`${path}/obligations`, debtBody(named, someone(101)));
    const [own, joint] = owed.body['obligations'] as { obligation: string; jointWith: string }[];
    expect(own?.jointWith).toBe(joint?.jointWith);
    const notice = await court.post(`${path}/notices`, noticeBody(someone(100)));
    const listing = {
      case: opened.body['case'],
      subject: someone(100),
      list: 'cn.spc.judgment-defaulters',
      ground: 'cn.spc.g1.able-but-refuses',
      obligations: [own?.obligation],
      notice: notice.body['notice'],
      effectiveFrom: day('2026-03-02'),
    };
    const listed = await court.post('/listings', listing);
    expect(listed).toMatchObject({ status: 201, body: { listing: `${opened.body['case']}-1` } });
    const part = await court.post(`${path}/performances`, paymentBody(own!.obligation, '999.99'));
    expect(part).toMatchObject({ status: 201, body: { fulfilled: [], delisted: [] } });
    // The co-debtor pays the last cent for both.
    const cent = await court.post(`${path}/performances`, paymentBody(joint!.obligation, '0.01'));
    expect(cent.body).toMatchObject({
      receipt: { ledger: 'court', stream: `listing-${listed.body['listing']}`, version: 2 },
      fulfilled: [own?.obligation, joint?.obligation],
      delisted: [listed.body['listing']],
    });
    expect(typesOf((await court.facts()).slice(before))).toEqual([
      'case-opened.v1',
      'obligation-established.v1',
      'obligation-established.v1',
      'notice-served.v1',
      'subject-listed.v1',
      'performance-recorded.v1',
      'performance-recorded.v1',
      'performance-recorded.v1',
      'performance-recorded.v1',
      'obligation-fulfilled.v1',
      'obligation-fulfilled.v1',
      'subject-delisted.v1',
    ]);
  });

  it('hands names, identifiers and numbers to identity, and records references only', async () => {
    const text = JSON.stringify(await court.facts());
    expect(text).not.toMatch(/nobody|Nobody|4711|made-up 42/);
    expect(sealed.names).toContain('Nobody Whatsoever');
    const [opened] = await court.facts();
    expect(opened).toMatchObject({ data: { caseNumberRef: sealed.refs[0] } });
  });

  it('tells identity whom its texts concern, so that they can be erased with them', async () => {
    const ripe = await ripeCase(court, 111);
    const owing = (await court.facts()).flatMap((fact) =>
      fact.type === 'court.obligation-established.v1' && fact.data.case === ripe.case
        ? [`${ripe.case}/${fact.subject}`]
        : [],
    );
    expect(owing).not.toEqual([]);
    expect(sealed.bound).toEqual(expect.arrayContaining(owing));
  });

  it('is shown with what is left of it and the versions to name', async () => {
    const ripe = await ripeCase(court, 110);
    await court.post('/listings', ripe.listing);
    await court.post(`/cases/${ripe.case}/performances`, paymentBody(ripe.obligation, '0.5'));
    const { body } = await court.get(`/cases/${ripe.case}`);
    expect(body).toMatchObject({
      case: ripe.case,
      version: 4,
      obligations: [
        { obligation: ripe.obligation, outstanding: { amount: '999.50' }, fulfilled: false },
      ],
      listings: [{ listing: `${ripe.case}-1`, version: 1, status: 'listed' }],
    });
    expect(problemOf(await court.get(`/cases/${'0'.repeat(32)}`))).toEqual([
      404,
      'unknown-case',
      '/path/case',
    ]);
  });

  it('ends a listing by order, and declares one void: two different facts', async () => {
    const ripe = await ripeCase(court, 120);
    await court.post('/listings', ripe.listing);
    const ended = await court.post(`/listings/${ripe.case}-1/delisting`, {
      reason: 'creditor-consent',
    });
    expect(ended).toMatchObject({ status: 201, body: { listing: `${ripe.case}-1` } });
    await court.post('/listings', ripe.listing);
    const voided = await court.post(`/listings/${ripe.case}-2/annulment`, {
      reason: 'decision-void',
    });
    expect(voided).toMatchObject({ status: 201, body: { listing: `${ripe.case}-2` } });
    expect(typesOf((await court.facts()).slice(-4))).toEqual([
      'subject-listed.v1',
      'subject-delisted.v1',
      'subject-listed.v1',
      'listing-annulled.v1',
    ]);
  });
});

describe('a retry', () => {
  it('fifty at once record one listing and answer the same; another date is refused', async () => {
    const ripe = await ripeCase(court, 200);
    const before = await court.size();
    const tries = Array.from({ length: 50 }, () => court.post('/listings', ripe.listing, 'retry'));
    const answers = await Promise.all(tries);
    expect(answers[0]).toMatchObject({ status: 201, body: { listing: `${ripe.case}-1` } });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await court.size()).toBe(before + 1);
    const changed = { ...ripe.listing, effectiveFrom: day('2026-03-03') };
    expect(problemOf(await court.post('/listings', changed, 'retry'))).toEqual([
      422,
      'key-reused-with-another-body',
      '/headers/idempotency-key',
    ]);
    expect(await court.size()).toBe(before + 1);
    expect(await court.post('/listings', ripe.listing, 'retry')).toEqual(answers[0]);
  });

  it('of every command answers as the first did, and creates nothing twice', async () => {
    const twice = async (path: string, body: unknown) => {
      const key = `twice ${path}`.replaceAll(/[ /]/g, '.');
      const first = await court.post(path, body, key);
      expect(first.status).toBe(201);
      const size = await court.size();
      expect(await court.post(path, body, key)).toEqual(first);
      expect(await court.size()).toBe(size);
      return first.body;
    };
    const opened = await twice('/cases', caseBody());
    const path = `/cases/${String(opened['case'])}`;
    const owed = await twice(`${path}/obligations`, debtBody(someone(210)));
    const [debt] = owed['obligations'] as { obligation: string }[];
    const served = await twice(`${path}/notices`, noticeBody(someone(210)));
    const ripe = await ripeCase(court, 210);
    const listing = { ...ripe.listing, case: opened['case'], notice: served['notice'] };
    const listed = { ...listing, obligations: [debt?.obligation] };
    const first = await twice('/listings', listed);
    await twice(`/listings/${String(first['listing'])}/delisting`, { reason: 'court-decision' });
    await twice(`/listings/${String(first['listing'])}/annulment`, { reason: 'decision-void' });
    await twice(`${path}/performances`, paymentBody(debt!.obligation, '1000'));
  });
});

describe('a version that a client names', () => {
  const stale = [409, 'version-is-stale', '/expectedVersion'];

  it('must be the one the case stands at', async () => {
    const ripe = await ripeCase(court, 300);
    const listing = (expectedVersion: number) => ({ ...ripe.listing, expectedVersion });
    expect(problemOf(await court.post('/listings', listing(2)))).toEqual(stale);
    expect(problemOf(await court.post('/listings', listing(4)))).toEqual(stale);
    expect((await court.post('/listings', listing(3))).status).toBe(201);
    const payment = { ...paymentBody(ripe.obligation, '1'), expectedVersion: 3 };
    expect((await court.post(`/cases/${ripe.case}/performances`, payment)).status).toBe(201);
    expect(problemOf(await court.post(`/cases/${ripe.case}/performances`, payment))).toEqual(stale);
  });

  it('must be the one the listing stands at', async () => {
    const ripe = await ripeCase(court, 310);
    await court.post('/listings', ripe.listing);
    const end = (expectedVersion: number) =>
      court.post(`/listings/${ripe.case}-1/delisting`, {
        reason: 'court-decision',
        expectedVersion,
      });
    expect(problemOf(await end(2))).toEqual(stale);
    expect((await end(1)).status).toBe(201);
  });

  it('is never tried again: of two at once one is stale', async () => {
    const ripe = await ripeCase(court, 320);
    const payment = { ...paymentBody(ripe.obligation, '1'), expectedVersion: 3 };
    const pay = () => court.post(`/cases/${ripe.case}/performances`, payment);
    const statuses = (await Promise.all([pay(), pay()])).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 409]);
  });
});

describe('a listing and the payment that forbids it, decided on the same state', () => {
  /** Both wait at the ledger's door until both have decided; tries after that pass. */
  const decidedTogether = (keepExpectations: boolean) => (host: ServiceHost) => {
    const writer = host.writer();
    const waiting: (() => void)[] = [];
    let armed = false;
    const open = () => {
      armed = false;
      for (const go of waiting.splice(0)) go();
    };
    const meet = () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        if (waiting.length === 2) open();
      });
    const append = async (command: FactCommand) => {
      if (armed) await meet();
      const written = new Set(command.write.map(({ stream }) => stream));
      const expect = command.expect.filter(({ stream }) => written.has(stream));
      return writer.append(keepExpectations ? command : { ...command, expect });
    };
    const wrapped = { ...host, writer: () => ({ ...bound(writer), append }) };
    const arm = () => void (armed = true);
    return { host: wrapped as unknown as ServiceHost, arm, open };
  };

  async function race(keepExpectations: boolean) {
    let gate: ReturnType<ReturnType<typeof decidedTogether>> | undefined;
    const racing = await testCourt(fakeIdentity(), (host) => {
      gate = decidedTogether(keepExpectations)(host);
      return gate.host;
    });
    const breaches = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const ripe: Ripe = await ripeCase(racing, round);
      gate?.arm();
      const payment = paymentBody(ripe.obligation, '1000');
      // Whoever comes to an end opens the gate: nobody is left waiting for one that was refused.
      await Promise.all([
        racing.post('/listings', ripe.listing).finally(gate?.open),
        racing.post(`/cases/${ripe.case}/performances`, payment).finally(gate?.open),
      ]);
      for (const breach of breachesOf(await racing.facts())) breaches.add(breach);
    }
    await racing.service.stop();
    return [...breaches];
  }

  it('never leave a listing alive on a fulfilled obligation', async () =>
    expect(await race(true)).toEqual([]));

  it('would, if only the streams written to were guarded', async () =>
    expect(await race(false)).toContain('no listing outlives full performance'));

  it('at full speed leave a record in order', async () => {
    const rounds = Array.from({ length: 20 }, async (_, round) => {
      const ripe = await ripeCase(court, 400 + round);
      await Promise.all([
        court.post('/listings', ripe.listing),
        court.post(`/cases/${ripe.case}/performances`, paymentBody(ripe.obligation, '400')),
        court.post(`/cases/${ripe.case}/performances`, paymentBody(ripe.obligation, '600')),
        court.post('/listings', ripe.listing),
      ]);
    });
    await Promise.all(rounds);
    expect(breachesOf(await court.facts())).toEqual([]);
  });
});

/** The methods of a class instance, so that one of them can be replaced. */
function bound<T extends object>(instance: T): Record<string, unknown> {
  const methods: Record<string, unknown> = {};
  for (let level: object = instance; level !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(level)) {
      const value: unknown = (instance as Record<string, unknown>)[name];
      if (typeof value === 'function') methods[name] ??= value.bind(instance);
    }
    level = Object.getPrototypeOf(level) as object;
  }
  return methods;
}

describe('a name', () => {
  it('is sealed for what is recorded, and for nothing else', async () => {
    const ripe = await ripeCase(court, 620);
    const named = { ...someone(621), name: 'Nobody Sealed' };
    const path = `/cases/${ripe.case}/obligations`;
    // One debtor under two sets of identifiers: seen only once they are resolved.
    const [identifier] = someone(621).identifiers;
    const twice = { identifiers: [identifier, identifier] };
    const names = [...sealed.names];
    expect(problemOf(await court.post(path, debtBody(named, twice)))).toEqual([
      422,
      'debtors-must-differ',
      '/debtors/1',
    ]);
    expect(sealed.names).toEqual(names);
    expect((await court.post(path, debtBody(named))).status).toBe(201);
    expect(sealed.names).toEqual([...names, 'Nobody Sealed']);
  });
});

describe('a retry of whom identity knows no more', () => {
  it.each(['erased', 'others by now'])('is answered as it was: %s', async (how) => {
    const known = new Map<string, { subject: string; aliasSequence: number }>();
    const outage = { down: false, refuses: false };
    const erasing = await testCourt(fakeIdentity(undefined, outage, known));
    const ripe = await ripeCase(erasing, 0);
    const path = `/cases/${ripe.case}`;
    const opened = await erasing.post('/cases', caseBody(), 'case');
    await erasing.post(`/cases/${String(opened.body['case'])}/obligations`, debtBody(someone(0)));
    const commands = [
      ['/cases', caseBody(), 'case'],
      [`${path}/obligations`, debtBody(someone(0)), 'obligation'],
      [`${path}/notices`, noticeBody(someone(0)), 'notice'],
      ['/listings', ripe.listing, 'listing'],
    ] as const;
    const post = async ([to, body, key]: (typeof commands)[number]) => {
      const { status, body: answer } = await erasing.post(to, body, key);
      const { aliasSequence, token: _, ...receipt } = (answer['receipt'] ?? {}) as Receipt;
      return { aliasSequence, said: { status, answer: { ...answer, receipt } } };
    };
    const first = [];
    for (const command of commands) first.push(await post(command));
    expect(first).toMatchObject(commands.map(() => ({ said: { status: 201 } })));
    const before = await erasing.size();
    if (how === 'erased') known.clear();
    const size = known.size;
    outage.refuses = how !== 'erased';
    for (const [index, command] of commands.entries()) {
      const again = await post(command);
      expect(again.said).toEqual(first[index]?.said);
      expect(again.aliasSequence).toBeGreaterThanOrEqual(first[index]?.aliasSequence ?? 0);
    }
    expect([known.size, await erasing.size()]).toEqual([size, before]);
    await erasing.service.stop();
  });
});

describe('without the identity service', () => {
  it('what needs it answers 503 and records nothing; a payment is recorded', async () => {
    const outage = { down: false };
    const alone = await testCourt(fakeIdentity(undefined, outage));
    const ripe = await ripeCase(alone, 0);
    const before = await alone.size();
    outage.down = true;
    const path = `/cases/${ripe.case}`;
    for (const [endpoint, body] of [
      ['/cases', caseBody()],
      [`${path}/obligations`, debtBody(someone(1))],
      [`${path}/notices`, noticeBody(someone(0))],
      ['/listings', ripe.listing],
    ] as const) {
      expect(problemOf(await alone.post(endpoint, body, 'later'))).toEqual([
        503,
        'identity-is-unavailable',
        undefined,
      ]);
    }
    expect(await alone.size()).toBe(before);
    const payment = paymentBody(ripe.obligation, '1');
    expect((await alone.post(`${path}/performances`, payment)).status).toBe(201);
    outage.down = false;
    // A refusal is not remembered: the same request under the same key now passes.
    expect((await alone.post('/listings', ripe.listing, 'later')).status).toBe(201);
    await alone.service.stop();
  });

  it('so it is when nothing listens at its address', async () => {
    const alone = await testCourt();
    expect((await alone.post('/cases', caseBody())).status).toBe(503);
    expect(await alone.size()).toBe(0);
    await alone.service.stop();
  });
});

describe('bad input', () => {
  const nobody = 'f'.repeat(32);
  let ripe: Ripe;
  let before: number;
  let bodies: Record<'cases' | 'obligations' | 'notices' | 'performances' | 'listings', object>;

  beforeAll(async () => {
    ripe = await ripeCase(court, 600);
    before = await court.size();
    bodies = {
      cases: caseBody(),
      obligations: debtBody(someone(601)),
      notices: noticeBody(someone(600)),
      performances: paymentBody(ripe.obligation, '1'),
      listings: ripe.listing,
    };
  });

  type Endpoint = keyof typeof bodies;
  const pathOf = (endpoint: Endpoint, caseId = ripe.case) =>
    endpoint === 'cases' || endpoint === 'listings'
      ? `/${endpoint}`
      : `/cases/${caseId}/${endpoint}`;

  const invalid = 'field-is-invalid';
  it.each<[string, Endpoint, object, number, string, string]>([
    ['an unknown field', 'cases', { score: 1 }, 400, 'field-is-unknown', '/score'],
    ['a number for a text', 'cases', { caseNumber: 4711 }, 400, invalid, '/caseNumber'],
    ['no instrument', 'cases', { instrument: undefined }, 400, invalid, '/instrument'],
    [
      'an unknown kind of instrument',
      'cases',
      { instrument: { ...caseBody().instrument, kind: 'rumour' } },
      400,
      invalid,
      '/instrument/kind',
    ],
    [
      'a day that is none',
      'cases',
      { instrument: { ...caseBody().instrument, effectiveOn: day('2026-02-30') } },
      400,
      invalid,
      '/instrument/effectiveOn',
    ],
    [
      'a day without a zone',
      'cases',
      { instrument: { ...caseBody().instrument, effectiveOn: { date: '2026-01-10' } } },
      400,
      invalid,
      '/instrument/effectiveOn',
    ],
    ['no debtors', 'obligations', { debtors: [] }, 400, invalid, '/debtors'],
    [
      'a debtor by name',
      'obligations',
      { debtors: [{ name: 'N' }] },
      400,
      invalid,
      '/debtors/0/identifiers',
    ],
    [
      'an amount in numbers',
      'obligations',
      { amount: { amount: 1, currency: 'CNY' } },
      400,
      invalid,
      '/amount/amount',
    ],
    [
      'a negative amount',
      'obligations',
      { amount: { amount: '-1', currency: 'CNY' } },
      400,
      invalid,
      '/amount/amount',
    ],
    [
      'nothing owed',
      'obligations',
      { amount: { amount: '0', currency: 'CNY' } },
      422,
      'amount-must-be-more-than-zero',
      '/amount/amount',
    ],
    [
      'a payment without amount',
      'obligations',
      { amount: undefined },
      422,
      'amount-is-required-for-pay',
      '/amount',
    ],
    [
      'one debtor twice',
      'obligations',
      { debtors: [someone(601), someone(601)] },
      422,
      'debtors-must-differ',
      '/debtors/1',
    ],
    [
      'an unknown scheme',
      'obligations',
      { debtors: [someone(601), { identifiers: [{ scheme: 'xx', value: '1' }] }] },
      422,
      'scheme-is-unknown',
      '/debtors/1/identifiers/0/scheme',
    ],
    [
      'a failed checksum',
      'obligations',
      { debtors: [{ identifiers: [{ scheme: 'zz.made-up', value: 'X' }] }] },
      422,
      'checksum-does-not-match',
      '/debtors/0/identifiers/0/value',
    ],
    [
      'notice to nobody known',
      'notices',
      { subject: someone(699) },
      404,
      'subject-is-unknown',
      '/subject',
    ],
    [
      'notice served tomorrow',
      'notices',
      { servedOn: '2026-03-03' },
      422,
      'service-must-not-be-in-the-future',
      '/servedOn',
    ],
    [
      'notice before the instrument',
      'notices',
      { servedOn: '2026-01-09' },
      422,
      'service-must-not-precede-the-instrument',
      '/servedOn',
    ],
    ['notice by rumour', 'notices', { method: 'rumour' }, 400, invalid, '/method'],
    ['notice on no day', 'notices', { servedOn: '2026-02-31' }, 400, invalid, '/servedOn'],
    [
      'an unknown obligation',
      'performances',
      { obligation: nobody },
      404,
      'unknown-obligation',
      '/obligation',
    ],
    [
      'another currency',
      'performances',
      { amount: { amount: '1', currency: 'EUR' } },
      422,
      'currency-must-be-that-of-the-obligation',
      '/amount/currency',
    ],
    [
      'paid tomorrow',
      'performances',
      { performedOn: '2026-03-03' },
      422,
      'performance-must-not-be-in-the-future',
      '/performedOn',
    ],
    [
      'paid before the instrument',
      'performances',
      { performedOn: '2026-01-09' },
      422,
      'performance-must-not-precede-the-instrument',
      '/performedOn',
    ],
    [
      'a version that is none',
      'performances',
      { expectedVersion: -1 },
      400,
      invalid,
      '/expectedVersion',
    ],
    [
      'a stale version',
      'performances',
      { expectedVersion: 1 },
      409,
      'version-is-stale',
      '/expectedVersion',
    ],
    ['a null amount owed', 'obligations', { amount: null }, 400, invalid, '/amount'],
    ['a null amount paid', 'performances', { amount: null }, 400, invalid, '/amount'],
    ['a null last day', 'obligations', { due: null }, 400, invalid, '/due'],
    ['a null version', 'obligations', { expectedVersion: null }, 400, invalid, '/expectedVersion'],
    ['a null end', 'listings', { until: null }, 400, invalid, '/until'],
    ['a null among debtors', 'obligations', { debtors: [null] }, 400, invalid, '/debtors'],
    ['a list of lists', 'obligations', { debtors: [[]] }, 400, invalid, '/debtors'],
    [
      'a name in a notice',
      'notices',
      { subject: { ...someone(600), name: 'N' } },
      400,
      'field-is-unknown',
      '/subject/name',
    ],
    [
      'a name in an order',
      'listings',
      { subject: { ...someone(600), name: 'N' } },
      400,
      'field-is-unknown',
      '/subject/name',
    ],
    [
      'ill-formed text',
      'cases',
      { caseNumber: '\ud800' },
      400,
      'text-is-ill-formed',
      '/caseNumber',
    ],
    ['an unknown case', 'listings', { case: nobody }, 404, 'unknown-case', '/case'],
    ['no case id', 'listings', { case: '4711' }, 400, invalid, '/case'],
    ['nobody known', 'listings', { subject: someone(699) }, 404, 'subject-is-unknown', '/subject'],
    ['no obligation', 'listings', { obligations: [] }, 400, invalid, '/obligations'],
    [
      'an obligation of no case',
      'listings',
      { obligations: [nobody] },
      404,
      'unknown-obligation',
      '/obligations/0',
    ],
    [
      'a notice that is not there',
      'listings',
      { notice: nobody },
      404,
      'unknown-notice',
      '/notice',
    ],
    [
      'a backdated order',
      'listings',
      { effectiveFrom: day('2026-03-01') },
      422,
      'effective-from-must-not-be-past',
      '/effectiveFrom',
    ],
    [
      'reversed dates',
      'listings',
      { until: day('2026-03-01') },
      422,
      'until-must-be-after-effective-from',
      '/until',
    ],
    [
      'a term the ground has not',
      'listings',
      { until: day('2028-01-01') },
      422,
      'ground-has-no-term',
      '/until',
    ],
    [
      'an instant and a day',
      'listings',
      { effectiveFrom: { ...day('2026-03-02'), instant: '2026-03-02T00:00:00Z' } },
      400,
      invalid,
      '/effectiveFrom',
    ],
    [
      'a zone nobody knows',
      'listings',
      { effectiveFrom: day('2026-03-02', 'Mars/Olympus') },
      400,
      invalid,
      '/effectiveFrom',
    ],
    [
      'a ground of no law',
      'listings',
      { ground: 'petitioned' },
      422,
      'ground-is-not-in-force',
      '/ground',
    ],
  ])('%s: refused, named, nothing recorded', async (_, endpoint, change, ...problem) => {
    const answer = await court.post(pathOf(endpoint), { ...bodies[endpoint], ...change });
    expect(problemOf(answer)).toEqual(problem);
    expect(await court.size()).toBe(before);
  });

  it.each<[Endpoint]>([['obligations'], ['notices'], ['performances']])(
    'an unknown case at %s: refused, nobody created',
    async (endpoint) => {
      const stranger = { ...bodies[endpoint] };
      for (const caseId of [nobody, 'no-id', "' or 1=1"]) {
        const path = pathOf(endpoint, encodeURIComponent(caseId));
        expect(problemOf(await court.post(path, stranger))).toEqual([
          404,
          'unknown-case',
          '/path/case',
        ]);
      }
      expect(await court.size()).toBe(before);
    },
  );

  it.each(['delisting', 'annulment'])('an unknown listing at %s', async (end) => {
    const reason = end === 'delisting' ? 'court-decision' : 'decision-void';
    for (const id of [`${nobody}-1`, `${ripe.case}-1`, 'no-id', `${ripe.case}-0`]) {
      expect(problemOf(await court.post(`/listings/${id}/${end}`, { reason }))).toEqual([
        404,
        'unknown-listing',
        '/path/listing',
      ]);
    }
  });

  it('a delisting as fulfilled: only performance says so', async () =>
    expect(
      problemOf(await court.post(`/listings/${ripe.case}-1/delisting`, { reason: 'fulfilled' })),
    ).toEqual([400, invalid, '/reason']));

  it.each<[string, string, number, string]>([
    ['malformed JSON', '{"case": ', 400, 'request-is-malformed'],
    ['a list', '[]', 400, 'field-is-invalid'],
    ['an oversized body', JSON.stringify({ x: 'x'.repeat(1_100_000) }), 413, 'body-is-too-large'],
  ])('%s', async (_, body, status, type) => {
    for (const endpoint of ['cases', 'obligations', 'notices', 'performances', 'listings'] as const)
      expect(problemOf(await court.post(pathOf(endpoint), body)).slice(0, 2)).toEqual([
        status,
        type,
      ]);
    expect(await court.size()).toBe(before);
  });

  it('what has ended or is paid stands in the way', async () => {
    const other = await ripeCase(court, 610);
    await court.post('/listings', other.listing);
    const conflict = async (path: string, body: object) =>
      problemOf(await court.post(path, body)).slice(0, 2);
    expect(await conflict('/listings', other.listing)).toEqual([
      409,
      'already-listed-for-this-obligation',
    ]);
    const payment = paymentBody(other.obligation, '1000');
    await court.post(`/cases/${other.case}/performances`, payment);
    expect(await conflict(`/cases/${other.case}/performances`, payment)).toEqual([
      409,
      'obligation-is-fulfilled',
    ]);
    expect(await conflict('/listings', other.listing)).toEqual([409, 'obligation-is-fulfilled']);
    const end = `/listings/${other.case}-1/delisting`;
    expect(await conflict(end, { reason: 'court-decision' })).toEqual([409, 'listing-has-ended']);
  });
});

it('refuses to list on an agency’s list: no court decides on it', async () => {
  const ripe = await ripeCase(court, 330);
  const theirs = await court.post('/listings', { ...ripe.listing, list: 'us.ofac.sdn' });
  expect(problemOf(theirs)).toEqual([422, 'list-is-not-a-courts', '/list']);
});
