import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { CommandContext } from '@writ/service-host';
import { recordingHeaders } from '@writ/service-host/test-host';
import { enforcementConsumer } from '../enforcement.consumer.js';
import {
  declared,
  delisted,
  IMPLEMENTER,
  listed,
  memorandum,
  row,
  SUBJECT,
  type Row,
} from '../facts.fixture.js';
import { MemorandumJobs } from '../memorandum/memorandum-job.process.js';
import { everything, world, type World } from '../world.fixture.js';
import { measureId } from '../cause/decide-measures.js';
import { postgresRequests } from './acknowledged-request.postgres.js';
import type { Acknowledgement } from './acknowledge-measure.js';
import { AcknowledgementDesk } from './acknowledgement-desk.js';

let at: World;
let cause: string;
let measure: string;
let count = 0;
const code = 'travel.air';

beforeAll(async () => {
  at = await world();
  await at.record(declared(0), memorandum(1, 1, [row()]));
  await settle();
});
afterAll(() => at.stop());

/** A listing of its own for each test, decided as the first decision of its cause. */
beforeEach(async () => {
  cause = `${(++count + 16).toString(16).repeat(16)}-1`;
  measure = measureId({ ledger: 'court', id: cause }, { code, implementer: IMPLEMENTER });
  await at.record(listed(0, { listing: cause }));
  await settle();
});

async function settle() {
  const assessor = at.assessor();
  await enforcementConsumer(assessor, at.pool, at.clock).apply(await everything(at));
}

async function lift() {
  at.clock.advance(60_000);
  await at.record(delisted(0, cause));
  await settle();
  at.clock.advance(60_000);
}

/** A new version of the memorandum, and its job. */
async function reword(version: number, rows: Row[], date: string) {
  const effectiveFrom = { date, zone: 'UTC' };
  await at.record(memorandum(0, version, rows, { effectiveFrom }));
  await settle();
  const jobs = new MemorandumJobs(at.assessor(), { error: () => undefined });
  while (await jobs.page());
}

/** Of this test's cause; other causes may have been decided after it. */
const lastDecision = async () =>
  (await at.decisions()).findLast(({ cause: id }) => id === cause)?.position ?? -1;
const ledgerSize = async () => (await at.host.reader().head()).size;

async function say(
  body: object,
  key = `key-${Math.trunc(++count)}`,
  authority: string = IMPLEMENTER,
) {
  const url = '/enforcement/v1/acknowledgements';
  const headers = { ...recordingHeaders(key), 'writ-authority': authority };
  const answer = await at.app.inject({ method: 'POST', url, headers, payload: body });
  return { status: answer.statusCode, body: answer.json<Record<string, never>>() };
}

async function said(change: object = {}): Promise<Acknowledgement> {
  const decision = await lastDecision();
  const moment = at.clock.now().toISOString();
  return {
    implementer: IMPLEMENTER,
    measureId: measure,
    decision,
    outcome: 'applied',
    at: moment,
    ...change,
  };
}

async function openLiftings(query = '') {
  const answer = await at.app.inject({ url: `/enforcement/v1/open-liftings${query}` });
  const body = answer.json<{ openLiftings: { measureId: string }[]; next?: string }>();
  return { status: answer.statusCode, ...body };
}
const cursorAt = (since: string) => Buffer.from(`${since} ${'f'.repeat(64)}`).toString('base64url');
const isOpen = async (query = '') =>
  (await openLiftings(query)).openLiftings.some(({ measureId: id }) => id === measure);

describe('POST /enforcement/v1/acknowledgements', () => {
  it('records one and hands out its receipt; a retry answers the same', async () => {
    const body = await said();
    const first = await say(body, 'retried');
    expect(first).toMatchObject({
      status: 201,
      body: {
        measureId: measure,
        receipt: { ledger: 'enforcement', stream: `cause-court-${cause}` },
      },
    });
    const size = await ledgerSize();
    expect(await say(body, 'retried')).toEqual(first);
    // The same words under another key are nothing new either.
    expect((await say(body)).body).toEqual(first.body);
    expect(await ledgerSize()).toBe(size);
  });

  it('refuses the key with another body, and records nothing', async () => {
    await say(await said(), 'once');
    const size = await ledgerSize();
    const other = await said({ at: '2026-01-01T00:00:00Z' });
    expect(await say({ acknowledgements: [other, other] }, 'once')).toMatchObject({
      status: 422,
      body: { type: 'urn:writ:problem:key-reused-with-another-body' },
    });
    expect(await ledgerSize()).toBe(size);
  });

  it('refuses the key with one row changed, whatever the first request recorded', async () => {
    const good = await said();
    const bad = await said({ measureId: 'a'.repeat(64) });
    const another = await said({ outcome: 'not-applied', reason: 'no-account' });
    const isReused = {
      status: 422,
      body: {
        type: 'urn:writ:problem:key-reused-with-another-body',
        field: '/headers/idempotency-key',
      },
    };
    const half = await say({ acknowledgements: [bad, good] }, 'half');
    expect(half).toMatchObject({ status: 207 });
    const unsaid = await say({ acknowledgements: [good] }, 'nothing-new');
    expect(unsaid).toMatchObject({ status: 201 });
    const size = await ledgerSize();
    expect(await say({ acknowledgements: [another] }, 'half')).toMatchObject(isReused);
    expect(await say({ acknowledgements: [another] }, 'nothing-new')).toMatchObject(isReused);
    expect(await ledgerSize()).toBe(size);
    const shown = ({ status, body }: Awaited<ReturnType<typeof say>>) => {
      const rows = body['results'] as unknown as { receipt?: object; outcome: string }[];
      const results = rows.map(({ outcome, receipt }) => ({ outcome, receipt }));
      return { status, results };
    };
    expect(shown(await say({ acknowledgements: [bad, good] }, 'half'))).toEqual(shown(half));
    expect(await say({ acknowledgements: [good] }, 'nothing-new')).toEqual(unsaid);
  });

  it('holds a retry to its body also when the first try died half-way', async () => {
    const good = await said();
    const another = await said({ outcome: 'not-applied', reason: 'no-account' });
    const dies = () => Promise.reject(new Error('died'));
    const dying = { readStream: dies, append: dies, findKey: async () => undefined };
    const requests = postgresRequests(at.pool);
    const desk = new AcknowledgementDesk({
      ledger: dying,
      requests,
      catchUp: async () => undefined,
      causesOf: async () =>
        new Map([[measure, { ledger: 'court' as const, id: cause, subject: SUBJECT }]]),
      now: () => at.clock.now(),
      jitter: async () => undefined,
    });
    const context = { key: 'died', fingerprint: 'first' } as CommandContext;
    await expect(desk.acknowledge([good], context)).rejects.toThrow('died');
    const changed = { ...context, fingerprint: 'second' };
    await expect(desk.acknowledge([another], changed)).rejects.toMatchObject({
      reason: 'key_reused_with_another_body',
    });
    expect(await requests.take(context)).toBe(true);
  });

  it('does not bind the key of what was refused', async () => {
    const refused = await said({ measureId: 'a'.repeat(64) });
    expect((await say(refused, 'unbound')).status).toBe(404);
    expect((await say({ acknowledgements: [refused] }, 'unbound')).status).toBe(207);
    expect((await say(await said(), 'unbound')).status).toBe(201);
  });

  it.each([
    [{ measureId: 'a'.repeat(64) }, 404, 'measure-is-unknown', '/measureId'],
    [{ implementer: 'xx.airline' }, 422, 'implementer-is-not-the-authority', '/implementer'],
    [{ decision: 999_999 }, 422, 'decision-is-unknown', '/decision'],
    [{ outcome: 'lifted' }, 422, 'decision-still-imposes-the-measure', '/decision'],
    [{ outcome: 'not-applied' }, 422, 'not-applied-needs-a-reason', '/reason'],
    [{ at: '2099-01-01T00:00:00Z' }, 422, 'acknowledged-time-must-not-be-in-the-future', '/at'],
    [{ at: '0000-12-31T23:59:59Z' }, 400, 'instant-is-malformed', '/at'],
    [{ note: 'x' }, 400, 'body-is-malformed', '/note'],
  ])('refuses %j with %i', async (change, status, type, field) => {
    const size = await ledgerSize();
    expect(await say(await said(change))).toMatchObject({
      status,
      body: { type: `urn:writ:problem:${type}`, field },
    });
    expect(await ledgerSize()).toBe(size);
  });

  it('refuses another’s measure', async () => {
    const theirs = await said({ implementer: 'xx.airline' });
    expect(await say(theirs, 'theirs', 'xx.airline')).toMatchObject({
      status: 422,
      body: { type: 'urn:writ:problem:measure-belongs-to-another-implementer' },
    });
  });

  it('answers a batch row by row', async () => {
    const good = await said();
    const bad = await said({ measureId: 'a'.repeat(64) });
    expect(await say({ acknowledgements: [good, bad] })).toMatchObject({
      status: 207,
      body: {
        results: [
          { outcome: 'recorded', measureId: measure },
          {
            outcome: 'refused',
            problem: { status: 404, field: '/acknowledgements/1/measureId' },
          },
        ],
      },
    });
    const second = await said({ outcome: 'not-applied', reason: 'no-account' });
    expect(await say({ acknowledgements: [good, second] })).toMatchObject({ status: 201 });
  });

  it('asks for authority, actor and idempotency key', async () => {
    const url = '/enforcement/v1/acknowledgements';
    const answer = await at.app.inject({ method: 'POST', url, payload: await said() });
    expect(answer.json()).toMatchObject({ status: 400, field: '/headers/writ-authority' });
  });
});

describe('GET /enforcement/v1/open-liftings', () => {
  it('shows a lifting until its implementer says it is done', async () => {
    const applied = await said();
    await say(applied);
    expect(await isOpen()).toBe(false);
    await lift();
    expect(await isOpen(`?implementer=${IMPLEMENTER}`)).toBe(true);
    expect(await isOpen('?implementer=xx.airline')).toBe(false);
    // A late `applied` answers the decision before: it closes nothing.
    await say({ ...applied, at: at.clock.now().toISOString() });
    expect(await isOpen()).toBe(true);
    expect(await say(await said({ outcome: 'lifted' }))).toMatchObject({ status: 201 });
    expect(await isOpen()).toBe(false);
    // Nor does it open again what is done.
    await say({ ...applied, at: at.clock.now().toISOString() });
    expect(await isOpen()).toBe(false);
  });

  it('asks for those that wait longest', async () => {
    await lift();
    expect(await isOpen('?olderThan=PT1M')).toBe(true);
    expect(await isOpen('?olderThan=PT61S')).toBe(false);
  });

  it('shows a measure whose time has run out by itself', async () => {
    const until = { date: '2026-03-03', zone: 'UTC' };
    cause = `${'ee'.repeat(16)}-1`;
    measure = measureId({ ledger: 'court', id: cause }, { code, implementer: IMPLEMENTER });
    await at.record(listed(0, { listing: cause, until }));
    await settle();
    expect(await isOpen()).toBe(false);
    at.clock.set('2026-03-03T00:00:01.000Z');
    expect(await isOpen()).toBe(true);
    await say(await said({ outcome: 'lifted' }));
    expect(await isOpen()).toBe(false);
  });

  it('is exact to the microsecond: the moment shown closes it, and a page goes on behind it', async () => {
    const until = { instant: '2026-03-03T00:00:00.123456Z' };
    const two = ['ef', 'f0'].map((pair) => `${pair.repeat(16)}-1`);
    for (const listing of two) await at.record(listed(0, { listing, until }));
    await settle();
    at.clock.set('2026-03-03T00:00:01.000Z');
    const seen: string[] = [];
    for (let query = '?limit=1'; seen.length < 50;) {
      const page = await openLiftings(query);
      seen.push(...page.openLiftings.map(({ measureId: id }) => id));
      if (page.next === undefined) break;
      query = `?limit=1&after=${page.next}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    [cause = ''] = two;
    measure = measureId({ ledger: 'court', id: cause }, { code, implementer: IMPLEMENTER });
    const appliedAt = '2026-03-02T12:00:00.654321Z';
    expect(await say(await said({ at: appliedAt }))).toMatchObject({ status: 201 });
    const { openLiftings: open } = await openLiftings();
    const shown = open.find(({ measureId: id }) => id === measure) as
      { since?: string } | undefined;
    expect(shown).toMatchObject({ since: until.instant, acknowledged: { at: appliedAt } });
    await say(await said({ outcome: 'lifted', at: shown?.since }));
    expect(await isOpen()).toBe(false);
  });

  it('stays closed when an `applied` of the same decision comes late', async () => {
    const until = { date: '2026-04-01', zone: 'UTC' };
    cause = `${'ed'.repeat(16)}-1`;
    measure = measureId({ ledger: 'court', id: cause }, { code, implementer: IMPLEMENTER });
    await at.record(listed(0, { listing: cause, until }));
    await settle();
    at.clock.set('2026-04-01T00:00:01.000Z');
    await say(await said({ outcome: 'lifted' }));
    expect(await isOpen()).toBe(false);
    await say(await said({ at: '2026-03-31T23:59:59Z' }));
    expect(await isOpen()).toBe(false);
  });

  it('opens again when a measure was lifted, imposed once more, and lifted', async () => {
    await reword(2, [], '2026-02-01');
    expect(await isOpen()).toBe(true);
    await say(await said({ outcome: 'lifted' }));
    expect(await isOpen()).toBe(false);
    await reword(3, [row()], '2026-03-01');
    expect(await isOpen()).toBe(false);
    await lift();
    expect(await isOpen()).toBe(true);
    await say(await said({ outcome: 'lifted' }));
    expect(await isOpen()).toBe(false);
  });

  it('names a decision that can be acknowledged when only the end has changed', async () => {
    await reword(4, [row()], '2026-03-01');
    const imposed = await lastDecision();
    // From then on without the row: until then the measure stands, now with an end.
    await reword(5, [], '2026-05-01');
    expect(await lastDecision()).toBeGreaterThan(imposed);
    expect(await isOpen()).toBe(false);
    at.clock.set('2026-05-01T00:00:01.000Z');
    const { openLiftings: open } = await openLiftings();
    const shown = open.find(({ measureId: id }) => id === measure);
    expect(shown).toMatchObject({ decision: await lastDecision() });
    const { decision } = shown as unknown as { decision: number };
    expect(await say(await said({ outcome: 'lifted', decision }))).toMatchObject({ status: 201 });
    expect(await isOpen()).toBe(false);
    await reword(6, [row()], '2026-05-02');
  });

  it('goes through them page by page', async () => {
    await lift();
    const all = (await openLiftings()).openLiftings.map(({ measureId: id }) => id);
    const paged: string[] = [];
    let query: string | undefined = '?limit=1';
    while (query !== undefined) {
      const page: Awaited<ReturnType<typeof openLiftings>> = await openLiftings(query);
      paged.push(...page.openLiftings.map(({ measureId: id }) => id));
      query = page.next === undefined ? undefined : `?limit=1&after=${page.next}`;
    }
    expect(paged).toEqual(all);
    expect(all.length).toBeGreaterThan(1);
  });

  it.each([
    '?olderThan=P1M',
    '?olderThan=1',
    '?implementer=A%20B',
    '?after=x',
    `?after=${cursorAt('2026-02-30T00:00:00.000000Z')}`,
    `?after=${cursorAt('2026-03-02T25:00:00.000000Z')}`,
    '?limit=0',
    '?implementor=xx.rail',
    '?limit=1&limit=2',
  ])('refuses %s', async (query) => expect((await openLiftings(query)).status).toBe(400));
});

it('serves its facts', async () => {
  const answer = await at.app.inject({ url: '/enforcement/v1/facts?limit=1' });
  expect(answer.json()).toMatchObject({ ledger: 'enforcement', facts: [{ position: 0 }], next: 0 });
});
