import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Body, Controller, HttpCode, Module, Param, Post } from '@nestjs/common';
import { IsObject } from 'class-validator';
import type { CommandContext } from '../command-context.js';
import { Command } from '../command.controller.js';
import { Problem } from '../problem.js';
import type { ServiceDefinition } from '../service.process.js';
import { recordingHeaders, testHost, type TestHost } from '../test-host.process.js';
import { placeOrder } from './place-order.process.js';

type Placed = { path: string; case: string; key: string; source: string; body: unknown };

class AnyBody {
  @IsObject() amount: object;
}

const placed: Placed[] = [];
let refuseWith: Problem | undefined;

/** Stands for the court: tells what reached it. */
@Controller('court/v1/cases/:case/obligations/:obligation/correction')
class StandIn {
  @Post()
  @HttpCode(201)
  take(@Command() command: CommandContext, @Param('case') id: string, @Body() body: AnyBody) {
    if (refuseWith) throw refuseWith;
    const { key, envelope } = command;
    placed.push({ path: 'correction', case: id, key, source: envelope.source.kind, body });
    return { receipt: { position: placed.length } };
  }
}

@Module({ controllers: [StandIn] })
class StandInModule {}

const definition: ServiceDefinition = { name: 'court', module: () => ({ module: StandInModule }) };
const ID = '0123456789abcdef0123456789abcdef';
const TYPE = 'court.intake.obligation-correction-ordered.v1';
const amount = { amount: '5.00', currency: 'CNY' };
const row = (id: string, change: object = {}) => {
  return { id, type: TYPE, data: { case: ID, obligation: ID, amount, ...change } };
};
let service: TestHost;

beforeAll(async () => {
  service = await testHost(definition);
});
afterAll(() => service?.stop());
beforeEach(() => {
  placed.length = 0;
  refuseWith = undefined;
});

async function post(payload: object, headers = speaker()) {
  const answer = await service.app.inject({
    method: 'POST',
    url: '/court/v1/batches',
    headers,
    payload,
  });
  return { status: answer.statusCode, body: answer.json<{ results: Result[] }>() };
}
type Result = { id?: string; status: number; result?: object; problem?: { field?: string } };

function speaker(): Record<string, string> {
  const { 'idempotency-key': _, ...headers } = recordingHeaders('');
  return headers;
}

describe('a batch of orders', () => {
  it('has one result per row, in their order', async () => {
    const { status, body } = await post({ orders: [row('r1'), row('r2')] });
    expect(status).toBe(200);
    expect(body.results).toEqual([
      { id: 'r1', status: 201, result: { receipt: { position: 1 } } },
      { id: 'r2', status: 201, result: { receipt: { position: 2 } } },
    ]);
    expect(placed.map((one) => one.body)).toEqual([{ amount }, { amount }]);
  });

  it('is placed under the keys of its rows, like the command over HTTP', async () => {
    await post({ orders: [row('r1')] });
    await service.app.inject({
      method: 'POST',
      url: `/court/v1/cases/${ID}/obligations/${ID}/correction`,
      headers: recordingHeaders('r1'),
      payload: { amount },
    });
    expect(placed[0]?.key).toBe(placed[1]?.key);
    expect(placed.map(({ source }) => source)).toEqual(['api', 'api']);
  });

  it('refuses its bad rows each by itself, naming what is at fault', async () => {
    const { body } = await post({
      orders: [
        row('r1'),
        'text',
        { type: TYPE },
        { ...row('r4'), surplus: 1 },
        { ...row('r5'), type: 'court.intake.made-up.v1' },
        row('r6', { amount: { amount: '5,00', currency: 'CNY' } }),
        row('r7', { unheardOf: 1 }),
      ],
    });
    const told = body.results.map(({ id, status, problem }) => [id, status, problem?.field]);
    expect(told).toEqual([
      ['r1', 201, undefined],
      [undefined, 400, ''],
      [undefined, 400, '/id'],
      ['r4', 400, '/surplus'],
      ['r5', 400, '/type'],
      ['r6', 400, '/data/amount/amount'],
      ['r7', 400, '/data/unheardOf'],
    ]);
    expect(placed.length).toBe(1);
  });

  it('says where what the command names stands in the row', async () => {
    const fields = ['/path/case', '/amount', '/headers/idempotency-key', undefined];
    const named = [];
    for (const field of fields) {
      refuseWith = new Problem(409, 'made_up', field);
      const { body } = await post({ orders: [row('r1')] });
      named.push(body.results[0]?.problem?.field);
    }
    expect(named).toEqual(['/data/case', '/data/amount', '/id', undefined]);
  });

  it.each([
    ['without an authority', { 'writ-actor': 'person:clerk-1' }, '/headers/writ-authority'],
    ['without an actor', { 'writ-authority': 'court.test' }, '/headers/writ-actor'],
  ])('%s is refused whole', async (_, headers, field) => {
    const { status, body } = await post({ orders: [row('r1')] }, headers);
    expect({ status, field: (body as { field?: string }).field }).toEqual({ status: 400, field });
    expect(placed).toEqual([]);
  });

  it.each([
    ['empty', { orders: [] }],
    ['of 1,001', { orders: Array.from({ length: 1_001 }, (_, n) => row(`r${n}`)) }],
    ['of no list', { orders: 'all' }],
    ['with a word beside it', { orders: [row('r1')], dryRun: true }],
  ])('that is %s is refused whole', async (_, payload) => {
    expect((await post(payload)).status).toBe(400);
    expect(placed).toEqual([]);
  });
});

describe('an order that came over Kafka', () => {
  it('says so in what it records, and no client can say it of itself', async () => {
    const path = `/court/v1/cases/${ID}/obligations/${ID}/correction`;
    const command = { path, body: { amount }, lane: ID };
    const naming = (field: string) => field;
    await placeOrder(service.host, command, recordingHeaders('k1'), 'intake', naming);
    await placeOrder(service.host, command, recordingHeaders('k2'), 'api', naming);
    await service.app.inject({
      method: 'POST',
      url: path,
      headers: { ...recordingHeaders('k3'), 'writ-arrival': 'intake', 'writ-source': 'intake' },
      payload: { amount },
    });
    expect(placed.map(({ source }) => source)).toEqual(['intake', 'api', 'api']);
  });
});
