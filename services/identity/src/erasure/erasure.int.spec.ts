import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AliasesPage, ResolveResponse } from '@writ/contracts';
import { recordingHeaders, testHost, type TestHost } from '@writ/service-host/test-host';
import pg from 'pg';
import { identityService } from '../index.js';

let service: TestHost;
let admin: pg.Pool;
let next = 0;
/** Nobody's: a scheme of a made-up list. */
const fresh = () => ({ scheme: 'zz.list.record', value: `erased-${++next}` });
const hex = (n: number) => n.toString(16).padStart(32, '0');

beforeAll(async () => {
  service = await testHost(identityService);
  admin = new pg.Pool({ connectionString: service.database.admin });
});
afterAll(async () => {
  await admin.end();
  await service.stop();
});

async function post<T = Record<string, unknown>>(path: string, payload: object, key = 'none') {
  const answer = await service.app.inject({
    method: 'POST',
    url: `/identity/v1/${path}`,
    headers: recordingHeaders(key),
    payload,
  });
  return { status: answer.statusCode, body: answer.json<T>() };
}

type Identifier = ReturnType<typeof fresh>;

async function subjectOf(...identifiers: Identifier[]): Promise<string> {
  const subjects = [{ identifiers, create: true, name: 'To be erased' }];
  const { body } = await post<ResolveResponse>('resolve', { purpose: 'listing', subjects });
  const [result] = body.results;
  return result?.outcome === 'resolved' ? result.subject : '';
}

/** A case as the court makes one: its texts are sealed before anybody is known to owe. */
async function openCase(n: number): Promise<{ owner: string; ref: string }> {
  const [owner, ref] = [hex(n), hex(n + 1)];
  const texts = [{ ref, owner, kind: 'case-number', text: `(2026)虚${n}执1号` }];
  expect((await post('texts', { texts })).status).toBe(201);
  return { owner, ref };
}

const bind = (owner: string, ...subjects: string[]) => post('bindings', { owner, subjects });

async function isReadable(ref: string): Promise<boolean> {
  const { body } = await post<{ texts: object[] }>('reveal', { purpose: 'audit', refs: [ref] });
  return body.texts.length === 1;
}

async function aliases(query: string): Promise<AliasesPage> {
  return (await service.app.inject({ url: `/identity/v1/aliases?${query}` })).json<AliasesPage>();
}

const erase = (body: object, key: string) =>
  post<{ subject?: string; aliasSequence?: number; type?: string }>(
    'erasures',
    { legalBasis: 'zz.privacy-act.17', ...body },
    key,
  );

describe('erasing a subject', () => {
  it('leaves no way to find them, and a feed that says so', async () => {
    const identifiers = [fresh(), fresh()];
    const subject = await subjectOf(...identifiers);
    const { last } = await aliases('after=0&limit=1');
    const erased = await erase({ subject }, 'leaves-no-way');
    expect(erased).toMatchObject({ status: 201, body: { subject, aliasSequence: last + 1 } });
    const theirs = (await aliases(`after=${last - 2}`)).changes;
    expect(theirs).toMatchObject([1, 2, 3].map(() => ({ kind: 'erased', alias: '0'.repeat(64) })));
    const { body } = await post('reveal', { purpose: 'audit', subjects: [subject] });
    expect(body).toEqual({ texts: [], subjects: [] });
    const remark = { ref: hex(70), owner: subject, kind: 'remark', text: 'After' };
    expect(await post('texts', { texts: [remark] })).toMatchObject({
      status: 409,
      body: { type: 'urn:writ:problem:subject-is-erased', field: '/texts/0/owner' },
    });
    expect(await subjectOf(...identifiers)).not.toBe(subject);
  });

  it('can be asked for by identifier, and again with the same answer', async () => {
    const identifier = fresh();
    const subject = await subjectOf(identifier);
    const first = await erase({ identifier }, 'by-identifier');
    expect(first).toMatchObject({ status: 201, body: { subject } });
    expect(await erase({ identifier }, 'by-identifier')).toEqual(first);
    expect(await erase({ identifier: fresh() }, 'by-identifier')).toMatchObject({
      status: 422,
      body: {
        type: 'urn:writ:problem:key-reused-with-another-body',
        field: '/headers/idempotency-key',
      },
    });
    expect((await erase({ identifier }, 'another-key')).status).toBe(404);
    expect(await erase({ subject }, 'third-key')).toMatchObject({
      status: 409,
      body: { type: 'urn:writ:problem:subject-is-erased' },
    });
  });

  it('is done once by 20 that ask at once', async () => {
    const subject = await subjectOf(fresh());
    const { last } = await aliases('after=0&limit=1');
    const asked = Array.from({ length: 20 }, () => erase({ subject }, 'at-once'));
    const answers = new Set((await Promise.all(asked)).map((answer) => JSON.stringify(answer)));
    expect(answers.size).toBe(1);
    expect((await aliases('after=0&limit=1')).last).toBe(last + 1);
  });

  it('is logged: who, on which basis, whom', async () => {
    const subject = await subjectOf(fresh());
    await erase({ subject, legalBasis: 'zz.court-order' }, 'logged');
    const { rows } = await admin.query(
      `SELECT authority, actor, purpose, subjects FROM identity.access_log
       WHERE action = 'erase' ORDER BY id DESC LIMIT 1`,
    );
    expect(rows).toEqual([
      {
        authority: 'court.test',
        actor: 'person:clerk-1',
        purpose: 'zz.court-order',
        subjects: [subject],
      },
    ]);
  });

  it.each([
    [{}, 400, '/subject'],
    [{ subject: hex(1), identifier: { scheme: 'lei', value: 'x' } }, 400, '/subject'],
    [{ subject: 'x' }, 400, '/subject'],
    [{ subject: hex(1), legalBasis: 'Because!' }, 400, '/legalBasis'],
    [{ subject: hex(1), more: true }, 400, '/more'],
    [{ subject: hex(999_999) }, 404, '/subject'],
    [{ identifier: { scheme: 'lei', value: 'x' } }, 400, '/identifier/value'],
    [{ identifier: { scheme: 'xx', value: 'x' } }, 400, '/identifier/scheme'],
    [{ identifier: { scheme: 'zz.list.record', value: 'never' } }, 404, '/identifier'],
  ])('is refused for %j, and nothing is erased', async (body, status, field) => {
    const { last } = await aliases('after=0&limit=1');
    expect(await erase(body, `refused-${JSON.stringify(body).length}`)).toMatchObject({
      status,
      body: { field },
    });
    expect((await aliases('after=0&limit=1')).last).toBe(last);
  });

  it.each(['writ-authority', 'writ-actor', 'idempotency-key'])('needs %s', async (header) => {
    const { [header]: _, ...headers } = recordingHeaders('needs');
    const url = '/identity/v1/erasures';
    const payload = { subject: hex(1), legalBasis: 'zz' };
    const answer = await service.app.inject({ method: 'POST', url, headers, payload });
    expect([answer.statusCode, answer.json<{ field: string }>().field]).toEqual([
      400,
      `/headers/${header}`,
    ]);
  });
});

describe('texts of a case', () => {
  it('are erased with the only subject they concern', async () => {
    const { owner, ref } = await openCase(1_000);
    const subject = await subjectOf(fresh());
    expect(await bind(owner, subject)).toEqual({ status: 201, body: { bound: 1 } });
    expect((await bind(owner, subject)).status).toBe(201);
    expect(await isReadable(ref)).toBe(true);
    await erase({ subject }, 'case-of-one');
    expect(await isReadable(ref)).toBe(false);
    const kept = await admin.query('SELECT wrapped FROM identity.data_key WHERE owner = $1', [
      owner,
    ]);
    expect(kept.rows).toEqual([{ wrapped: null }]);
  });

  it('stay for a co-debtor, and go with the last', async () => {
    const { owner, ref } = await openCase(2_000);
    const [first, second] = [await subjectOf(fresh()), await subjectOf(fresh())];
    await bind(owner, first, second);
    await erase({ subject: first }, 'first-of-two');
    expect(await isReadable(ref)).toBe(true);
    const { rows } = await admin.query('SELECT owner FROM identity.binding WHERE subject = $1', [
      first,
    ]);
    expect(rows).toEqual([]);
    await erase({ subject: second }, 'second-of-two');
    expect(await isReadable(ref)).toBe(false);
  });

  it('go whoever of all debtors is erased at once', async () => {
    const { owner, ref } = await openCase(3_000);
    const subjects = await Promise.all(Array.from({ length: 6 }, () => subjectOf(fresh())));
    await bind(owner, ...subjects);
    await Promise.all(subjects.map((subject, n) => erase({ subject }, `all-at-once-${n}`)));
    expect(await isReadable(ref)).toBe(false);
  });

  it('of nobody, of somebody unknown or erased are refused', async () => {
    const { owner } = await openCase(4_000);
    const subject = await subjectOf(fresh());
    expect(await bind(hex(4_444), subject)).toMatchObject({
      status: 409,
      body: { type: 'urn:writ:problem:owner-is-unknown', field: '/owner' },
    });
    expect(await bind(owner, subject, hex(5_555))).toMatchObject({
      status: 409,
      body: { type: 'urn:writ:problem:subject-is-unknown', field: '/subjects/1' },
    });
    await erase({ subject }, 'bound-too-late');
    expect(await bind(owner, subject)).toMatchObject({
      status: 409,
      body: { type: 'urn:writ:problem:subject-is-erased', field: '/subjects/0' },
    });
  });
});
