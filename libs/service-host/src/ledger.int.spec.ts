import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, HttpCode, Inject, Module, Post } from '@nestjs/common';
import type { FactsPage, Receipt } from '@writ/contracts';
import { handle, record, refuse } from '@writ/decider';
import { IsString } from 'class-validator';
import pg from 'pg';
import type { CommandContext } from './command-context.js';
import { Command, SERVICE_HOST } from './command.controller.js';
import { recordAnswer } from './receipt.js';
import { runMigrations } from './migrations.postgres.js';
import type { ServiceDefinition, ServiceHost } from './service.process.js';
import { recordingHeaders, testHost, type TestHost } from './test-host.process.js';

class OpenCaseBody {
  @IsString() court: string;
}

@Controller('court/v1/cases')
class CasesController {
  constructor(@Inject(SERVICE_HOST) private readonly host: ServiceHost) {}

  @Get()
  async count() {
    return { facts: (await this.host.reader().head()).size };
  }

  @Post()
  @HttpCode(201)
  async open(@Command() context: CommandContext, @Body() body: OpenCaseBody) {
    const caseId = context.derive('case');
    const stream = `case-${caseId}`;
    const event = {
      ...context.envelope,
      type: 'court.case-opened.v1',
      rules: { pack: 'test', version: 1 },
      data: {
        case: caseId,
        caseNumberRef: context.derive('case-number'),
        instrument: {
          kind: 'judgment',
          numberRef: context.derive('instrument-number'),
          issuer: 'court.test',
          effectiveOn: { date: '2026-01-05', zone: 'Asia/Shanghai' },
        },
      },
    };
    const result = await handle(
      this.host.writer(),
      context,
      async (read) =>
        (await read(stream)).length > 0
          ? refuse('case_is_open')
          : body.court === 'closed'
            ? refuse('court_is_closed', '/court')
            : record({ stream, event }),
      this.host,
    );
    return { receipt: recordAnswer(result, { statuses: { court_is_closed: 409 } }), caseId };
  }
}

@Module({})
class CourtModule {}

const definition: ServiceDefinition = {
  name: 'court',
  ledger: 'court',
  listensTo: [],
  module: (host) => ({
    module: CourtModule,
    controllers: [CasesController],
    providers: [{ provide: SERVICE_HOST, useValue: host }],
  }),
};
let service: TestHost;
let origin: string;

beforeAll(async () => {
  service = await testHost(definition);
  await service.app.listen(0, '127.0.0.1');
  origin = await service.app.getUrl();
});
afterAll(() => service.stop());

async function open(key: string, court = 'test') {
  const url = '/court/v1/cases';
  const headers = recordingHeaders(key);
  const answer = await service.app.inject({ method: 'POST', url, headers, payload: { court } });
  return { status: answer.statusCode, body: answer.json<{ receipt: Receipt; type?: string }>() };
}

async function facts(query: string): Promise<FactsPage> {
  return (await service.app.inject({ url: `/court/v1/facts${query}` })).json<FactsPage>();
}

async function count(): Promise<unknown> {
  return (await service.app.inject({ url: '/court/v1/cases' })).json();
}

type Event = { id: string; data: unknown };

/** Server-sent events as any client reads them; comments are passed over. */
async function* eventsOf(answer: Response): AsyncGenerator<Event> {
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const of = (name: string) => lines.find((line) => line.startsWith(`${name}: `));
      const [id, data] = [of('id')?.slice(4), of('data')?.slice(6)];
      if (id !== undefined && data !== undefined) yield { id, data: JSON.parse(data) as unknown };
    }
  }
}

describe('a service with a ledger', () => {
  it('records once, answers a retry alike and serves the fact', async () => {
    const first = await open('one');
    expect(first.status).toBe(201);
    expect(first.body.receipt).toMatchObject({
      ledger: 'court',
      epoch: 1,
      position: 0,
      version: 1,
    });
    expect(await open('one')).toEqual(first);
    const page = await facts('?after=-1');
    expect(page).toMatchObject({ ledger: 'court', epoch: 1, size: 1, next: 0 });
    expect(page.facts).toHaveLength(1);
    expect(await facts('?after=0')).toMatchObject({ facts: [], next: 0 });
  });

  it('records neither a retry with another body nor what the rules refuse', async () => {
    const before = await count();
    expect((await open('one', 'other')).body.type).toBe(
      'urn:writ:problem:key-reused-with-another-body',
    );
    const refused = await open('two', 'closed');
    expect(refused).toMatchObject({
      status: 409,
      body: { type: 'urn:writ:problem:court-is-closed', field: '/court' },
    });
    expect(await count()).toEqual(before);
  });

  const events = async (query: string, headers: Record<string, string> = {}) => {
    const gone = new AbortController();
    const { signal } = gone;
    const answer = await fetch(`${origin}/court/v1/facts/stream${query}`, { headers, signal });
    return { answer, events: eventsOf(answer), leave: () => gone.abort() };
  };

  it('streams facts as events, then each new one; a client goes on behind the last it had', async () => {
    await open('stream-1');
    const { size } = await facts('');
    const first = await events(`?after=${size - 2}`);
    expect(first.answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await first.events.next()).toMatchObject({ value: { id: `1:${size - 1}` } });
    const { body } = await open('stream-2');
    const { value } = await first.events.next();
    expect(value?.data).toMatchObject({ ledger: 'court', position: body.receipt.position });
    first.leave();
    const again = await events('?after=-1', { 'last-event-id': `1:${size - 1}` });
    expect(await again.events.next()).toMatchObject({ value: { id: `1:${size}` } });
    again.leave();
  });

  const FIELD = '/headers/last-event-id';
  it.each([
    ['?after=1000000', undefined, 'position-is-not-there', '/query/after'],
    ['', '7', 'last-event-id-is-malformed', FIELD],
    ['', '1:1000000', 'position-is-not-there', FIELD],
    ['', '2:0', 'epoch-is-another', FIELD],
  ])('streams nothing from %j, or behind %s: %s', async (query, id, reason, field) => {
    const { answer } = await events(query, id === undefined ? {} : { 'last-event-id': id });
    expect(answer.status).toBe(reason.endsWith('malformed') ? 400 : 409);
    expect(await answer.json()).toMatchObject({ type: `urn:writ:problem:${reason}`, field });
  });

  it('waits for the next fact', async () => {
    const { size } = await facts('');
    const waiting = facts(`?after=${size - 1}&wait=20000`);
    const { body } = await open('three');
    expect((await waiting).facts.map(({ position }) => position)).toEqual([body.receipt.position]);
  });

  it.each(['after=x', 'after=-2', 'limit=0', 'limit=5001', 'wait=1e3', 'after=1&after=2'])(
    'refuses the query %s',
    async (query) => {
      const answer = await service.app.inject({ url: `/court/v1/facts?${query}` });
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toMatchObject({ field: `/query/${query.split('=')[0]}` });
    },
  );

  it.each([
    ['writer', "UPDATE ledger.event SET canonical = ''"],
    ['writer', 'DELETE FROM ledger.event'],
    ['writer', 'TRUNCATE ledger.event'],
    ['writer', 'UPDATE ledger.batch SET size = 0'],
    ['writer', 'DELETE FROM ledger.command_key'],
    ['reader', 'INSERT INTO ledger.authority_seq VALUES (NULL, 1, 1)'],
    ['reader', 'UPDATE exchange.place SET place = 0'],
  ] as const)('does not let the %s: %s', async (role, sql) => {
    const client = new pg.Client({ connectionString: service.database[role] });
    await client.connect();
    await expect(client.query(sql)).rejects.toThrow('permission denied');
    await client.end();
  });

  it('ends a long poll when it is to stop', async () => {
    const other = await testHost(definition);
    const url = '/court/v1/facts?wait=30000';
    const waiting = other.app.inject({ url });
    other.host.announceStop();
    expect((await waiting).json()).toMatchObject({ facts: [] });
    await other.stop();
  }, 20_000);

  it('can be migrated again, by two processes at once', async () => {
    const { owner, writer, reader } = service.database;
    const again = () => runMigrations(definition, { owner, writer, reader });
    await expect(Promise.all([again(), again()])).resolves.toBeDefined();
  });
});
