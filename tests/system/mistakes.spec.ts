import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Receipt } from '@writ/contracts';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import {
  day,
  declareCourtList,
  idOf,
  list,
  listingBody,
  mayFly,
  pay,
  ripeCase,
  today,
} from './world.fixture.js';

let system: System;
type Answered = { receipt: Receipt };

beforeAll(async () => {
  system = await startSystem();
  await declareCourtList(system.client);
});
afterAll(() => system?.stop());

const send = (path: string, body: object) =>
  system.client.done<Answered>(`/court/v1/${path}`, body as Record<string, unknown>);

const answerOf = (serial: number, { token }: Receipt) =>
  mayFly(system.client, serial, { atLeast: [token], settled: true });

/** What the record says was known when an answer was given. */
async function knownAt(serial: number, knownAt: unknown): Promise<string | undefined> {
  const about = { identifier: idOf(serial), purpose: 'audit', measures: ['travel.air'] };
  const { body } = await system.client.recordOf({ ...about, knownAt });
  const [first] = body.answers as { answer: string }[];
  return first?.answer;
}

describe(`what a court puts right (${SYSTEM})`, () => {
  it('retracted, a listing never was; what was answered before stays on record', async () => {
    const { client } = system;
    const listed = await list(client, 1, await ripeCase(client, 1));
    const before = await answerOf(1, listed.receipt);
    expect(before.answer).toBe('RESTRICTED');
    const taken = await send(`listings/${listed.listing}/retraction`, { reason: 'wrong-subject' });
    expect((await answerOf(1, taken.receipt)).answer).toBe('NOT_RESTRICTED');
    expect(await knownAt(1, before.position)).toBe('RESTRICTED');
    const { body } = await client.recordOf({ identifier: idOf(1), purpose: 'audit' });
    const types = (body.history as { type: string }[]).map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(['court.subject-listed.v1', 'court.listing-retracted.v1']),
    );
  });

  it('corrected, a listing holds from when it should have', async () => {
    const { client } = system;
    const ripe = await ripeCase(client, 2);
    const listed = await list(client, 2, ripe);
    const before = await answerOf(2, listed.receipt);
    expect(before.answer).toBe('RESTRICTED');
    const ground = listingBody(2, ripe)['ground'];
    const put = (effectiveFrom: object) =>
      send(`listings/${listed.listing}/correction`, { ground, effectiveFrom });
    const later = await put(day('2999-01-01'));
    expect((await answerOf(2, later.receipt)).answer).toBe('NOT_RESTRICTED');
    expect(await knownAt(2, before.position)).toBe('RESTRICTED');
    const again = await put(day(today()));
    expect((await answerOf(2, again.receipt)).answer).toBe('RESTRICTED');
  });

  it('corrected to what was paid, a debt is fulfilled and its listing ends', async () => {
    const { client } = system;
    const ripe = await ripeCase(client, 3);
    const listed = await list(client, 3, ripe);
    await pay(client, ripe, '400.00');
    const path = `cases/${ripe.case}/obligations/${ripe.obligation}/correction`;
    const put = await send(path, { amount: { amount: '400.00', currency: 'CNY' } });
    expect(put).toMatchObject({ fulfilled: [ripe.obligation], delisted: [listed.listing] });
    expect((await answerOf(3, put.receipt)).answer).toBe('NOT_RESTRICTED');
  });

  it('reversed, a payment revives no listing; a new one needs a notice served since', async () => {
    const { client } = system;
    const ripe = await ripeCase(client, 4);
    const listed = await list(client, 4, ripe);
    const paid = await pay(client, ripe, '1000.00');
    expect(paid.delisted).toEqual([listed.listing]);
    const reversal = { reason: 'bounced', reversedOn: today() };
    const back = await send(
      `cases/${ripe.case}/performances/${paid.performance}/reversal`,
      reversal,
    );
    expect((await answerOf(4, back.receipt)).answer).toBe('NOT_RESTRICTED');
    const refused = await client.record('/court/v1/listings', listingBody(4, ripe));
    expect(refused).toMatchObject({
      status: 422,
      body: { type: 'urn:writ:problem:notice-is-served-before-the-reversal', field: '/notice' },
    });
    const { notice } = await client.done<{ notice: string }>(
      `/court/v1/cases/${ripe.case}/notices`,
      {
        subject: { identifiers: [idOf(4)] },
        kind: 'enforcement-notice',
        method: 'personal',
        servedOn: today(),
      },
    );
    const anew = await list(client, 4, { ...ripe, notice });
    expect(anew.listing).not.toBe(listed.listing);
    expect((await answerOf(4, anew.receipt)).answer).toBe('RESTRICTED');
  });
});
