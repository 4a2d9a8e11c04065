import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { request } from 'node:http';
import path from 'node:path';
import type { Fact, FactsPage, Receipt } from '@writ/contracts';
import pg from 'pg';
import { BAD_LOOKS, endpointsOf, wrongChecksum, type Standing } from './endpoints.fixture.js';
import { root } from './ofac.fixture.js';
import { CHANGES, retriedCommands } from './retried-commands.fixture.js';
import { spoiltBodies, type OpenApi } from './spoilt-bodies.fixture.js';
import { startSystem, SYSTEM, type HttpAnswer, type Json, type System } from './system.fixture.js';
import {
  COURT_LIST,
  day,
  declareCourtList,
  idOf,
  list,
  listingBody,
  mayFly,
  ripeCase,
  pay,
} from './world.fixture.js';

const MEBIBYTE = 1024 * 1024;
const NONE = 'f'.repeat(32);

let system: System;
let standing: Standing;
let endpoints: ReturnType<typeof endpointsOf>;
let before: Record<string, number>;

beforeAll(async () => {
  system = await startSystem();
  const { client } = system;
  await declareCourtList(client);
  const ripe = await ripeCase(client, 1);
  const listed = await list(client, 1, ripe);
  const { performance } = await pay(client, ripe, '1.00');
  await mayFly(client, 1, { atLeast: [listed.receipt.token], settled: true });
  const facts = await factsOf('enforcement');
  const decided = facts.findLast(({ type }) => type === 'enforcement.measures-decided.v1');
  const { measures } = decided?.data as {
    measures: { measure: string; implementer: string }[];
  };
  const [imposed] = measures;
  if (!decided || !imposed) throw new Error('no measure was imposed');
  standing = {
    ripe,
    performance,
    listing: listed.listing,
    memorandum: 'cn.joint-2016',
    measure: {
      measureId: imposed.measure,
      decision: decided.position,
      implementer: imposed.implementer,
    },
    subject: decided.subject ?? '',
  };
  endpoints = endpointsOf(standing);
  before = await recorded();
});
afterAll(() => system?.stop());
afterEach(async () => {
  expect(await recorded()).toEqual(before);
});

async function factsOf(ledger: string): Promise<Fact[]> {
  const { body } = await system.client.get<FactsPage>(`/${ledger}/v1/facts?after=-1&limit=5000`);
  return body.facts.map(({ canonical }) => JSON.parse(canonical) as Fact);
}

/**
 * Rows of everything that keeps what was recorded, sealed, named or answered; not logs of looks,
 * nor what is folded from it.
 */
async function recorded(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const [service, { owner }] of Object.entries(system.databases)) {
    const client = new pg.Client({ connectionString: owner });
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `SELECT schemaname || '.' || tablename AS name FROM pg_tables
       WHERE schemaname IN ('ledger', 'identity', 'court', 'regulatory')
           AND tablename NOT IN ('access_log', 'migration')
         OR schemaname = 'projection' AND tablename IN ('alias', 'answer')`,
    );
    for (const { name } of rows) {
      const counted = await client.query<{ count: string }>(`SELECT count(*) FROM ${name}`);
      counts[`${service}: ${name}`] = Number(counted.rows[0]?.count);
    }
    await client.end();
  }
  return counts;
}

/** One problem document, of one form, with a type that is stable. */
function expectProblem(answer: HttpAnswer, status: number, field?: string | RegExp, type?: string) {
  const { type: given, field: at } = answer.body as { type?: string; field?: string };
  expect({ status: answer.status, given, at }).toMatchObject({ status });
  expect(answer.type).toContain('application/problem+json');
  expect(answer.body).toMatchObject({
    type: expect.stringMatching(/^urn:writ:problem:[a-z][a-z0-9-]+$/),
    title: expect.any(String),
    status,
    detail: expect.any(String),
    instance: expect.stringMatching(/^urn:writ:correlation:[0-9a-f]{32}$/),
  });
  if (typeof field === 'string') expect({ given, at }).toEqual({ given, at: field });
  if (field instanceof RegExp) expect(at).toMatch(field);
  if (type !== undefined) expect(given).toBe(`urn:writ:problem:${type}`);
}

const documented = async () => (await system.client.get<OpenApi>('/openapi.json')).body;

/** As whoever may ask there, unless the headers say otherwise. */
function send(to: string, body: unknown, headers: Record<string, string> = {}) {
  const { authority } = Object.values(endpoints).find(({ path: known }) => known === to) ?? {};
  const by: Record<string, string> = authority === undefined ? {} : { 'writ-authority': authority };
  return system.client.call('POST', to, body, {
    'idempotency-key': 'bad-input',
    ...by,
    ...headers,
  });
}

describe(`bad input (${SYSTEM})`, () => {
  it('is tried on every endpoint that the served document names', async () => {
    const { paths } = await documented();
    const named = (method: 'get' | 'post') =>
      Object.keys(paths).filter((name) => paths[name]?.[method]);
    expect(named('post').toSorted()).toEqual(Object.keys(endpoints).toSorted());
    expect(named('get').toSorted()).toEqual(Object.keys(BAD_LOOKS).toSorted());
  });

  it('leaves out a field that is required, or has null for one', async () => {
    const document = await documented();
    const tried = new Set<string>();
    for (const [name, { path: to, body, rows }] of Object.entries(endpoints)) {
      for (const { how, pointer, body: spoilt } of body ? spoiltBodies(document, name, body) : []) {
        const answer = await send(to, spoilt);
        if (rows && pointer.startsWith(`/${rows}/`)) {
          expect(answer).toMatchObject({ status: 200, body: { results: [{ status: 400 }] } });
          continue;
        }
        const { field = '' } = answer.body as { field?: string };
        const at = { to, how, pointer, status: answer.status, field };
        // Of a list of objects, or a time, the whole may be what is at fault.
        expect({ ...at, field: `${pointer}/`.startsWith(`${field}/`) && field !== '' }).toEqual({
          ...at,
          status: 400,
          field: true,
        });
        expectProblem(answer, 400);
        tried.add(`${name} ${how}`);
      }
    }
    // Whatever takes a body was tried in both ways.
    const takes = Object.keys(endpoints).filter((name) => endpoints[name]?.body);
    const both = takes.flatMap((name) => [`${name} dropped`, `${name} null`]);
    expect([...tried].toSorted()).toEqual(both.toSorted());
  });

  it('is no JSON, or JSON of another form', async () => {
    for (const { path: to, body } of Object.values(endpoints)) {
      expectProblem(await send(to, '{"made-up": '), 400, undefined, 'request-is-malformed');
      if (body) expectProblem(await send(to, '[]'), 400);
      if (body) expectProblem(await send(to, 'null'), 400);
    }
  });

  it('is of another media type', async () => {
    for (const { path: to } of Object.values(endpoints)) {
      const answer = await send(to, 'made up', { 'content-type': 'text/plain' });
      expectProblem(answer, 415, undefined, 'media-type-is-not-supported');
    }
  });

  it('is larger than the endpoint takes', async () => {
    for (const { path: to, bytesMax = MEBIBYTE } of Object.values(endpoints)) {
      const answer = await sendOversized(to, bytesMax + 1);
      expectProblem(answer, 413, undefined, 'body-is-too-large');
    }
  });

  it('has a field that nobody knows', async () => {
    for (const { path: to, body } of Object.values(endpoints)) {
      if (body) expectProblem(await send(to, { ...body, madeUp: 1 }), 400, '/madeUp');
    }
  });

  it('has a field of another type', async () => {
    for (const { path: to, body = {} } of Object.values(endpoints)) {
      for (const name of Object.keys(body)) {
        const wrong = typeof body[name] === 'string' ? 7 : 'made up';
        const answer = await send(to, { ...body, [name]: wrong });
        expectProblem(answer, 400, new RegExp(`^/${name}`));
      }
    }
  });

  it('has text that no store keeps as it came', async () => {
    for (const { path: to, body } of Object.values(endpoints)) {
      const [name] = Object.keys(body ?? {});
      if (name === undefined) continue;
      for (const text of ['\ud800', 'x\u0000']) {
        const answer = await send(to, { ...body, [name]: text });
        expectProblem(answer, 400, `/${name}`, 'text-is-ill-formed');
      }
    }
  });

  it('comes without what it needs in its headers', async () => {
    for (const { path: to, body, needs } of Object.values(endpoints)) {
      for (const header of needs) {
        const missing = await send(to, body, { [header]: '' });
        expectProblem(missing, 400, `/headers/${header}`);
        const malformed = await send(to, body, { [header]: 'No Code' });
        expectProblem(malformed, 400, `/headers/${header}`);
      }
    }
  });

  it('asks for what cannot be looked up', async () => {
    for (const [to, status, field] of Object.values(BAD_LOOKS).flat()) {
      expectProblem(await system.client.get(to), status, field);
    }
    expectProblem(await system.client.get('/made-up/v1/none'), 404);
  });

  it.each([
    ['an unknown scheme', { scheme: 'xx.none', value: '1' }, '/scheme', 'scheme-is-unknown'],
    ['a failed checksum', wrongChecksum(), '/value', 'checksum-does-not-match'],
    ['a malformed value', { scheme: 'lei', value: '?' }, '/value', 'identifier-is-malformed'],
  ])('names %s', async (_, identifier, at, type) => {
    const identifiers = [identifier];
    const ofCase = `/court/v1/cases/${standing.ripe.case}`;
    const body = (name: string) => endpoints[name]?.body ?? {};
    const tries: [string, Json, string, number][] = [
      [
        '/identity/v1/resolve',
        { purpose: 'test.bad-input', subjects: [{ identifiers, create: true }] },
        '/subjects/0/identifiers/0',
        400,
      ],
      [
        `${ofCase}/obligations`,
        { ...body('/court/v1/cases/{case}/obligations'), debtors: [{ identifiers }] },
        '/debtors/0/identifiers/0',
        422,
      ],
      [
        `${ofCase}/obligations`,
        {
          ...body('/court/v1/cases/{case}/obligations'),
          debtors: [{ identifiers: [idOf(904)] }, { identifiers }],
        },
        '/debtors/1/identifiers/0',
        422,
      ],
      [
        `${ofCase}/notices`,
        { ...body('/court/v1/cases/{case}/notices'), subject: { identifiers } },
        '/subject/identifiers/0',
        422,
      ],
      [
        '/court/v1/listings',
        { ...body('/court/v1/listings'), subject: { identifiers } },
        '/subject/identifiers/0',
        422,
      ],
      [
        '/projection/v1/status',
        { subjects: [{ identifier }], purpose: 'test.bad-input' },
        '/subjects/0/identifier',
        400,
      ],
      ['/projection/v1/record', { identifier, purpose: 'test.bad-input' }, '/identifier', 400],
    ];
    for (const [to, given, field, status] of tries) {
      expectProblem(await send(to, given), status, `${field}${at}`, type);
    }
  });

  it('has its dates in the wrong order, or dates that are none', async () => {
    const listing = listingBody(1, standing.ripe);
    const { '/regulatory/v1/memoranda': memoranda } = endpoints;
    const tries: [string, Json, number, string, string][] = [
      [
        '/court/v1/listings',
        { ...listing, until: day('2020-01-01') },
        422,
        '/until',
        'until-must-be-after-effective-from',
      ],
      [
        '/court/v1/listings',
        { ...listing, effectiveFrom: day('2020-01-01') },
        422,
        '/effectiveFrom',
        'effective-from-must-not-be-past',
      ],
      [
        '/court/v1/listings',
        { ...listing, effectiveFrom: day('2026-02-30') },
        400,
        '/effectiveFrom',
        'field-is-invalid',
      ],
      [
        '/regulatory/v1/memoranda',
        { ...memoranda?.body, until: day('2020-01-01') },
        422,
        '/until',
        'end-is-before-start',
      ],
      [
        `/court/v1/cases/${standing.ripe.case}/notices`,
        { ...endpoints['/court/v1/cases/{case}/notices']?.body, servedOn: '2025-12-31' },
        422,
        '/servedOn',
        'service-must-not-precede-the-instrument',
      ],
      [
        `/court/v1/cases/${standing.ripe.case}/performances`,
        { ...endpoints['/court/v1/cases/{case}/performances']?.body, performedOn: '2999-01-01' },
        422,
        '/performedOn',
        'performance-must-not-be-in-the-future',
      ],
      [
        '/projection/v1/record',
        { identifier: idOf(1), purpose: 'audit', asOf: '2026-02-30' },
        400,
        '/asOf',
        'time-is-malformed',
      ],
    ];
    for (const [to, body, status, field, type] of tries) {
      expectProblem(await send(to, body), status, field, type);
    }
  });

  it('names a case, listing, list, memorandum, notice or obligation that is not there', async () => {
    const listing = listingBody(1, standing.ripe);
    const ofCase = `/court/v1/cases/${standing.ripe.case}`;
    const paid = endpoints['/court/v1/cases/{case}/performances']?.body;
    const version = endpoints['/regulatory/v1/memoranda/{memorandum}/versions']?.body;
    const rows = (version?.['rows'] as Json[]).map((row) => ({ ...row, list: 'xx.none' }));
    const bodyOf = (name: string) => endpoints[name]?.body;
    const tries: [string, Json | undefined, number, string][] = [
      ...['obligations', 'notices', 'performances'].map(
        (what): [string, Json | undefined, number, string] => [
          `/court/v1/cases/${NONE}/${what}`,
          bodyOf(`/court/v1/cases/{case}/${what}`),
          404,
          '/path/case',
        ],
      ),
      ['/court/v1/listings', { ...listing, case: NONE }, 404, '/case'],
      ['/court/v1/listings', { ...listing, notice: NONE }, 404, '/notice'],
      ['/court/v1/listings', { ...listing, obligations: [NONE] }, 404, '/obligations/0'],
      ['/court/v1/listings', { ...listing, ground: 'xx.none' }, 422, '/ground'],
      [`${ofCase}/performances`, { ...paid, obligation: NONE }, 404, '/obligation'],
      [
        `/court/v1/listings/${NONE}-1/delisting`,
        { reason: 'creditor-consent' },
        404,
        '/path/listing',
      ],
      [`/court/v1/listings/${NONE}-1/annulment`, { reason: 'decision-void' }, 404, '/path/listing'],
      [
        `/court/v1/listings/${NONE}-1/retraction`,
        { reason: 'wrong-subject' },
        404,
        '/path/listing',
      ],
      [
        `/court/v1/listings/${NONE}-1/correction`,
        bodyOf('/court/v1/listings/{listing}/correction'),
        404,
        '/path/listing',
      ],
      [
        `${ofCase}/obligations/${NONE}/correction`,
        bodyOf('/court/v1/cases/{case}/obligations/{obligation}/correction'),
        404,
        '/path/obligation',
      ],
      [
        `${ofCase}/performances/${NONE}/reversal`,
        bodyOf('/court/v1/cases/{case}/performances/{performance}/reversal'),
        404,
        '/path/performance',
      ],
      ['/regulatory/v1/memoranda/xx.none/versions', version, 404, '/path/memorandum'],
      [`/regulatory/v1/memoranda`, { ...version, memorandum: 'xx.m', rows }, 422, '/rows/0/list'],
    ];
    for (const [to, body, status, field] of tries) {
      expectProblem(await send(to, body), status, field);
    }
  });

  it('names a stale version, or acts for another authority', async () => {
    const listing = listingBody(1, standing.ripe);
    const ofCase = `/court/v1/cases/${standing.ripe.case}`;
    const owed = endpoints['/court/v1/cases/{case}/obligations']?.body;
    const version = endpoints['/regulatory/v1/memoranda/{memorandum}/versions']?.body;
    const stale = { expectedVersion: 1 };
    const isStale = 'version-is-stale';
    const other = { 'writ-authority': 'cn.court.other' };
    const named = '/expectedVersion';
    for (const [to, body, field] of [
      [`${ofCase}/obligations`, { ...owed, ...stale }, named],
      ['/court/v1/listings', { ...listing, ...stale }, named],
      [
        `/court/v1/listings/${standing.listing}/delisting`,
        { reason: 'creditor-consent', expectedVersion: 7 },
        named,
      ],
      [
        `/regulatory/v1/memoranda/${standing.memorandum}/versions`,
        { ...version, after: 7 },
        '/after',
      ],
    ] as const) {
      expectProblem(await send(to, body), 409, field, isStale);
    }
    const ofListing = `/court/v1/listings/${standing.listing}`;
    for (const [to, body, field] of [
      [`${ofCase}/obligations`, owed, '/path/case'],
      ['/court/v1/listings', listing, '/case'],
      [`${ofListing}/delisting`, { reason: 'creditor-consent' }, '/path/listing'],
      [`${ofListing}/annulment`, { reason: 'decision-void' }, '/path/listing'],
      [
        `/regulatory/v1/memoranda/${standing.memorandum}/versions`,
        version,
        '/headers/writ-authority',
      ],
    ] as const) {
      const answer = await send(to, body, other);
      expectProblem(answer, 422, field);
      expect(answer.body['type']).toMatch(/authority/);
    }
  });

  it('acknowledges what is not there, or another’s measure', async () => {
    const to = '/enforcement/v1/acknowledgements';
    const mine = { ...standing.measure, outcome: 'applied', at: '2026-03-02T09:00:00Z' };
    const unknown = { ...mine, measureId: 'f'.repeat(64) };
    const theirs = { ...mine, implementer: 'xx.another' };
    const early = { ...mine, decision: 10_000 };
    expectProblem(await send(to, unknown), 404, '/measureId', 'measure-is-unknown');
    const asThey = { 'writ-authority': theirs.implementer };
    expectProblem(await send(to, theirs, asThey), 422, '/measureId');
    expectProblem(await send(to, theirs), 422, '/implementer');
    expectProblem(await send(to, early), 422, '/decision');
    expectProblem(await send(to, { ...mine, outcome: 'not-applied' }), 422, '/reason');
    expectProblem(await send(to, { ...mine, at: 'yesterday' }), 400, '/at');
    const batch = await send(to, { acknowledgements: [unknown, theirs] });
    expect(batch).toMatchObject({
      status: 207,
      body: { results: [{ outcome: 'refused' }, { outcome: 'refused' }] },
    });
  });

  it('is refused by rule, and names somebody or something new on the way', async () => {
    const ofCase = `/court/v1/cases/${standing.ripe.case}`;
    const owed = endpoints['/court/v1/cases/{case}/obligations']?.body;
    const { amount: _, ...unstated } = owed ?? {};
    const nothing = { amount: '0', currency: 'CNY' };
    const stranger = { identifiers: [idOf(902)] };
    const named = { identifiers: [idOf(1)], name: 'Made-up Name' };
    const twice = { identifiers: [idOf(1), idOf(1)] };
    const tries: [string, Json, number, string][] = [
      [`${ofCase}/obligations`, unstated, 422, '/amount'],
      [`${ofCase}/obligations`, { ...owed, amount: nothing }, 422, '/amount/amount'],
      [`${ofCase}/obligations`, { ...owed, kind: 'apologise' }, 422, '/amount'],
      // One debtor, which shows only when they are resolved: the name is not kept either.
      [`${ofCase}/obligations`, { ...owed, debtors: [named, twice] }, 422, '/debtors/1'],
      [
        `${ofCase}/notices`,
        { ...endpoints['/court/v1/cases/{case}/notices']?.body, subject: stranger },
        404,
        '/subject',
      ],
      [
        '/court/v1/listings',
        { ...listingBody(1, standing.ripe), subject: stranger },
        404,
        '/subject',
      ],
    ];
    for (const [to, body, status, field] of tries) {
      expectProblem(await send(to, body), status, field);
    }
  });

  it.each([
    ['feed', ['feed', 'import', 'none.json', '--from', '.'], 2],
    ['scheme', ['status', 'xx.none', '1'], 1],
    ['checksum', ['status', 'cn.resident-id', wrongChecksum().value], 1],
    ['list', ['active', 'xx.none', '--count'], 1],
    ['time', ['active', COURT_LIST, '--as-of', '2026-02-30'], 1],
    ['measure', ['status', 'cn.resident-id', idOf(1).value, '--measure', 'No Code'], 1],
    ['position', ['facts', '--after', 'none'], 2],
    ['word', ['obey'], 2],
  ])('of the command line, a wrong %s, ends with a code and a sentence', async (_, args, code) => {
    const writ = path.join(root, 'cli/bin/writ.mjs');
    const ran = await new Promise<{ code: unknown; out: string; err: string }>((resolve) => {
      execFile(process.execPath, [writ, ...args, '--url', system.url], (error, out, err) =>
        resolve({ code: error?.code ?? 0, out, err }),
      );
    });
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err.trim()).not.toBe('');
  });
});

describe(`a retry with a changed body (${SYSTEM})`, () => {
  it('is refused everywhere, and nothing of the change is kept', async () => {
    const { client } = system;
    const retried = await retriedCommands(system.client, endpoints);
    const first = await Promise.all(
      retried.map(async ({ name, to, body, change }) => {
        const headers = { 'idempotency-key': `retried-${name}` };
        return { name, to, body, change, headers, done: await send(to, body, headers) };
      }),
    );
    const atLeast = first.flatMap(
      ({ done }) => (done.body['receipt'] as Receipt | undefined)?.token ?? [],
    );
    await mayFly(client, 2, { atLeast, settled: true });
    before = await recorded();
    for (const { name, to, body, change, headers, done } of first) {
      if (done.status !== 201) throw new Error(`${name}: ${JSON.stringify(done.body)}`);
      const changed = await send(to, { ...body, ...change }, headers);
      const at = '/headers/idempotency-key';
      expectProblem(changed, 422, at, 'key-reused-with-another-body');
      expect(await send(to, body, headers)).toEqual(done);
    }
  });

  it('is tried on every endpoint that takes a key', async () => {
    const keyed = Object.keys(endpoints).filter((name) =>
      endpoints[name]?.needs.includes('idempotency-key'),
    );
    expect(Object.keys(CHANGES).toSorted()).toEqual(keyed.toSorted());
  });
});

/** Announces more bytes than it sends: what is too large is refused before it has come. */
function sendOversized(to: string, bytes: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(new URL(to, system.url), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': bytes,
        'writ-authority': 'cn.court.made-up',
        'writ-actor': 'person:clerk-7',
        'idempotency-key': 'bad-input',
      },
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      answer.on('end', () => {
        outgoing.destroy();
        const type = answer.headers['content-type'] ?? '';
        resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) as Json, type });
      });
    });
    outgoing.write('{');
  });
}
