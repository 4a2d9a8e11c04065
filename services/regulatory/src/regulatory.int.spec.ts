import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FactsPage } from '@writ/contracts';
import { testHost, type TestHost } from '@writ/service-host/test-host';
import { fixture, stubIdentity } from './feed/feed.fixture.js';
import { regulatoryService } from './index.js';

let service: TestHost;

beforeAll(async () => {
  const { resolve } = stubIdentity();
  const identity = {
    resolve,
    sealTexts: async () => undefined,
    bind: async () => undefined,
    aliases: async () => ({ changes: [], next: 0, last: 0, at: '2026-03-02T09:00:00Z' }),
  };
  service = await testHost(regulatoryService, { identity });
});
afterAll(() => service.stop());

async function post(path: string, key: string, payload: unknown, authority = 'vl.council') {
  const answer = await service.app.inject({
    method: 'POST',
    url: `/regulatory/v1/${path}`,
    headers: {
      'writ-authority': authority,
      'writ-actor': 'person:clerk-1',
      'idempotency-key': key,
    },
    payload: payload as object,
  });
  return { status: answer.statusCode, body: answer.json<Record<string, never>>() };
}

async function size(): Promise<number> {
  return (await service.host.reader().head()).size;
}

const list = (change: object = {}) => ({
  list: 'vl.debarred',
  kind: 'restrictive',
  title: 'Made up',
  jurisdiction: 'vl',
  coverage: {
    schemes: ['lei'],
    places: ['vl'],
    from: { date: '2026-01-01', zone: 'Europe/Oslo' },
  },
  ...change,
});
const memorandum = (change: object = {}) => ({
  title: 'Made up',
  effectiveFrom: { date: '2026-01-01', zone: 'Europe/Oslo' },
  rows: [
    {
      row: 'r1',
      list: 'vl.debarred',
      effect: 'restriction',
      measure: 'travel.air',
      implementer: 'vl.airline',
      legalBasis: 'Act 4, section 2',
      admits: 'taken-in',
    },
  ],
  ...change,
});

describe('lists and memoranda over HTTP', () => {
  it('declares a list, records a memorandum and its next version', async () => {
    expect(await post('lists', 'k1', list())).toMatchObject({
      status: 201,
      body: { list: 'vl.debarred', receipt: { stream: 'list-vl.debarred', version: 1 } },
    });
    const first = { memorandum: 'vl.joint', ...memorandum() };
    expect(await post('memoranda', 'k2', first)).toMatchObject({
      status: 201,
      body: { memorandum: 'vl.joint', version: 1 },
    });
    const next = await post('memoranda/vl.joint/versions', 'k3', memorandum({ after: 1 }));
    expect(next).toMatchObject({ status: 201, body: { version: 2 } });
    const again = await post('memoranda/vl.joint/versions', 'k3', memorandum({ after: 1 }));
    expect(again).toEqual(next);
    const page = await service.app.inject('/regulatory/v1/facts?after=-1');
    expect(page.json<FactsPage>().facts.map(({ type }) => type)).toEqual([
      'regulatory.list-declared.v1',
      'regulatory.memorandum-recorded.v1',
      'regulatory.memorandum-recorded.v1',
    ]);
  });

  it('refuses what no decision could carry: of two side by side, one', async () => {
    await post('lists', 'f1', list({ list: 'vl.full' }));
    const [only] = memorandum().rows;
    const rows = Array.from({ length: 120 }, (_, index) => {
      return { ...only, row: `r${index}`, list: 'vl.full' };
    });
    const before = await size();
    const codes = ['vl.full-a', 'vl.full-b', 'vl.full-c', 'vl.full-d'];
    const answers = await Promise.all(
      codes.map((code) => post('memoranda', code, { memorandum: code, ...memorandum({ rows }) })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 422, 422, 422]);
    expect(answers.find(({ status }) => status === 422)?.body).toMatchObject({
      type: 'urn:writ:problem:memorandum-exceeds-what-can-be-carried',
      field: '/rows',
    });
    expect(await size()).toBe(before + 1);
  });

  it.each<[string, string, object, { status: number; reason: string; field: string }]>([
    [
      'lists',
      'another kind',
      list({ kind: 'scrutiny' }),
      { status: 422, reason: 'kind-of-a-list-never-changes', field: '/kind' },
    ],
    [
      'lists',
      'a kind nobody knows',
      list({ kind: 'grey' }),
      { status: 400, reason: 'field-is-invalid', field: '/kind' },
    ],
    [
      'lists',
      'an unknown field',
      list({ colour: 'red' }),
      { status: 400, reason: 'field-is-unknown', field: '/colour' },
    ],
    [
      'lists',
      'a legal time that is none',
      list({ coverage: { ...list().coverage, from: '2026-01-01' } }),
      { status: 400, reason: 'field-is-invalid', field: '/coverage/from' },
    ],
    [
      'lists',
      'no coverage',
      list({ coverage: undefined }),
      { status: 400, reason: 'field-is-invalid', field: '/coverage' },
    ],
    [
      'lists',
      'a null issuer',
      list({ issuer: null }),
      { status: 400, reason: 'field-is-invalid', field: '/issuer' },
    ],
    [
      'memoranda/no%20code/versions',
      'what is no code',
      memorandum(),
      { status: 404, reason: 'memorandum-is-unknown', field: '/path/memorandum' },
    ],
    [
      'memoranda/vl.joint/versions',
      'a null end',
      memorandum({ until: null }),
      { status: 400, reason: 'field-is-invalid', field: '/until' },
    ],
    [
      'memoranda/vl.joint/versions',
      'a null version',
      memorandum({ after: null }),
      { status: 400, reason: 'field-is-invalid', field: '/after' },
    ],
    [
      'memoranda/vl.joint/versions',
      'a null row',
      memorandum({ rows: [null] }),
      { status: 400, reason: 'field-is-invalid', field: '/rows' },
    ],
    [
      'memoranda',
      'a memorandum twice',
      { memorandum: 'vl.joint', ...memorandum() },
      { status: 409, reason: 'memorandum-is-already-recorded', field: '/memorandum' },
    ],
    [
      'memoranda',
      'reversed dates',
      {
        memorandum: 'vl.other',
        ...memorandum({ until: { date: '2025-01-01', zone: 'Europe/Oslo' } }),
      },
      { status: 422, reason: 'end-is-before-start', field: '/until' },
    ],
    [
      'memoranda/vl.nobody/versions',
      'nobody’s',
      memorandum(),
      { status: 404, reason: 'memorandum-is-unknown', field: '/path/memorandum' },
    ],
    [
      'memoranda/vl.joint/versions',
      'a stale version',
      memorandum({ after: 1 }),
      { status: 409, reason: 'version-is-stale', field: '/after' },
    ],
    [
      'memoranda/vl.joint/versions',
      'a wrong type in a row',
      memorandum({ rows: [{ ...memorandum().rows[0], admits: true }] }),
      { status: 400, reason: 'field-is-invalid', field: '/rows/0/admits' },
    ],
    [
      'memoranda/vl.joint/versions',
      'a string for rows',
      memorandum({ rows: 'all' }),
      { status: 400, reason: 'field-is-invalid', field: '/rows' },
    ],
  ])(
    '%s refuses %s, and records nothing',
    async (path, name, payload, { status, reason, field }) => {
      const before = await size();
      const answer = await post(path, `refused ${path} ${name}`.replace(/[^a-z]/g, '-'), payload);
      expect(answer).toMatchObject({
        status,
        body: { type: `urn:writ:problem:${reason}`, field },
      });
      expect(await size()).toBe(before);
    },
  );

  it('refuses a key with another body', async () => {
    const before = await size();
    const answer = await post('lists', 'k1', list({ title: 'Another' }));
    expect(answer).toMatchObject({
      status: 422,
      body: {
        type: 'urn:writ:problem:key-reused-with-another-body',
        field: '/headers/idempotency-key',
      },
    });
    expect(await size()).toBe(before);
  });
});

describe('imports over HTTP', () => {
  const description = () => {
    const vesland = JSON.parse(fixture('vesland/feed.json').toString()) as Record<string, unknown>;
    const coverage = { ...(vesland['coverage'] as object), schemes: ['lei'] };
    const record = { columns: ['sak', 'løpenr'] };
    const { schemes: _, identifiers: __, ...rest } = vesland;
    return { ...rest, coverage, record };
  };
  const file = (name: string, bytes = fixture(`vesland/${name}`)) => ({
    name,
    bytes: bytes.toString('base64'),
  });
  const january = () => ({ description: description(), file: file('liste_15.01.2026.csv') });
  const imports = 'feeds/vl.handel.avstengt/imports';
  const issuer = 'vl.handelstilsyn';

  it('takes in a file, and answers a retry the same', async () => {
    const first = await post(imports, 'i1', january(), issuer);
    expect(first).toMatchObject({
      status: 201,
      body: { recorded: 6, snapshots: [{ listed: 4, active: 4 }], rows: [] },
    });
    const grown = await size();
    expect(await post(imports, 'i1', january(), issuer)).toEqual(first);
    const changed = { ...january(), upTo: '2026-01-01T00:00:00Z' };
    expect(await post(imports, 'i1', changed, issuer)).toMatchObject({
      status: 422,
      body: { type: 'urn:writ:problem:key-reused-with-another-body' },
    });
    expect(await post(imports, 'i2', january(), issuer)).toMatchObject({
      status: 201,
      body: { recorded: 0, snapshots: [{ outcome: 'already-taken-in', active: 4 }] },
    });
    expect(await size()).toBe(grown);
  });

  it('goes on from its own tables', async () => {
    const payload = { description: description(), file: file('liste_15.02.2026.csv') };
    expect(await post(imports, 'i3', payload, issuer)).toMatchObject({
      status: 201,
      body: { recorded: 4, snapshots: [{ listed: 1, amended: 1, ended: 1, active: 4 }] },
    });
  });

  it.each<[string, () => object, number, string, string]>([
    [
      'an empty file',
      () => ({ ...january(), file: file('liste_16.02.2026.csv', Buffer.alloc(0)) }),
      422,
      'file-is-empty',
      '/file/bytes',
    ],
    ['no file', () => ({ description: description() }), 400, 'body-is-malformed', '/file'],
    [
      'what is not base64',
      () => ({ ...january(), file: { name: 'liste_16.02.2026.csv', bytes: '%%%%' } }),
      400,
      'bytes-are-not-base64',
      '/file/bytes',
    ],
    [
      'another list’s description',
      () => ({ ...january(), description: { ...description(), list: 'vl.other' } }),
      422,
      'description-is-of-another-list',
      '/description/list',
    ],
    [
      'a description of no known form',
      () => ({ ...january(), description: { ...description(), form: 'letters' } }),
      400,
      'description-is-malformed',
      '/description/form',
    ],
    [
      'an instant that is none',
      () => ({ ...january(), upTo: 'soon' }),
      400,
      'instant-is-malformed',
      '/upTo',
    ],
  ])('refuses %s, and records nothing', async (name, payload, status, reason, field) => {
    const before = await size();
    const key = `refused-${name.replace(/[^a-z]/g, '-')}`;
    expect(await post(imports, key, payload(), issuer)).toMatchObject({
      status,
      body: { type: `urn:writ:problem:${reason}`, field },
    });
    expect(await size()).toBe(before);
  });

  it('says in which order files are to be sent: by their times, not by their names', async () => {
    const names = [
      'liste_15.02.2026.csv',
      'x/liste_01.03.2026.csv',
      'other.csv',
      'liste_20.01.2026.csv',
    ];
    const sent = { description: description(), names };
    expect(await post('feeds/vl.handel.avstengt/order', 'o1', sent, issuer)).toEqual({
      status: 200,
      body: {
        names: [
          'liste_20.01.2026.csv',
          'liste_15.02.2026.csv',
          'x/liste_01.03.2026.csv',
          'other.csv',
        ],
      },
    });
    expect(
      await post('feeds/vl.handel.avstengt/order', 'o2', { ...sent, names: 'all' }, issuer),
    ).toMatchObject({ status: 400, body: { field: '/names' } });
  });

  it('takes a body that other routes refuse as too large', async () => {
    const large = Buffer.from(`${'# '.repeat(700_000)}\n`);
    const whole = Buffer.concat([large, fixture('vesland/liste_15.02.2026.csv').subarray(3)]);
    const sent = { description: description(), file: file('liste_20.02.2026.csv', whole) };
    expect(await post(imports, 'i4', sent, issuer)).toMatchObject({ status: 201 });
    expect(await post('lists', 'i5', sent, issuer)).toMatchObject({ status: 413 });
  });
});

describe('the feed tables', () => {
  it('say nothing that was in the source', async () => {
    const { rows } = await service.host.pools.reader.query<{ text: string }>(
      `SELECT string_agg(e::text, ' ') AS text FROM regulatory.feed_entry e`,
    );
    for (const planted of ['A-1', '100-001', 'Émeraude', 'VL100005']) {
      expect(rows[0]?.text).toBeDefined();
      expect(rows[0]?.text).not.toContain(planted);
    }
  });
});
