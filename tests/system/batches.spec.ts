import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ORDERS, type Receipt } from '@writ/contracts';
import type { OpenApi } from './spoilt-bodies.fixture.js';
import { startSystem, SYSTEM, type Json, type System } from './system.fixture.js';
import {
  COURT_LIST,
  day,
  declareCourtList,
  idOf,
  judgmentOf,
  mayFly,
  today,
} from './world.fixture.js';

let system: System;

beforeAll(async () => {
  system = await startSystem();
  await declareCourtList(system.client);
});
afterAll(() => system?.stop());

type Result = {
  id: string;
  status: number;
  result?: { receipt: Receipt; case: string; notice: string; listing: string } & {
    obligations: { obligation: string }[];
    delisted: string[];
  };
  problem?: { type: string; field?: string };
};

const order = (id: string, what: string, data: Json) => {
  return { id, type: `court.intake.${what}.v1`, data };
};

async function batch(...orders: Json[]): Promise<Result[]> {
  const { status, body } = await system.client.call<{ results: Result[] }>(
    'POST',
    '/court/v1/batches',
    { orders },
  );
  expect({ status, rows: body.results.length }).toEqual({ status: 200, rows: orders.length });
  return body.results;
}

const opening = (serial: number) =>
  order(`open-${serial}`, 'judgment-effective', judgmentOf(serial));

describe(`a court's day in batches (${SYSTEM})`, () => {
  it('lists and lifts, each row with a receipt or a problem of its own', async () => {
    const serials = [21, 22, 23];
    const opened = await batch(...serials.map(opening));
    const cases = opened.map(({ result }) => result?.case ?? '');
    const amount = { amount: '1000.00', currency: 'CNY' };
    const subject = (index: number) => ({ identifiers: [idOf(serials[index] ?? 0)] });
    const owed = await batch(
      ...cases.map((id, index) =>
        order(`owe-${index}`, 'obligation-established', {
          case: id,
          debtors: [subject(index)],
          kind: 'pay',
          amount,
        }),
      ),
    );
    const obligations = owed.map(({ result }) => result?.obligations[0]?.obligation ?? '');
    const served = await batch(
      ...cases.map((id, index) =>
        order(`serve-${index}`, 'notice-served', {
          case: id,
          subject: subject(index),
          kind: 'enforcement-notice',
          method: 'personal',
          servedOn: '2026-02-01',
        }),
      ),
    );
    const listing = (index: number, change: Json = {}) =>
      order(`list-${index}`, 'listing-ordered', {
        case: cases[index],
        subject: subject(index),
        list: COURT_LIST,
        ground: 'cn.spc.g1.able-but-refuses',
        obligations: [obligations[index]],
        notice: served[index]?.result?.notice,
        effectiveFrom: day(today()),
        ...change,
      });
    const listed = await batch(listing(0), listing(1, { notice: 'f'.repeat(32) }), listing(2));
    expect(listed.map(({ id, status, problem }) => [id, status, problem?.field])).toEqual([
      ['list-0', 201, undefined],
      ['list-1', 404, '/data/notice'],
      ['list-2', 201, undefined],
    ]);
    const paying = (index: number) =>
      order(`pay-${index}`, 'performance-reported', {
        case: cases[index],
        obligation: obligations[index],
        amount,
        performedOn: today(),
      });
    // Of one case, in their order: paid, so that there is nothing left to list on.
    const paid = await batch(paying(0), { ...listing(0), id: 'list-again' });
    expect(paid[0]?.result?.delisted).toEqual([listed[0]?.result?.listing]);
    expect(paid[1]).toMatchObject({ status: 409 });
    const token = paid[0]?.result?.receipt.token ?? '';
    const asked = { atLeast: [token], settled: true };
    expect((await mayFly(system.client, 21, asked)).answer).toBe('NOT_RESTRICTED');
    expect((await mayFly(system.client, 23, asked)).answer).toBe('RESTRICTED');
  });

  it('sent again is answered as before and records nothing', async () => {
    const first = await batch(opening(31), opening(32));
    const { size } = (await system.client.get<{ size: number }>('/court/v1/facts?limit=1')).body;
    expect(await batch(opening(31), opening(32))).toEqual(first);
    expect((await system.client.get('/court/v1/facts?limit=1')).body).toMatchObject({ size });
  });
});

describe(`every order (${SYSTEM})`, () => {
  it('is what the command over HTTP takes: the same members, the same ones required', async () => {
    const document = (await system.client.get<OpenApi>('/openapi.json')).body;
    for (const [type, { path: to, data }] of Object.entries(ORDERS)) {
      const body = bodyOf(document, to);
      const inPath = [...to.matchAll(/\{([a-z]+)\}/g)].map(([, name = '']) => name);
      const http = {
        members: [...Object.keys(body.properties), ...inPath].toSorted(),
        required: [...body.required, ...inPath].toSorted(),
      };
      const ordered = {
        members: Object.keys(data.properties).toSorted(),
        required: [...(data.required ?? [])].toSorted(),
      };
      expect({ type, ...ordered }).toEqual({ type, ...http });
    }
  });

  it('and every command that records by a key is an order, but for whole files', async () => {
    const document = (await system.client.get<OpenApi>('/openapi.json')).body;
    const commands = Object.keys(document.paths).filter((to) => {
      return document.paths[to]?.post && /^\/(court|regulatory)\//.test(to);
    });
    const ordered = new Set(Object.values(ORDERS).map(({ path: to }) => to));
    expect(commands.filter((to) => !ordered.has(to)).toSorted()).toEqual([
      '/court/v1/batches',
      '/court/v1/feeds/{list}/imports',
      '/court/v1/feeds/{list}/order',
      '/regulatory/v1/batches',
      '/regulatory/v1/feeds/{list}/imports',
      '/regulatory/v1/feeds/{list}/order',
    ]);
  });
});

type Body = { properties: object; required: string[] };

function bodyOf({ paths, components }: OpenApi, to: string): Body {
  const content = paths[to]?.post?.requestBody?.content;
  const reference = content?.['application/json']?.schema.$ref ?? '';
  const schema = components.schemas[reference.replace('#/components/schemas/', '')];
  return { properties: schema?.properties ?? {}, required: schema?.required ?? [] };
}
