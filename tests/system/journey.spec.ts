import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import {
  declareCourtList,
  idOf,
  list,
  listingBody,
  mayFly,
  pay,
  ripeCase,
} from './world.fixture.js';

const run = promisify(execFile);
let system: System;

beforeAll(async () => {
  system = await startSystem();
  await declareCourtList(system.client);
});
afterAll(() => system?.stop());

describe(`the journey (${SYSTEM})`, () => {
  it('two cases, one subject: restricted until the last cent of the last one', async () => {
    const { client } = system;
    const first = await ripeCase(client, 1);
    const second = await ripeCase(client, 1, '500.01');
    const one = await list(client, 1, first);
    const two = await list(client, 1, second);

    const restricted = await mayFly(client, 1, {
      atLeast: [one.receipt.token, two.receipt.token],
      settled: true,
    });
    expect(restricted).toMatchObject({ status: 200, answer: 'RESTRICTED' });
    expect(restricted.causes.toSorted()).toEqual([one.listing, two.listing].toSorted());

    const paid = await pay(client, first, '1000.00');
    const still = await mayFly(client, 1, { atLeast: [paid.receipt.token] });
    expect(still).toMatchObject({ answer: 'RESTRICTED', causes: [two.listing] });

    const allButOne = await pay(client, second, '500');
    const owing = await mayFly(client, 1, { atLeast: [allButOne.receipt.token] });
    expect(owing).toMatchObject({ answer: 'RESTRICTED', causes: [two.listing] });

    const cent = await pay(client, second, '0.01');
    expect(cent.delisted).toEqual([two.listing]);
    const free = await mayFly(client, 1, { atLeast: [cent.receipt.token] });
    expect(free).toMatchObject({ status: 200, answer: 'NOT_RESTRICTED' });

    const before = await client.recordOf({
      identifier: idOf(1),
      purpose: 'audit',
      measures: ['travel.air'],
      knownAt: { court: allButOne.receipt.position },
    });
    expect(before.status).toBe(200);
    expect(before.body.answers).toMatchObject([{ measure: 'travel.air', answer: 'RESTRICTED' }]);
    const now = await client.recordOf({
      identifier: idOf(1),
      purpose: 'audit',
      measures: ['travel.air'],
    });
    expect(now.body.answers).toMatchObject([{ answer: 'NOT_RESTRICTED' }]);
  });

  it('lifts without enforcement, and guesses nothing while it is away', async () => {
    const { client, services } = system;
    const case2 = await ripeCase(client, 2);
    const listed = await list(client, 2, case2);
    const restricted = await mayFly(client, 2, { atLeast: [listed.receipt.token], settled: true });
    expect(restricted.answer).toBe('RESTRICTED');

    await services.enforcement.kill('SIGKILL');
    try {
      const paid = await pay(client, case2, '1000.00');
      const free = await mayFly(client, 2, { atLeast: [paid.receipt.token] });
      expect(free.answer).toBe('NOT_RESTRICTED');

      const case3 = await ripeCase(client, 3);
      const again = await list(client, 3, case3);
      const open = await mayFly(client, 3, { atLeast: [again.receipt.token] });
      expect(open.answer).toBe('UNDETERMINED');
      expect(open.undetermined).toMatchObject([{ mustAct: expect.any(String) }]);

      await services.enforcement.start();
      const settled = await mayFly(client, 3, { atLeast: [again.receipt.token], settled: true });
      expect(settled).toMatchObject({ answer: 'RESTRICTED', causes: [again.listing] });
    } finally {
      if (services.enforcement.pid() === undefined) await services.enforcement.start();
    }
  });
});

describe(`a retry (${SYSTEM})`, () => {
  it('50 identical listings at once under one key are one event and one receipt', async () => {
    const { client } = system;
    const ripe = await ripeCase(client, 4);
    const size = async () =>
      (await client.get<{ size: number }>('/court/v1/facts?after=-1&limit=1')).body.size;
    const before = await size();
    const body = listingBody(4, ripe);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => client.record('/court/v1/listings', body, 'one-key')),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body: { receipt } }) => JSON.stringify(receipt))).size).toBe(1);
    expect((await size()) - before).toBe(1);

    const changed = { ...body, effectiveFrom: { date: '2030-01-01', zone: 'Asia/Shanghai' } };
    const refused = await client.record('/court/v1/listings', changed, 'one-key');
    expect(refused).toMatchObject({
      status: 422,
      body: { type: 'urn:writ:problem:key-reused-with-another-body' },
    });
    expect((await size()) - before).toBe(1);
  });
});

describe(`an answer explained (${SYSTEM})`, () => {
  it('is told by the facts it needs, through the command line', async () => {
    const { client, url } = system;
    const listed = await list(client, 41, await ripeCase(client, 41));
    const { receipt } = await list(client, 42, await ripeCase(client, 42));
    await mayFly(client, 42, { atLeast: [receipt.token], settled: true });
    const asked = await client.ask({
      subjects: [{ identifier: idOf(41), measures: ['travel.air'] }],
      purpose: 'sale-of-ticket',
      atLeast: [listed.receipt.token],
      settled: true,
      timeout: 30_000,
    });
    const [answer] = asked.body.answers ?? [];
    expect(answer?.measures).toMatchObject([{ answer: 'RESTRICTED' }]);
    const words = ['explain', answer?.answerId ?? '', '--url', url, '--json'];
    const { stdout } = await run(process.execPath, [path.join(root, 'cli/bin/writ.mjs'), ...words]);
    const explained = JSON.parse(stdout) as {
      agrees: boolean;
      facts: { type: string; data: { listing?: string } }[];
      rows: { cause: string; measure: string }[];
    };
    expect(explained).toMatchObject({
      agrees: true,
      rows: [{ cause: listed.listing, measure: 'travel.air' }],
    });
    expect(explained.facts.map(({ type }) => type)).toEqual([
      'court.subject-listed.v1',
      'enforcement.measures-decided.v1',
    ]);
    expect(explained.facts[0]?.data.listing).toBe(listed.listing);
  });
});
