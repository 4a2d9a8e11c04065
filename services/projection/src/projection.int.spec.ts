import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createSecretKey } from 'node:crypto';
import type { AliasesPage, StatusResponse } from '@writ/contracts';
import { aliasOf } from '@writ/identifiers';
import type { IdentityClient, ServiceDefinition } from '@writ/service-host';
import { testHost, type TestHost } from '@writ/service-host/test-host';
import { fixedClock } from '@writ/testkit';
import type { ProjectionConsumer } from './projection.consumer.js';
import { ProjectionModule, projectionService } from './index.js';
import {
  AIR,
  COURT_LIST,
  FEED_LIST,
  idOf,
  listDeclared,
  listingAmended,
  listingEnded,
  listingTakenIn,
  measuresDecided,
  memorandum,
  subjectDelisted,
  subjectListed,
} from './testing/made-up-facts.js';
import { MadeUpLedgers } from './testing/made-up-ledgers.js';

let test: TestHost;
let consumer: ProjectionConsumer;
let ledgers: MadeUpLedgers;
let aliases: AliasesPage['changes'];
let subjects = 0;

const clock = fixedClock();
const waiting: (() => void)[] = [];
const asked: (() => void)[] = [];
let answersAtOnce = true;
let stopping = false;

/** Resolves once the copy has taken in what identity says now. */
async function aliasesTold(): Promise<void> {
  const next = () => new Promise<void>((resolve) => asked.push(resolve));
  // The poll that waits may carry an old time; the one after the next is asked when it is in.
  for (let poll = 0; poll < 2; poll++) {
    const told = next();
    for (const wake of waiting.splice(0)) wake();
    await told;
  }
}

const identity = {
  aliases: async (after: number): Promise<AliasesPage> => {
    for (const tell of asked.splice(0)) tell();
    // A long-poll: nothing new is told when a test says so.
    if (!answersAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    answersAtOnce &&= stopping;
    const changes = aliases.slice(after);
    const last = aliases.length;
    return { changes, next: last, last, at: clock.now().toISOString() };
  },
} as unknown as IdentityClient;

beforeAll(async () => {
  aliases = [];
  const definition: ServiceDefinition = {
    ...projectionService,
    module: (host) =>
      ProjectionModule.register({
        ...host,
        // By hand instead of a transport.
        consume: (given) => void (consumer = given as ProjectionConsumer),
        facts: { fetch: (ledger, after, limit) => ledgers.fetch(ledger, after, limit) },
      }),
  };
  test = await testHost(definition, { identity, clock });
  ledgers = new MadeUpLedgers(() => clock.now());
  ledgers.record(listDeclared());
  ledgers.record(listDeclared(FEED_LIST));
  ledgers.record(memorandum());
  await ledgers.deliver(consumer);
});
afterAll(async () => {
  answersAtOnce = stopping = true;
  for (const wake of waiting.splice(0)) wake();
  await test?.stop();
});
beforeEach(() => {
  subjects++;
});

const subjectId = () => idOf('subject', subjects);
const listingId = (number = 1) => `${idOf('case', subjects)}-${number}`;
const REFERENCE = 2;

async function post<T>(
  path: string,
  payload: object,
  headers = {},
): Promise<T & { statusCode: number }> {
  const answer = await test.app.inject({
    method: 'POST',
    url: `/projection/v1/${path}`,
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { ...(answer.json() as T), statusCode: answer.statusCode };
}

async function get<T>(path: string): Promise<T & { statusCode: number }> {
  const answer = await test.app.inject({ method: 'GET', url: `/projection/v1/${path}` });
  return { ...(answer.json() as T), statusCode: answer.statusCode };
}

const ask = (more: object = {}) =>
  post<StatusResponse & { type?: string; field?: string }>('status', {
    subjects: [{ subject: subjectId(), measures: [AIR] }],
    purpose: 'boarding',
    ...more,
  });
const answerOf = (response: StatusResponse) => response.answers[0]?.measures[0];

/** Lists the subject and lets enforcement decide. */
async function listed(number = 1) {
  const fact = ledgers.record(subjectListed(subjectId(), listingId(number)));
  ledgers.record(
    measuresDecided(
      subjectId(),
      { ledger: 'court', id: listingId(number) },
      { cause: fact.position, reference: REFERENCE },
    ),
  );
  await ledgers.deliver(consumer);
  return fact;
}

describe('the journey', () => {
  it('two causes: lifting one keeps the other, lifting both frees before enforcement acts', async () => {
    await listed(1);
    await listed(2);
    expect(answerOf(await ask())).toMatchObject({ answer: 'RESTRICTED', causes: [{}, {}] });
    const first = ledgers.record(subjectDelisted(subjectId(), listingId(1)));
    await ledgers.deliver(consumer, ['court']);
    const still = await ask({ atLeast: [ledgers.tokenOf(first)] });
    expect(answerOf(still)).toMatchObject({
      answer: 'RESTRICTED',
      causes: [{ cause: listingId(2), measure: AIR, list: COURT_LIST, legalBasis: 'Art. 3' }],
    });
    clock.advance(1_000);
    const last = ledgers.record(subjectDelisted(subjectId(), listingId(2)));
    await ledgers.deliver(consumer, ['court']);
    const free = await ask({ atLeast: [ledgers.tokenOf(last)] });
    expect(answerOf(free)).toEqual({ measure: AIR, answer: 'NOT_RESTRICTED' });
    expect(free.position.court).toBeGreaterThanOrEqual(last.position);
    expect(free.answers[0]?.answerId).toBeUndefined();
    const before = new Date(clock.now().getTime() - 1).toISOString();
    for (const knownAt of [{ court: last.position - 1 }, before]) {
      const record = await post<{ answers: unknown[]; causes: unknown[] }>('record', {
        subject: subjectId(),
        purpose: 'audit',
        measures: [AIR],
        knownAt,
      });
      expect(record).toMatchObject({
        statusCode: 200,
        answers: [{ answer: 'RESTRICTED', causes: [{ cause: listingId(2) }] }],
      });
    }
    const now = await post('record', { subject: subjectId(), purpose: 'audit', measures: [AIR] });
    expect(now).toMatchObject({ answers: [{ answer: 'NOT_RESTRICTED' }] });
  });

  it('with enforcement away: a new listing is undetermined, its end counts at once', async () => {
    const fact = ledgers.record(subjectListed(subjectId(), listingId()));
    await ledgers.deliver(consumer, ['court']);
    expect(answerOf(await ask())).toMatchObject({
      answer: 'UNDETERMINED',
      undetermined: [{ reason: 'cause_is_not_assessed', mustAct: 'enforcement' }],
    });
    expect(await ask({ settled: true, timeout: 30 })).toMatchObject({ statusCode: 503 });
    const waiting = ask({ settled: true, timeout: 5_000 });
    ledgers.record(
      measuresDecided(
        subjectId(),
        { ledger: 'court', id: listingId() },
        { cause: fact.position, reference: REFERENCE },
      ),
    );
    await ledgers.deliver(consumer, ['enforcement']);
    expect(answerOf(await waiting)).toMatchObject({ answer: 'RESTRICTED' });
  });

  it('a cause that enforcement has looked at and decided nothing about does not restrict', async () => {
    const fact = ledgers.record(subjectListed(subjectId(), listingId()));
    await ledgers.deliver(consumer, ['court']);
    const cause = { ledger: 'court', id: listingId() } as const;
    const basedOn = { cause: fact.position, reference: REFERENCE };
    ledgers.record(measuresDecided(subjectId(), cause, basedOn, []));
    await ledgers.deliver(consumer, ['enforcement']);
    expect(answerOf(await ask())).toMatchObject({ answer: 'NOT_RESTRICTED' });
  });
});

describe('receipts', () => {
  it('waits for the fact, and never answers with an older state', async () => {
    await listed();
    const fact = ledgers.record(subjectDelisted(subjectId(), listingId()));
    const token = ledgers.tokenOf(fact);
    expect(await ask({ atLeast: [token], timeout: 30 })).toMatchObject({
      statusCode: 503,
      type: 'urn:writ:problem:position-not-reached',
    });
    const waiting = ask({ atLeast: [token] });
    await ledgers.deliverFacts(consumer, ledgers.facts.court);
    expect(answerOf(await waiting)).toMatchObject({ answer: 'NOT_RESTRICTED' });
  });

  it('waits for an epoch not heard of yet, and refuses what is no token', async () => {
    const fact = await listed();
    const foreign = ledgers.tokenOf({ ...fact, epoch: 2 });
    expect(await ask({ atLeast: [foreign], timeout: 30 })).toMatchObject({ statusCode: 503 });
    const { statusCode, field } = await ask({ atLeast: ['nonsense'] });
    expect({ statusCode, field }).toEqual({ statusCode: 400, field: '/atLeast/0' });
  });

  it('waits for the alias copy as well', async () => {
    const fact = await listed();
    const token = ledgers.tokenOf(fact, aliases.length + 1);
    expect(await ask({ atLeast: [token], timeout: 30 })).toMatchObject({ statusCode: 503 });
  });
});

describe('what an answer rests on', () => {
  it('is undetermined once a listing ledger is too old; enforcement’s age counts with a cause', async () => {
    const others = subjectId();
    await listed();
    clock.advance(61_000);
    await aliasesTold();
    expect(answerOf(await ask())).toMatchObject({
      answer: 'UNDETERMINED',
      undetermined: [
        { reason: 'court_is_not_current', mustAct: 'court' },
        { reason: 'regulatory_is_not_current' },
        { reason: 'enforcement_is_not_current' },
      ],
    });
    expect(answerOf(await ask({ maxAge: 120 }))).toMatchObject({ answer: 'RESTRICTED' });
    await ledgers.deliver(consumer, ['court', 'regulatory']);
    expect(answerOf(await ask())).toMatchObject({
      answer: 'UNDETERMINED',
      undetermined: [{ reason: 'enforcement_is_not_current' }],
    });
    expect(others).toBe(subjectId());
    const nobody = await post<StatusResponse>('status', {
      subjects: [{ subject: idOf('free', subjects), measures: [AIR] }],
      purpose: 'boarding',
    });
    expect(answerOf(nobody)).toMatchObject({ answer: 'NOT_RESTRICTED' });
    await ledgers.deliver(consumer);
    expect(answerOf(await ask())).toMatchObject({ answer: 'RESTRICTED' });
  });

  it('one subject’s trouble stops that subject only, and shows', async () => {
    const poisoned = subjectId();
    ledgers.record(subjectDelisted(poisoned, listingId(9)));
    ledgers.record({ ...subjectListed(poisoned, listingId(1)) });
    await ledgers.deliver(consumer);
    expect(answerOf(await ask())).toMatchObject({
      answer: 'UNDETERMINED',
      undetermined: [{ reason: 'subject_is_quarantined', mustAct: 'projection' }],
    });
    subjects += 256 * 32;
    await listed();
    expect(answerOf(await ask())).toMatchObject({ answer: 'RESTRICTED' });
    const waiting = await consumer.quarantine();
    expect(waiting).toMatchObject([{ subject: poisoned, reason: 'fact_is_poison' }]);
    expect(await consumer.retry('court', poisoned, ledgers)).toBe(false);
  });
});

describe('identifiers', () => {
  const byNumber = (value: string, scheme = 'us.ofac-ent', more: object = {}) =>
    post<StatusResponse & { field?: string }>('status', {
      subjects: [{ identifier: { scheme, value }, ...more }],
      purpose: 'boarding',
    });

  it('finds the subject by the alias copy; erased, nobody is found', async () => {
    await listed();
    const alias = aliasOf(createSecretKey(test.host.key('alias')), 'us.ofac-ent', '4711');
    const change = { scheme: 'us.ofac-ent', alias, subject: subjectId() };
    aliases.push({ sequence: aliases.length + 1, kind: 'linked', ...change });
    const token = ledgers.tokenOf(ledgers.facts.court[0]!, aliases.length);
    await aliasesTold();
    await ask({ atLeast: [token] });
    expect(answerOf(await byNumber('04711'))).toMatchObject({ answer: 'RESTRICTED' });
    const erased = { scheme: 'us.ofac-ent', alias: '0'.repeat(64), subject: subjectId() };
    aliases.push({ sequence: aliases.length + 1, kind: 'erased', ...erased });
    await aliasesTold();
    await ask({ atLeast: [ledgers.tokenOf(ledgers.facts.court[0]!, aliases.length)] });
    expect(answerOf(await byNumber('4711'))).toMatchObject({ answer: 'NOT_RESTRICTED' });
  });

  it('unknown: not covered outside every coverage, else not restricted', async () => {
    expect(answerOf(await byNumber('99'))).toEqual({ measure: 'any', answer: 'NOT_RESTRICTED' });
    expect(answerOf(await byNumber('x-1', 'some.record'))).toMatchObject({ answer: 'NOT_COVERED' });
    const elsewhere = await byNumber('99', 'us.ofac-ent', { place: 'fr' });
    expect(answerOf(elsewhere)).toMatchObject({ answer: 'NOT_COVERED' });
    const unheard = await byNumber('99', 'us.ofac-ent', { measures: ['unheard.of'] });
    expect(answerOf(unheard)).toMatchObject({ answer: 'NOT_COVERED' });
  });

  it.each([
    ['letters where digits belong', { scheme: 'us.ofac-ent', value: 'abc' }, '/value'],
    ['a failed checksum', { scheme: 'cn.uscc', value: '91999999MA00000000' }, '/value'],
  ])('%s: malformed', async (_, identifier, field) => {
    const answer = await byNumber(identifier.value, identifier.scheme);
    expect(answer).toMatchObject({ statusCode: 400, field: `/subjects/0/identifier${field}` });
  });
});

describe('a malformed question', () => {
  const subject = { subject: 'a'.repeat(32) };
  const asked = { subjects: [subject], purpose: 'boarding' };
  it.each([
    ['an unknown field', { ...asked, colour: 'red' }, '/colour'],
    ['an unknown field within', { ...asked, subjects: [{ ...subject, x: 1 }] }, '/subjects/0/x'],
    ['a wrong type', { ...asked, settled: 'yes' }, '/settled'],
    ['no purpose', { subjects: [subject] }, '/purpose'],
    ['a purpose that is text', { ...asked, purpose: 'Because I say so' }, '/purpose'],
    ['nobody asked about', { ...asked, subjects: [] }, '/subjects'],
    ['neither id nor identifier', { ...asked, subjects: [{}] }, '/subjects/0'],
    ['not an object', [], ''],
  ])('%s is refused with the field', async (_, body, field) => {
    const answer = await post<{ field: string; type: string }>('status', body);
    expect(answer).toMatchObject({ statusCode: 400, field });
    expect(answer.type).toMatch(/^urn:writ:problem:/);
  });

  it.each([
    ['malformed JSON', '{"subjects":', 'application/json', 400],
    ['an oversized body', `{"purpose":"${'x'.repeat(1_100_000)}"}`, 'application/json', 413],
    ['another media type', 'subjects', 'text/plain', 415],
  ])('%s is refused', async (_, payload, type, status) => {
    const answer = await test.app.inject({
      method: 'POST',
      url: '/projection/v1/status',
      payload,
      headers: { 'content-type': type },
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });
});

describe('the journal', () => {
  const kept = async (answer: string) => {
    const { rows } = await test.host.pools.reader.query(
      `SELECT asked, asker, purpose, subject, position, answers FROM projection.answer
       WHERE answer = $1`,
      [answer],
    );
    return rows;
  };

  it('keeps every answer but a plain NOT_RESTRICTED, and any asked with receipt', async () => {
    expect((await ask()).answers[0]).not.toHaveProperty('answerId');
    const asked = await ask({ receipt: true });
    expect(await kept(asked.answers[0]!.answerId!)).toHaveLength(1);
    await listed();
    const body = { subjects: [{ subject: subjectId() }], purpose: 'boarding' };
    const told = await post<StatusResponse>('status', body, { 'writ-authority': 'airline.test' });
    const [row] = await kept(told.answers[0]!.answerId!);
    expect(row).toMatchObject({ asked: 'status', asker: 'airline.test', purpose: 'boarding' });
    expect(row.subject.replaceAll('-', '')).toBe(subjectId());
    expect(JSON.parse(row.answers)).toMatchObject([{ answer: 'RESTRICTED' }]);
  });

  it('keeps who looked at a whole record, and what for', async () => {
    const look = () =>
      post(
        'record',
        { subject: subjectId(), purpose: 'audit' },
        { 'writ-authority': 'court.test' },
      );
    expect(await look()).toMatchObject({ statusCode: 200 });
    const { rows } = await test.host.pools.reader.query(
      `SELECT asked, asker, purpose, answers FROM projection.answer WHERE subject = $1::uuid`,
      [subjectId()],
    );
    expect(rows).toMatchObject([{ asked: 'record', asker: 'court.test', purpose: 'audit' }]);
    expect(JSON.parse(rows[0].answers)).toMatchObject([{ answer: 'NOT_RESTRICTED' }]);
  });

  it('cannot be changed by the service that writes it', () =>
    expect(
      test.host.pools.writer.query('UPDATE projection.answer SET asker = $1', ['x']),
    ).rejects.toThrow('permission denied'));
});

describe('history', () => {
  const at = (day: string) => `2026-01-${day}T00:00:00.000Z`;
  const active = (query: string) =>
    get<{ listings: number; subjects: number }>(`lists/${FEED_LIST}?${query}`);
  const counts = async (query: string) => (await active(query)).listings;

  it('counts entries by legal time and by ledger time', async () => {
    const base = await counts('');
    const known = [clock.now().toISOString()];
    const step = async (fact: Parameters<MadeUpLedgers['record']>[0]) => {
      clock.advance(1_000);
      const recorded = ledgers.record(fact);
      await ledgers.deliver(consumer);
      known.push(clock.now().toISOString());
      return recorded;
    };
    const [one, two] = [idOf('entry', subjects * 2), idOf('entry', subjects * 2 + 1)];
    await step(listingTakenIn(subjectId(), one, at('03')));
    await step(listingTakenIn(subjectId(), two, at('05'), { onOrBefore: true }));
    await step(listingEnded(subjectId(), one, at('10')));
    const end: { date: string; zone: string } = { date: '2026-01-08', zone: 'UTC' };
    await step(listingAmended(subjectId(), two, at('12'), 'correction', { until: end }));

    const asOf = (day: string, knownAt?: string) =>
      counts(`asOf=${at(day)}${knownAt ? `&knownAt=${knownAt}` : ''}`);
    expect(await asOf('02')).toBe(0);
    expect(await asOf('03')).toBe(1);
    expect(await asOf('05')).toBe(2);
    expect(await asOf('08')).toBe(1);
    expect(await asOf('10')).toBe(0);
    expect(await asOf('20')).toBe(0);
    // As it was known before the correction, and before the end.
    expect(await asOf('08', known[3])).toBe(2);
    expect(await asOf('20', known[3])).toBe(1);
    expect(await asOf('20', known[2])).toBe(2);
    expect(await asOf('20', known[0])).toBe(base);
    expect(await counts('asOf=2026-01-07')).toBe(2);
    expect(await counts('asOf=2026-01-08')).toBe(1);

    const record = await post<{ causes: { segments: object[] }[] }>('record', {
      subject: subjectId(),
      purpose: 'audit',
      asOf: at('04'),
    });
    expect(record.causes).toMatchObject([
      { cause: one, inForce: true, segments: [{ fromObserved: 'at', untilObserved: true }] },
      { cause: two, inForce: false, segments: [{ fromObserved: 'on-or-before', until: end }] },
    ]);
  });

  it('pages through entries with a cursor that pins the times', async () => {
    for (let n = 0; n < 5; n++) {
      const subject = idOf('paged', n);
      ledgers.record(listingTakenIn(subject, idOf('paged-entry', n), at('15')));
    }
    await ledgers.deliver(consumer);
    const page = (cursor?: string) =>
      get<{ entries: { listing: string }[]; cursor?: string }>(
        `lists/${FEED_LIST}/entries?asOf=${at('16')}&limit=2${cursor ? `&cursor=${cursor}` : ''}`,
      );
    const first = await page();
    // What comes in between is not part of these pages.
    ledgers.record(listingTakenIn(idOf('paged', 9), idOf('paged-entry', 9), at('15')));
    await ledgers.deliver(consumer);
    const listings = first.entries.map(({ listing }) => listing);
    for (let cursor = first.cursor; cursor !== undefined;) {
      const next = await page(cursor);
      listings.push(...next.entries.map(({ listing }) => listing));
      cursor = next.cursor;
    }
    expect(new Set(listings)).toEqual(
      new Set(Array.from({ length: 5 }, (_, n) => idOf('paged-entry', n))),
    );
    expect(listings).toHaveLength(5);
  });

  it.each([
    ['lists/no-such-list', 404],
    [`lists/${FEED_LIST}?asOf=yesterday`, 400],
    [`lists/${FEED_LIST}?colour=red`, 400],
    [`lists/${FEED_LIST}/entries?cursor=abc`, 400],
    [`lists/${FEED_LIST}?knownAt=court:x`, 400],
  ])('refuses %s', async (path, status) => expect((await get(path)).statusCode).toBe(status));
});
