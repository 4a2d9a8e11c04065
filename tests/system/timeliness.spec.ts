import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AuthoritiesPage } from '@writ/contracts';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { declareCourtList, judgmentOf, list, pay, ripeCase } from './world.fixture.js';

let system: System;

beforeAll(async () => {
  system = await startSystem();
  await declareCourtList(system.client);
});
afterAll(() => system?.stop());

const authorities = async (ledger: string) =>
  (await system.client.get<AuthoritiesPage>(`/${ledger}/v1/authorities`)).body;

it(`who has submitted, how much and when last (${SYSTEM})`, async () => {
  const before = await authorities('court');
  expect(before).toMatchObject({ ledger: 'court', authorities: [] });
  const ripe = await ripeCase(system.client, 1);
  await list(system.client, 1, ripe);
  const { receipt } = await pay(system.client, ripe, '1000.00');
  const other = { 'writ-authority': 'cn.court.another', 'idempotency-key': 'other-1' };
  const { client } = system;
  const opened = await client.call('POST', '/court/v1/cases', judgmentOf('other'), other);
  expect(opened.status).toBe(201);
  const { authorities: after, at } = await authorities('court');
  // Case, obligation, notice, listing, performance, fulfilment and delisting.
  expect(after).toEqual([
    { authority: 'cn.court.another', submissions: 1, lastRecordedAt: expect.any(String) },
    { authority: 'cn.court.made-up', submissions: 7, lastRecordedAt: receipt.recordedAt },
  ]);
  expect(Date.parse(at)).toBeGreaterThanOrEqual(Date.parse(receipt.recordedAt));
  expect((await authorities('regulatory')).authorities).toMatchObject([{ submissions: 2 }]);
});
