import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AliasesPage, AliasChange, ResolveResponse, ResolveResult } from '@writ/contracts';
import { aliasKeyFrom, aliasOf, generatedResidentId, generatedUscc } from '@writ/identifiers';
import { testHost, type TestHost } from '@writ/service-host/test-host';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { IDENTITY_STORE, type IdentityStore } from './identity-store.js';
import { IdentityModule } from './identity.module.js';
import { identityService } from './index.js';
import { checkSubject } from './subject/resolve-subjects.js';

const WHO = { 'writ-actor': 'system:court', 'writ-authority': 'zz.court.generated' };
const NAME = 'Generated Person O’Nobody 某某';
const CASE_NUMBER = '(2026)虚9999执"1"号';

let service: TestHost;
let admin: pg.Pool;
let next = 0;
/** A fresh identifier; every test has its own subjects. */
const fresh = () => ({ scheme: 'zz.list.record', value: `row-${++next}` });
const hex = (n: number) => n.toString(16).padStart(32, '0');

beforeAll(async () => {
  service = await testHost(identityService);
  admin = new pg.Pool({ connectionString: service.database.admin });
});
afterAll(async () => {
  await admin.end();
  await service.stop();
});

async function post<T>(path: string, payload: unknown, headers: object = WHO) {
  const answer = await service.app.inject({
    method: 'POST',
    url: `/identity/v1/${path}`,
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return { status: answer.statusCode, body: answer.json<T>() };
}

type Asked = { identifiers: { scheme: string; value: string }[]; create: boolean; name?: string };

async function resolve(...subjects: Asked[]): Promise<ResolveResult[]> {
  const { status, body } = await post<ResolveResponse>('resolve', {
    purpose: 'listing',
    partial: true,
    subjects,
  });
  expect(status).toBe(200);
  return body.results;
}

async function aliases(query: string): Promise<AliasesPage> {
  const answer = await service.app.inject({ url: `/identity/v1/aliases?${query}` });
  return answer.json<AliasesPage>();
}

const subjectOf = (result: ResolveResult | undefined) =>
  result?.outcome === 'resolved' ? result.subject : undefined;

describe('resolving', () => {
  it('creates once and answers a retry with the same subject and alias sequence', async () => {
    const asked = { identifiers: [fresh(), fresh()], create: true };
    const [first] = await resolve(asked);
    const [again] = await resolve(asked);
    expect(first).toMatchObject({ outcome: 'resolved', created: true });
    expect(again).toEqual({ ...first, created: false });
  });

  it('does not create where not asked', async () => {
    const before = await aliases('after=0&limit=1');
    expect(await resolve({ identifiers: [fresh()], create: false })).toEqual([
      { outcome: 'unknown' },
    ]);
    expect((await aliases('after=0&limit=1')).last).toBe(before.last);
  });

  it('never joins equal names', async () => {
    const results = await resolve(
      { identifiers: [fresh()], create: true, name: 'Equal Name' },
      { identifiers: [fresh()], create: true, name: 'Equal Name' },
    );
    expect(new Set(results.map(subjectOf)).size).toBe(2);
  });

  it('gives one subject to 40 requests that create the same identifier at once', async () => {
    const [shared, other] = [fresh(), fresh()];
    const requests = Array.from({ length: 40 }, (_, n) => {
      const own = { scheme: 'zz.list.record', value: `parallel-${n}` };
      return resolve({ identifiers: n % 2 ? [shared, own] : [own, other, shared], create: true });
    });
    const results = (await Promise.all(requests)).flat();
    expect(results.filter((result) => result.outcome === 'refused')).toEqual([]);
    expect(new Set(results.map(subjectOf)).size).toBe(1);
    expect(results.filter((result) => result.outcome === 'resolved' && result.created).length).toBe(
      1,
    );
  });

  it('refuses identifiers of two subjects and links nothing', async () => {
    const [a, b, c] = [fresh(), fresh(), fresh()];
    await resolve({ identifiers: [a], create: true }, { identifiers: [b], create: true });
    const { last } = await aliases('after=0&limit=1');
    const { status, body } = await post('resolve', {
      purpose: 'listing',
      subjects: [
        { identifiers: [fresh()], create: true },
        { identifiers: [c, a, b], create: true },
      ],
    });
    expect(status).toBe(409);
    expect(body).toMatchObject({
      type: 'urn:writ:problem:identifiers-belong-to-different-subjects',
      field: '/subjects/1/identifiers/2',
    });
    expect((await aliases('after=0&limit=1')).last).toBe(last);
  });

  it('flags an irregular but valid code', async () => {
    const code = generatedUscc(77);
    const irregular = `${code.slice(0, 17)}${code.endsWith('1') ? '2' : '1'}`;
    const [result] = await resolve({
      identifiers: [{ scheme: 'cn.uscc', value: irregular }],
      create: true,
    });
    expect(result).toMatchObject({ outcome: 'resolved', flags: ['checksum-exception'] });
  });

  it('takes 6,000 subjects in a few seconds, and none twice', async () => {
    const subjects = Array.from({ length: 6_000 }, (_, n) => ({
      identifiers: [{ scheme: 'zz.bulk.record', value: String(n) }],
      create: true,
      name: `Generated organisation ${n}`,
    }));
    const started = performance.now();
    const first = await resolve(...subjects);
    const tookMs = performance.now() - started;
    expect(new Set(first.map(subjectOf)).size).toBe(6_000);
    expect(tookMs).toBeLessThan(10_000);
    const again = await resolve(...subjects);
    expect(again.map(subjectOf)).toEqual(first.map(subjectOf));
  });

  it('logs a look that is refused, with those it found', async () => {
    const [one, other] = [fresh(), fresh()];
    const found = (
      await resolve({ identifiers: [one], create: true }, { identifiers: [other], create: true })
    ).map(subjectOf);
    const subjects = [
      { identifiers: [one], create: false },
      { identifiers: [fresh()], create: true },
      { identifiers: [one, other], create: false },
    ];
    const { status } = await post('resolve', { purpose: 'refused-look', subjects });
    expect(status).toBe(409);
    const { rows } = await admin.query(
      `SELECT count, subjects FROM identity.access_log WHERE purpose = 'refused-look'`,
    );
    expect(rows).toEqual([{ count: 3, subjects: [found[0]] }]);
  });

  it('seals no name for whoever only looks', async () => {
    const identifiers = [fresh()];
    const [created] = await resolve({ identifiers, create: true });
    await resolve({ identifiers, create: false, name: NAME });
    const { body } = await post('reveal', { purpose: 'audit', subjects: [subjectOf(created)] });
    expect(body).toMatchObject({ subjects: [{ names: [] }] });
    await resolve({ identifiers, create: true, name: NAME });
    const named = await post('reveal', { purpose: 'audit', subjects: [subjectOf(created)] });
    expect(named.body).toMatchObject({ subjects: [{ names: [NAME] }] });
  });

  it('logs who looked, what for and at whom, and cannot unlog it', async () => {
    const [result] = await resolve({ identifiers: [fresh()], create: true });
    const { rows } = await admin.query(
      'SELECT * FROM identity.access_log WHERE $1 = ANY(subjects)',
      [subjectOf(result)],
    );
    expect(rows).toMatchObject([
      { action: 'resolve', actor: WHO['writ-actor'], purpose: 'listing', count: 1 },
    ]);
    const writer = new pg.Client({ connectionString: service.database.writer });
    await writer.connect();
    await expect(writer.query('DELETE FROM identity.access_log')).rejects.toThrow(/denied/);
    await expect(writer.query(`UPDATE identity.access_log SET actor = 'x'`)).rejects.toThrow(
      /denied/,
    );
    await writer.end();
  });
});

describe('the feed of alias changes', () => {
  it('is dense and skips nothing for a reader that follows parallel writers', async () => {
    const start = (await aliases('after=0&limit=1')).last;
    const wanted = 600;
    const seen: AliasChange[] = [];
    const follow = async () => {
      let after = start;
      while (seen.length < wanted) {
        const page = await aliases(`after=${after}&limit=7&wait=2000`);
        seen.push(...page.changes);
        after = page.next;
      }
    };
    const write = async () => {
      for (let n = 0; n < 25; n++) {
        await resolve(
          { identifiers: [fresh(), fresh()], create: true },
          { identifiers: [fresh()], create: true },
        );
      }
    };
    await Promise.all([follow(), ...Array.from({ length: 8 }, write)]);
    expect(seen.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: wanted }, (_, n) => start + n + 1),
    );
  });

  it('carries the alias that whoever has the key computes', async () => {
    const { last } = await aliases('after=0&limit=1');
    const value = generatedResidentId(42);
    const [result] = await resolve({
      identifiers: [{ scheme: 'cn.resident-id', value: value.toLowerCase() }],
      create: true,
    });
    const page = await aliases(`after=${last}`);
    const key = aliasKeyFrom(service.host.key('alias'));
    expect(page.changes).toEqual([
      {
        sequence: last + 1,
        kind: 'linked',
        scheme: 'cn.resident-id',
        alias: aliasOf(key, 'cn.resident-id', value),
        subject: subjectOf(result),
      },
    ]);
    expect(page).toMatchObject({ next: last + 1, last: last + 1 });
    expect(result).toMatchObject({ aliasSequence: last + 1 });
  });

  it('wakes a waiting reader at the first change', async () => {
    const { last } = await aliases('after=0&limit=1');
    const waiting = aliases(`after=${last}&wait=30000`);
    await resolve({ identifiers: [fresh()], create: true });
    expect((await waiting).changes.map(({ sequence }) => sequence)).toEqual([last + 1]);
  });

  it('wakes a reader in another process too', async () => {
    const { last } = await aliases('after=0&limit=1');
    const elsewhere = await NestFactory.createApplicationContext(
      IdentityModule.register(service.host),
      { logger: false },
    );
    const { subjects, keys } = elsewhere.get<IdentityStore>(IDENTITY_STORE, { strict: false });
    const waiting = aliases(`after=${last}&wait=30000`);
    const asked = checkSubject({ identifiers: [fresh()], create: true }, keys.alias, new Map());
    await subjects.resolve([asked], true);
    expect((await waiting).changes.map(({ sequence }) => sequence)).toEqual([last + 1]);
    await elsewhere.close();
  });

  it('answers an empty page when the wait is over', async () => {
    const { last } = await aliases('after=0&limit=1');
    const page = await aliases(`after=${last}&wait=20`);
    expect(page).toMatchObject({ changes: [], next: last, last });
  });
});

describe('texts', () => {
  const sealed = (n: number, text: string) => ({
    ref: hex(n),
    owner: hex(900),
    kind: 'case-number',
    text,
  });
  const reveal = (...refs: string[]) =>
    post<{ texts: { ref: string; text: string }[] }>('reveal', { purpose: 'audit', refs });

  it('are sealed once per reference and revealed for a purpose', async () => {
    const texts = [sealed(1, CASE_NUMBER), sealed(2, 'Another text')];
    expect(await post('texts', { texts })).toEqual({ status: 201, body: { sealed: 2 } });
    expect((await post('texts', { texts })).status).toBe(201);
    const { body } = await reveal(hex(1), hex(2), hex(3));
    expect(body.texts.sort((a, b) => (a.ref < b.ref ? -1 : 1))).toEqual(texts);
    const { rows } = await admin.query(
      `SELECT * FROM identity.access_log WHERE action = 'reveal' ORDER BY id DESC LIMIT 1`,
    );
    expect(rows).toMatchObject([{ purpose: 'audit', count: 3, subjects: [hex(900)] }]);
  });

  it('refuse another text under a reference, and the whole batch with it', async () => {
    await post('texts', { texts: [sealed(10, 'First')] });
    const { status, body } = await post('texts', {
      texts: [sealed(11, 'New'), sealed(10, 'Second')],
    });
    expect(status).toBe(422);
    expect(body).toMatchObject({
      type: 'urn:writ:problem:ref-reused-with-another-text',
      field: '/texts/1/ref',
    });
    expect((await reveal(hex(10), hex(11))).body.texts).toEqual([sealed(10, 'First')]);
  });

  it('refuse two texts under one reference in one batch', async () => {
    const { status } = await post('texts', { texts: [sealed(20, 'A'), sealed(20, 'B')] });
    expect(status).toBe(422);
    expect((await reveal(hex(20))).body.texts).toEqual([]);
  });

  it('keep the first of two that come at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => post('texts', { texts: [sealed(30, `Text ${n % 3}`)] })),
    );
    const { body } = await reveal(hex(30));
    const kept = Number(body.texts[0]?.text.at(-1));
    expect(answers.map(({ status }) => status)).toEqual(
      answers.map((_, n) => (n % 3 === kept ? 201 : 422)),
    );
  });

  it('open the names and identifiers of a subject', async () => {
    const identifiers = [{ scheme: 'cn.uscc', value: generatedUscc(5) }, fresh()];
    const [result] = await resolve({ identifiers, create: true, name: NAME });
    const subject = subjectOf(result);
    const { body } = await post<{ subjects: { identifiers: object[] }[] }>('reveal', {
      purpose: 'audit',
      subjects: [subject],
    });
    expect(body.subjects).toMatchObject([{ subject, names: [NAME] }]);
    expect(body.subjects[0]?.identifiers).toEqual(expect.arrayContaining(identifiers));
  });
});

describe('schemes declared as data', () => {
  const declaration = { scheme: 'zz.company', pattern: '^[0-9]{8}$', normalise: ['no-dots'] };

  it('are checked like ours from then on', async () => {
    expect((await post('schemes', declaration)).status).toBe(201);
    expect((await post('schemes', declaration)).status).toBe(201);
    const [result] = await resolve({
      identifiers: [{ scheme: 'zz.company', value: '12.345.678' }],
      create: true,
    });
    const [same] = await resolve({
      identifiers: [{ scheme: 'zz.company', value: '12345678' }],
      create: false,
    });
    expect(subjectOf(same)).toBe(subjectOf(result));
    const [wrong] = await resolve({
      identifiers: [{ scheme: 'zz.company', value: '1' }],
      create: true,
    });
    expect(wrong).toMatchObject({ outcome: 'refused', reason: 'identifier_is_malformed' });
    const { body } = await getSchemes();
    expect(body.declared).toEqual([declaration]);
  });

  it.each([
    [{ ...declaration, pattern: '^[0-9]{9}$' }, 409, 'scheme-is-declared-differently', '/scheme'],
    [{ ...declaration, scheme: 'cn.uscc' }, 422, 'scheme-is-built-in', '/scheme'],
    [
      { ...declaration, scheme: 'zz.x', pattern: '^(a+)+$' },
      422,
      'pattern-must-be-anchored-and-bounded',
      '/pattern',
    ],
  ])('refuses %j', async (asked, status, reason, field) => {
    await post('schemes', declaration);
    const answer = await post('schemes', asked);
    expect(answer).toMatchObject({ status, body: { type: `urn:writ:problem:${reason}`, field } });
  });

  async function getSchemes() {
    const answer = await service.app.inject({ url: '/identity/v1/schemes' });
    return { body: answer.json<{ declared: object[] }>() };
  }
});

describe('the API as documented', () => {
  it('lists every endpoint with the shape of its body', async () => {
    const answer = await service.app.inject({ url: '/openapi.json' });
    const { openapi, paths } = answer.json<{ openapi: string; paths: Record<string, object> }>();
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).sort()).toEqual(
      ['aliases', 'bindings', 'erasures', 'resolve', 'reveal', 'schemes', 'texts'].map(
        (path) => `/identity/v1/${path}`,
      ),
    );
    expect(JSON.stringify(paths['/identity/v1/resolve'])).toContain('"identifiers"');
  });
});

describe('bad input', () => {
  const good = {
    purpose: 'listing',
    subjects: [{ identifiers: [{ scheme: 'zz.list.record', value: 'x' }], create: true }],
  };
  const withIdentifier = (scheme: string, value: unknown) => ({
    ...good,
    subjects: [{ identifiers: [{ scheme, value }], create: true }],
  });
  const resident = generatedResidentId(9);
  const wrongCheck = `${resident.slice(0, 17)}${resident.endsWith('1') ? '2' : '1'}`;

  it.each([
    ['an unknown scheme', withIdentifier('xx', '1'), 'scheme-is-unknown', '0/identifiers/0/scheme'],
    [
      'a failed checksum',
      withIdentifier('cn.resident-id', wrongCheck),
      'checksum-does-not-match',
      '0/identifiers/0/value',
    ],
    [
      'a malformed identifier',
      withIdentifier('lei', 'x'),
      'identifier-is-malformed',
      '0/identifiers/0/value',
    ],
    [
      'another type of value',
      withIdentifier('lei', 7),
      'field-is-invalid',
      '0/identifiers/0/value',
    ],
    [
      'an unknown field within',
      { ...good, subjects: [{ ...good.subjects[0], 'a/b': 1 }] },
      'field-is-unknown',
      '0/a~1b',
    ],
    [
      'a missing field',
      { ...good, subjects: [{ create: true }] },
      'field-is-invalid',
      '0/identifiers',
    ],
    [
      'no identifier',
      { ...good, subjects: [{ create: true, identifiers: [] }] },
      'field-is-invalid',
      '0/identifiers',
    ],
  ])(
    '%s is refused with the field named, and nothing is linked',
    async (_, body, reason, field) => {
      const { last } = await aliases('after=0&limit=1');
      const second = { identifiers: [fresh()], create: true };
      const answer = await post('resolve', { ...body, subjects: [...body.subjects, second] });
      expect(answer).toMatchObject({
        status: 400,
        body: { type: `urn:writ:problem:${reason}`, field: `/subjects/${field}`, status: 400 },
      });
      expect(JSON.stringify(answer.body)).not.toContain(wrongCheck);
      expect((await aliases('after=0&limit=1')).last).toBe(last);
    },
  );

  it.each([
    ['resolve', { ...good, more: 1 }, 400, '/more'],
    ['resolve', { ...good, purpose: 'Because of Mr. X' }, 400, '/purpose'],
    ['resolve', [], 400, ''],
    ['resolve', '"text"', 400, ''],
    ['resolve', '{"purpose":', 400, undefined],
    ['texts', { texts: [] }, 400, '/texts'],
    [
      'texts',
      { texts: [{ ref: 'x', owner: hex(1), kind: 'name', text: 'x' }] },
      400,
      '/texts/0/ref',
    ],
    [
      'texts',
      { texts: [{ ref: hex(1), owner: hex(1), kind: 'x', text: 'x' }] },
      400,
      '/texts/0/kind',
    ],
    ['reveal', { refs: [] }, 400, '/purpose'],
    ['reveal', { purpose: 'audit', subjects: ['x'] }, 400, '/subjects/0'],
    ['schemes', { scheme: 'zz.y', pattern: '^a$' }, 400, '/normalise'],
    ['schemes', { scheme: 'zz.y', pattern: '^a$', normalise: ['rot13'] }, 422, '/normalise/0'],
  ])('%s %j is answered with a problem', async (path, body, status, field) => {
    const answer = await post(path, body);
    expect(answer).toMatchObject({ status, body: { status } });
    expect((answer.body as { field?: string }).field).toBe(field);
  });

  it('without an actor nobody looks', async () => {
    expect(await post('resolve', good, {})).toMatchObject({
      status: 400,
      body: { field: '/headers/writ-actor' },
    });
    expect(await post('reveal', { purpose: 'audit' }, { 'writ-actor': 'person:x' })).toMatchObject({
      status: 400,
      body: { field: '/headers/writ-authority' },
    });
  });

  it('a body over its limit is refused', async () => {
    const answer = await post('schemes', `{"pattern":"${'a'.repeat(2 * 1024 * 1024)}"}`);
    expect(answer).toMatchObject({ status: 413, body: { status: 413 } });
  });

  it.each(['after=-1', 'after=x', 'limit=0', 'limit=100000', 'wait=-1', 'after=1e3'])(
    'aliases?%s is refused',
    async (query) =>
      expect(await aliases(query)).toMatchObject({
        status: 400,
        field: `/query/${query.split('=')[0]}`,
      }),
  );
});

describe('the database', () => {
  const PLANTED = {
    name: 'Planted Name Née O"Brien',
    identifier: generatedResidentId(31_337),
    caseNumber: '(2026)虚0001民初"77"号',
  };

  it('holds no planted value in any column, in any form', async () => {
    await resolve({
      identifiers: [{ scheme: 'cn.resident-id', value: PLANTED.identifier }],
      create: true,
      name: PLANTED.name,
    });
    const text = { ref: hex(80), owner: hex(81), kind: 'case-number', text: PLANTED.caseNumber };
    await post('texts', { texts: [text] });
    await post('reveal', { purpose: 'audit', refs: [hex(80)] });
    expect(await leaks(Object.values(PLANTED))).toEqual([]);
  });

  it('would be caught holding one, in each form', async () => {
    await admin.query('CREATE TABLE identity.planted (plain text, bytes bytea)');
    for (const form of formsOf(PLANTED.identifier)) {
      await admin.query('INSERT INTO identity.planted (plain) VALUES ($1)', [`…${form}…`]);
      expect(await leaks([PLANTED.identifier])).toContain('identity.planted.plain');
      await admin.query('TRUNCATE identity.planted');
    }
    await admin.query('INSERT INTO identity.planted (bytes) VALUES ($1)', [
      Buffer.from(PLANTED.identifier),
    ]);
    expect(await leaks([PLANTED.identifier])).toEqual(['identity.planted.bytes']);
    await admin.query('DROP TABLE identity.planted');
  });

  it('is not opened under another key file', async () => {
    const other = { ...service.host, key: () => Buffer.alloc(32, 9) };
    const app = NestFactory.createApplicationContext(IdentityModule.register(other), {
      logger: false,
      abortOnError: false,
    });
    await expect(app).rejects.toThrow('alias.key is not the key this database was written under');
  });

  it('has its keys in files that only the owner may read', () => {
    for (const name of ['alias', 'texts']) {
      const { mode, size } = statSync(path.join(service.host.config.keys, `${name}.key`));
      expect({ name, mode: mode & 0o777, size }).toEqual({ name, mode: 0o600, size: 32 });
    }
  });
});

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value, 'utf8');
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    createHash('sha256').update(bytes).digest('hex'),
    createHash('sha256').update(bytes).digest('base64').replace(/=+$/, ''),
  ];
}

/** Columns in which a value is found, in whatever form. */
async function leaks(values: readonly string[]): Promise<string[]> {
  const forms = values.flatMap(formsOf).map((form) => form.toLowerCase());
  const { rows: columns } = await admin.query<{ table: string; column: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS table, column_name AS column
     FROM information_schema.columns
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
  );
  const found = new Set<string>();
  for (const { table, column } of columns) {
    const { rows } = await admin.query<{ text: string | null }>(
      `SELECT "${column}"::text AS text FROM ${table}`,
    );
    for (const { text } of rows) {
      const lower = text?.toLowerCase() ?? '';
      if (forms.some((form) => lower.includes(form))) found.add(`${table}.${column}`);
    }
  }
  return [...found];
}
