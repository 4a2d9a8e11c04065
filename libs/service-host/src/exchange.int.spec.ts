import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { Module } from '@nestjs/common';
import type { NewFact } from '@writ/contracts';
import { PoisonFact, ProjectingConsumer } from '@writ/exchange';
import pino from 'pino';
import type { ServiceDefinition, ServiceHost } from './service.process.js';
import { testHost, type TestHost } from './test-host.process.js';

@Module({})
class CourtModule {}

/** Nobody's. */
const SUBJECT = `07${'0'.repeat(29)}1`;
const OTHER = `07${'0'.repeat(29)}2`;

/** What the consumer meets: facts that it cannot take in, and a database that is away. */
const world = { poison: new Set<string>(), away: false };
const seen = new EventEmitter().setMaxListeners(0);
const logged: Record<string, unknown>[] = [];
let service: TestHost;

const definition: ServiceDefinition = {
  name: 'court',
  ledger: 'court',
  listensTo: ['court'],
  module: (host) => {
    host.consume(consumerOf(host));
    return { module: CourtModule };
  },
};

function consumerOf(host: ServiceHost): ProjectingConsumer {
  return new ProjectingConsumer({
    name: 'mirror',
    ledgers: ['court'],
    pool: host.pools.writer,
    clock: host.clock,
    understands: () => true,
    fold: async (_, fresh) => {
      const poisonous = fresh.find(({ subject }) => world.poison.has(subject ?? ''));
      if (poisonous) throw new PoisonFact(poisonous, 'made poisonous');
    },
    moved: async () => {
      if (world.away) throw new Error('the database is away');
    },
  });
}

beforeAll(async () => {
  const line = (text: string) => {
    logged.push(JSON.parse(text) as Record<string, unknown>);
    seen.emit('line');
  };
  service = await testHost(definition, { logger: pino({ level: 'info' }, { write: line }) });
});
afterAll(() => service.stop());

async function record(key: string, subject: string): Promise<void> {
  const event: NewFact = {
    type: 'court.notice-served.v1',
    authority: 'court.test',
    actor: { kind: 'system', id: 'test', verified: false },
    source: { kind: 'api' },
    rules: { pack: 'test', version: 1 },
    subject,
    correlation: SUBJECT,
    data: {
      case: SUBJECT,
      notice: SUBJECT,
      kind: 'enforcement-notice',
      method: 'post',
      servedOn: '2026-03-02',
    },
  };
  const stream = `case-${key}`;
  const expect = [{ stream, version: 0 }];
  const write = [{ stream, event }];
  await service.host.writer().append({ key, fingerprint: key, expect, write });
}

async function loggedLine(msg: string): Promise<Record<string, unknown>> {
  for (;;) {
    const found = logged.find((line) => line['msg'] === msg);
    if (found) return found;
    await once(seen, 'line');
  }
}

async function get<T>(url: string): Promise<{ status: number; body: T; text: string }> {
  const answer = await service.app.inject({ url });
  const isJson = String(answer.headers['content-type']).includes('json');
  const body = isJson ? answer.json<T>() : (undefined as T);
  return { status: answer.statusCode, body, text: answer.body };
}

async function retry(payload: object) {
  const url = '/court/v1/quarantine/retry';
  const answer = await service.app.inject({ method: 'POST', url, payload });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

type Waiting = { waiting: { consumer: string; subject: string; reason: string }[] };
type Health = { exchange: object[]; services: { exchange: object[] }[] };

describe('what a consumer sets aside', () => {
  it('is logged without its subject, counted on a scrape, listed, and tried again', async () => {
    expect((await get('/metrics')).text).toMatch(
      /writ_quarantined_subjects\{[^}]*consumer="mirror"[^}]*\} 0/,
    );
    world.poison.add(SUBJECT);
    await record('one', SUBJECT);
    await record('two', OTHER);
    const line = await loggedLine('facts wait in quarantine');
    expect(line).toMatchObject({
      consumer: 'mirror',
      ledger: 'court',
      reason: 'fact_is_poison',
      type: 'court.notice-served.v1',
      position: 0,
    });
    expect(JSON.stringify(logged)).not.toContain(SUBJECT);
    expect((await get('/metrics')).text).toMatch(
      /writ_quarantined_subjects\{[^}]*consumer="mirror"[^}]*\} 1/,
    );
    const list = (await get<Waiting>('/court/v1/quarantine')).body;
    expect(list.waiting).toMatchObject([
      { consumer: 'mirror', subject: SUBJECT, reason: 'fact_is_poison', positions: [0] },
    ]);
    const asked = { ledger: 'court', subject: SUBJECT };
    expect(await retry(asked)).toEqual({ status: 200, body: { released: false } });
    world.poison.clear();
    expect(await retry(asked)).toEqual({ status: 200, body: { released: true } });
    expect((await get<Waiting>('/court/v1/quarantine')).body).toEqual({ waiting: [] });
  });

  it.each([
    [{ ledger: 'no-ledger', subject: SUBJECT }, '/ledger'],
    [{ ledger: 'court', subject: 'nobody' }, '/subject'],
    [{ ledger: 'court', subject: SUBJECT, more: 1 }, '/more'],
  ])('is not tried again for %j', async (payload, field) =>
    expect(await retry(payload)).toMatchObject({ status: 400, body: { field } }),
  );
});

describe('trouble of a source', () => {
  it('is logged once, shown by health and metrics, and said to be over', async () => {
    world.away = true;
    await record('three', OTHER);
    const trouble = 'the database is away';
    expect(await loggedLine('in trouble, will try again')).toMatchObject({
      part: 'mirror',
      trouble,
    });
    const part = { part: 'mirror', state: 'running', stoppedBuckets: 0, trouble };
    const ready = await get<Health>('/health/ready');
    expect(ready.status).toBe(200);
    expect(ready.body.services[0]?.exchange).toEqual([part]);
    expect((await get<Health>('/health/fresh')).body.exchange).toEqual([
      { service: 'court', ...part },
    ]);
    expect((await get('/metrics')).text).toMatch(
      /writ_exchange_trouble\{[^}]*part="mirror"[^}]*\} 1/,
    );
    world.away = false;
    await loggedLine('goes on');
    expect((await get('/metrics')).text).toMatch(
      /writ_exchange_trouble\{[^}]*part="mirror"[^}]*\} 0/,
    );
    expect(logged.filter(({ msg }) => msg === 'in trouble, will try again')).toHaveLength(1);
  });
});
