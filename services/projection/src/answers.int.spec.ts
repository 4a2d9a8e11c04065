import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  AliasesPage,
  ListCounts,
  ListEntries,
  RecordResponse,
  StatusResponse,
} from '@writ/contracts';
import type { SchemeDeclaration } from '@writ/identifiers';
import type { IdentityClient } from '@writ/service-host';
import { testHost, type TestHost } from '@writ/service-host/test-host';
import { fixedClock } from '@writ/testkit';
import { DeclaredSchemes } from './aliases/declared-schemes.postgres.js';
import type { STATUS_OPERATION } from './status/status-operation.js';
import { readStatusRequest } from './status/status-request.js';
import type { ProjectionConsumer } from './projection.consumer.js';
import { LIVE_CONSUMER, ProjectionModule, projectionService } from './index.js';
import {
  AIR,
  COURT_LIST,
  FEED_LIST,
  idOf,
  listDeclared,
  listingEnded,
  listingTakenIn,
  measuresDecided,
  memorandum,
  subjectDelisted,
  subjectListed,
} from './testing/made-up-facts.js';
import { MadeUpLedgers } from './testing/made-up-ledgers.js';

/** What answers rest on: copies that are old, absent or set aside, and clocks that lag. */
const clock = fixedClock();
const declared: SchemeDeclaration[] = [];
let identityIsAway = false;
let test: TestHost;
let consumer: ProjectionConsumer;
let ledgers: MadeUpLedgers;
let schemes: Server;
let subjects = 0;
let version = 1;

/** Aliases are told when a test says so. */
let poll: (() => void) | undefined;
let polled = () => {};
let stopping = false;
const identity = {
  aliases: (after: number) =>
    new Promise<AliasesPage>((resolve) => {
      poll = () =>
        resolve({ changes: [], next: after, last: after, at: clock.now().toISOString() });
      polled();
      if (stopping) poll();
    }),
} as unknown as IdentityClient;

const aPoll = () => new Promise<void>((resolve) => (polled = resolve));

async function aliasesTold(): Promise<void> {
  if (!poll) await aPoll();
  const taken = aPoll();
  poll!();
  await taken;
}

beforeAll(async () => {
  schemes = createServer((_, response) => {
    if (identityIsAway) response.destroy();
    else response.end(JSON.stringify({ builtIn: [], declared }));
  });
  await new Promise<void>((resolve) => void schemes.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(schemes.address() as AddressInfo).port}`;
  test = await testHost(
    {
      ...projectionService,
      module: (host) =>
        ProjectionModule.register({
          ...host,
          config: { ...host.config, urls: { ...host.config.urls, identity: url } },
          consume: (given) => void (consumer = given as ProjectionConsumer),
          facts: { fetch: (ledger, after, limit) => ledgers.fetch(ledger, after, limit) },
        }),
    },
    { identity, clock },
  );
  ledgers = new MadeUpLedgers(() => clock.now());
});
afterAll(async () => {
  stopping = true;
  poll?.();
  await test?.stop();
  schemes?.close();
});
beforeEach(() => {
  subjects++;
});

const subjectId = () => idOf('subject', subjects);
const listingId = () => `${idOf('case', subjects)}-1`;

async function call<T>(method: 'GET' | 'POST', path: string, payload?: object) {
  const answer = await test.app.inject({
    method,
    url: `/projection/v1/${path}`,
    ...(payload ? { payload, headers: { 'content-type': 'application/json' } } : {}),
  });
  return { ...(answer.json() as T & { type?: string }), statusCode: answer.statusCode };
}

const about = (who: object, more: object = {}) =>
  call<StatusResponse>('POST', 'status', {
    subjects: [{ ...who, measures: [AIR] }],
    purpose: 'boarding',
    ...more,
  });
const ask = (more: object = {}) => about({ subject: subjectId() }, more);
const askNumber = (scheme: string, value: string, more: object = {}) =>
  about({ identifier: { scheme, value } }, more);
const answerOf = ({ answers }: StatusResponse) => answers[0]?.measures[0];
const record = (more: object = {}) =>
  call<RecordResponse>('POST', 'record', {
    subject: subjectId(),
    purpose: 'audit',
    measures: [AIR],
    ...more,
  });
const counts = (list: string, query = '') => call<ListCounts>('GET', `lists/${list}?${query}`);
const undetermined = (reason: string, more: object = {}) => ({
  answer: 'UNDETERMINED',
  undetermined: [{ reason, ...more }],
});

function decide(fact: { position: number }, reference: number, codes = [AIR]) {
  const cause = { ledger: 'court' as const, id: listingId() };
  return ledgers.record(
    measuresDecided(subjectId(), cause, { cause: fact.position, reference }, codes),
  );
}

/** Lists the subject under the memorandum in force and lets enforcement decide. */
async function listed() {
  const fact = ledgers.record(subjectListed(subjectId(), listingId()));
  decide(fact, ledgers.facts.regulatory.findLast(({ bucket }) => bucket === 32)!.position);
  await ledgers.deliver(consumer);
  return fact;
}

/** Records the memorandum anew. @returns its fact */
const revised = (measures: string[]) => ledgers.record(memorandum(++version, measures));

describe('before anything is current', () => {
  it('outside every coverage cannot be told: coverage is not known', async () =>
    expect(answerOf(await askNumber('some.record', 'x-1'))).toMatchObject(
      undetermined('regulatory_is_not_current', { since: 'never-current' }),
    ));

  it('settled waits for ledgers that were never current, in time or not at all', async () => {
    for (const who of [{ settled: true }, { settled: true, receipt: true }]) {
      expect(await ask({ ...who, timeout: 20 })).toMatchObject({
        statusCode: 503,
        type: 'urn:writ:problem:position-not-reached',
      });
    }
    const late = await record({ settled: true, timeout: 20 });
    expect(late.statusCode).toBe(503);
    const waiting = [
      ask({ settled: true }),
      askNumber('some.record', 'x-1', { settled: true }),
      record({ settled: true }),
    ] as const;
    ledgers.record(listDeclared());
    ledgers.record(listDeclared(FEED_LIST));
    ledgers.record(memorandum());
    await ledgers.deliver(consumer);
    await aliasesTold();
    const [subject, nobody, kept] = await Promise.all(waiting);
    expect(answerOf(subject)).toMatchObject({ answer: 'NOT_RESTRICTED' });
    expect(answerOf(nobody)).toMatchObject({ answer: 'NOT_COVERED' });
    expect(kept.answers).toMatchObject([{ answer: 'NOT_RESTRICTED' }]);
  });
});

describe('what is too old', () => {
  it('shows in record and lists as it does in status; what was known stays known', async () => {
    await listed();
    const at = clock.now().toISOString();
    clock.advance(61_000);
    await aliasesTold();
    const old = await record();
    expect(old.answers).toMatchObject([
      {
        answer: 'UNDETERMINED',
        undetermined: [{ reason: 'court_is_not_current', since: at }, {}, {}],
      },
    ]);
    expect(old.currentTo).toEqual({
      ...{ court: at, regulatory: at, enforcement: at },
      aliases: clock.now().toISOString(),
    });
    expect((await record({ maxAge: 120 })).answers).toMatchObject([{ answer: 'RESTRICTED' }]);
    expect((await record({ knownAt: at })).answers).toMatchObject([{ answer: 'RESTRICTED' }]);

    const reasons = [{ reason: 'court_is_not_current' }, { reason: 'regulatory_is_not_current' }];
    expect(await counts(COURT_LIST)).toMatchObject({
      listings: 1,
      currentTo: { court: at },
      undetermined: reasons,
    });
    const entries = await call<ListEntries>('GET', `lists/${COURT_LIST}/entries`);
    expect(entries).toMatchObject({ currentTo: { court: at }, undetermined: reasons });
    expect(await counts(COURT_LIST, 'maxAge=120')).not.toHaveProperty('undetermined');
    expect(await counts(COURT_LIST, `knownAt=${at}`)).not.toHaveProperty('undetermined');
    expect((await counts(COURT_LIST, 'settled=true&timeout=20')).statusCode).toBe(503);
    await ledgers.deliver(consumer);
    expect(await counts(COURT_LIST, 'settled=true')).not.toHaveProperty('undetermined');
    expect(answerOf(await ask())).toMatchObject({ answer: 'RESTRICTED' });
  });
});

describe('lists and memoranda', () => {
  it('a row that a newer version dropped restricts no more, as ever after known', async () => {
    await listed();
    const before = (await ask()).answers[0]!.position;
    revised([]);
    await ledgers.deliver(consumer, ['court', 'regulatory']);
    expect(answerOf(await ask())).toMatchObject(undetermined('cause_is_not_assessed'));
    expect((await record({ knownAt: before })).answers).toMatchObject([{ answer: 'RESTRICTED' }]);
    const undecided = { enforcement: ledgers.facts.enforcement.length - 1 };
    decide({ position: ledgers.facts.court.length - 1 }, ledgers.facts.regulatory.length - 1, []);
    await ledgers.deliver(consumer);
    expect(answerOf(await ask())).toMatchObject({ answer: 'NOT_COVERED' });
    expect((await record({ knownAt: undecided })).answers).toMatchObject([
      undetermined('cause_is_not_assessed'),
    ]);
    revised([AIR]);
    await ledgers.deliver(consumer);
  });

  it('set aside, nothing that follows from them is known; retried, they count at once', async () => {
    await listed();
    const known = ledgers.facts.regulatory.length - 1;
    await test.host.pools.writer.query(
      `INSERT INTO exchange.quarantine (consumer, ledger, subject, bucket, first_position, reason,
         fact_type, since, positions)
       VALUES ($1, 'regulatory', '', 32, $2, 'fact_is_poison', 'x', $3, ARRAY[]::bigint[])`,
      [LIVE_CONSUMER, known + 1, clock.now()],
    );
    revised(['stay.hotel']);
    await ledgers.deliver(consumer);
    const aside = undetermined('reference_is_quarantined', {
      since: clock.now().toISOString(),
      mustAct: 'projection',
    });
    expect(answerOf(await ask())).toMatchObject(aside);
    expect(answerOf(await ask({ settled: true }))).toMatchObject(aside);
    expect(answerOf(await askNumber('us.ofac-ent', '7'))).toMatchObject(aside);
    expect(answerOf(await askNumber('some.record', 'x-1'))).toMatchObject(aside);
    expect((await record()).answers).toMatchObject([aside]);
    expect((await record({ knownAt: { regulatory: known } })).answers).toMatchObject([
      { answer: 'RESTRICTED' },
    ]);
    const { undetermined: reasons } = aside;
    expect(await counts(FEED_LIST)).toMatchObject({ quarantined: 0, undetermined: reasons });

    expect(await consumer.retry('regulatory', '', ledgers)).toBe(true);
    // Its place stands where it stood; what is known has changed.
    expect(answerOf(await ask())).toMatchObject(undetermined('cause_is_not_assessed'));
    revised([AIR]);
    await ledgers.deliver(consumer);
  });
});

describe('what enforcement has looked at', () => {
  it('is told by its decisions alone, so that it can be told again', async () => {
    const fact = ledgers.record(subjectListed(subjectId(), listingId()));
    const reference = ledgers.facts.regulatory.length - 1;
    const assessed = { court: fact.position, regulatory: reference, reference };
    await ledgers.deliver(consumer, undefined, assessed);
    expect(answerOf(await ask())).toMatchObject(undetermined('cause_is_not_assessed'));
    const known = { court: fact.position, enforcement: ledgers.facts.enforcement.length - 1 };
    decide(fact, reference, []);
    await ledgers.deliver(consumer, undefined, assessed);
    expect(answerOf(await ask({ settled: true }))).toMatchObject({ answer: 'NOT_RESTRICTED' });
    expect((await record({ knownAt: known })).answers).toMatchObject([
      undetermined('cause_is_not_assessed'),
    ]);
  });
});

describe('a clock that lags behind the ledgers', () => {
  it('counts no entry whose end is recorded, whichever clock is right', async () => {
    const ahead = new Date(clock.now().getTime() + 10_000).toISOString();
    const before = await counts(COURT_LIST);
    const feed = await counts(FEED_LIST);
    ledgers.record(subjectListed(subjectId(), listingId()));
    ledgers.record(subjectDelisted(subjectId(), listingId(), { instant: ahead }), ahead);
    const observed = new Date(clock.now().getTime() + 20_000).toISOString();
    ledgers.record(listingTakenIn(subjectId(), idOf('ahead', subjects), clock.now().toISOString()));
    ledgers.record(listingEnded(subjectId(), idOf('ahead', subjects), observed), ahead);
    await ledgers.deliver(consumer);
    expect((await counts(COURT_LIST)).listings).toBe(before.listings);
    expect((await counts(FEED_LIST)).listings).toBe(feed.listings);
    const { entries } = await call<ListEntries>('GET', `lists/${FEED_LIST}/entries`);
    expect(entries.filter(({ subject }) => subject === subjectId())).toEqual([]);
    // Asked about that very moment of legal time, it still held.
    const now = `asOf=${clock.now().toISOString()}`;
    expect((await counts(COURT_LIST, now)).listings).toBe(before.listings + 1);
    expect((await counts(FEED_LIST, now)).listings).toBe(feed.listings + 1);
    expect(answerOf(await ask())).toMatchObject({ answer: 'NOT_RESTRICTED' });
  });

  it('counts an entry that was observed ahead of it', async () => {
    const feed = await counts(FEED_LIST);
    const observed = new Date(clock.now().getTime() + 20_000).toISOString();
    ledgers.record(listingTakenIn(subjectId(), idOf('ahead', subjects), observed));
    await ledgers.deliver(consumer);
    expect((await counts(FEED_LIST)).listings).toBe(feed.listings + 1);
    clock.advance(20_000);
    await aliasesTold();
    await ledgers.deliver(consumer);
  });
});

describe('the journal', () => {
  it('says when the answer was made, not when it was asked for', async () => {
    await listed();
    const end = ledgers.record(subjectDelisted(subjectId(), listingId()));
    const waiting = ask({ atLeast: [ledgers.tokenOf(end)], receipt: true });
    // Read once and found wanting: what is asked with it is answered first.
    await ask({ maxAge: 3_600 });
    clock.advance(30_000);
    await ledgers.deliver(consumer);
    const { answers } = await waiting;
    const { rows } = await test.host.pools.reader.query<{ at: Date }>(
      'SELECT answered_at AS at FROM projection.answer WHERE answer = $1',
      [answers[0]?.answerId],
    );
    expect(rows[0]?.at).toEqual(clock.now());
  });
});

describe('the status route', () => {
  it('is described with its schemas, and answers as described', async () => {
    const document = (await test.app.inject({ url: '/openapi.json' })).json<{
      paths: Record<string, { post: typeof STATUS_OPERATION }>;
    }>();
    const { requestBody, responses, parameters } = document.paths['/projection/v1/status']!.post;
    expect(requestBody).toMatchObject({
      content: { 'application/json': { schema: { required: ['subjects', 'purpose'] } } },
    });
    expect(parameters).toMatchObject([{ name: 'Writ-Authority' }, { name: 'Writ-Actor' }]);
    const described = (responses as Record<string, { content: Record<string, object> }>)['200'];
    const { schema } = described!.content['application/json'] as { schema: object };
    const isDescribed = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    await listed();
    for (const answer of [await ask(), await askNumber('us.ofac-ent', '7', { receipt: true })]) {
      const { statusCode: _, ...told } = answer;
      expect([isDescribed(told), isDescribed.errors]).toEqual([true, null]);
    }
  });
});

describe('schemes declared as data', () => {
  const declaration = { scheme: 'zz.tax', pattern: '^[0-9]{3}$', normalise: [] };
  const restarted = (fetch: () => Promise<SchemeDeclaration[]>) =>
    new DeclaredSchemes({ ...test.host.pools, fetch, clock });
  const read = (schemes: DeclaredSchemes, scheme: string) => {
    const subject = { identifier: { scheme, value: '123' } };
    const body = { subjects: [subject], purpose: 'boarding' };
    return schemes.reading((known) => readStatusRequest(body, known));
  };
  const away = () => Promise.reject(new Error('away'));

  it('are unknown only once identity has said so', async () => {
    identityIsAway = true;
    expect(await askNumber('zz.tax', '123')).toMatchObject({
      statusCode: 503,
      type: 'urn:writ:problem:identity-is-unavailable',
    });
    identityIsAway = false;
    expect(await askNumber('zz.tax', '123')).toMatchObject({
      statusCode: 400,
      field: '/subjects/0/identifier/scheme',
    });
    declared.push(declaration);
    clock.advance(2_000);
    expect(answerOf(await askNumber('zz.tax', '123'))).toMatchObject({ answer: 'NOT_COVERED' });
    expect((await askNumber('zz.tax', '12')).type).toBe('urn:writ:problem:identifier-is-malformed');
  });

  it('are still known after a restart while identity is away', async () => {
    expect(await read(restarted(away), 'zz.tax')).toMatchObject({ kind: 'record' });
    await expect(read(restarted(away), 'zz.other')).rejects.toMatchObject({
      status: 503,
      reason: 'identity_is_unavailable',
    });
  });

  it('are learnt with the first alias of their kind', async () => {
    const other = { ...declaration, scheme: 'zz.ship' };
    await restarted(() => Promise.resolve([declaration, other])).meet(['lei', 'zz.ship']);
    expect(await read(restarted(away), 'zz.ship')).toMatchObject({ kind: 'record' });
  });

  it('are asked about once by all who wait for the same answer', async () => {
    let asked = 0;
    let tell = () => {};
    const told = new Promise<void>((resolve) => (tell = resolve));
    const schemes = restarted(async () => {
      asked++;
      await told;
      return [declaration];
    });
    const reading = ['zz.new', 'zz.newer'].map((scheme) => read(schemes, scheme));
    // Both have looked here in vain, and wait.
    await Promise.all([read(schemes, 'zz.tax'), read(restarted(away), 'zz.tax')]);
    await ask();
    tell();
    await Promise.all(reading);
    expect(asked).toBe(1);
  });
});
