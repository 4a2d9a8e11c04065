import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, HttpCode, Module, Post } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { IsArray, IsIn, IsInt, IsString } from 'class-validator';
import type { FastifyInstance } from 'fastify';
import { Nested, NestedEach, Optional } from './body.decorator.js';
import type { CommandContext } from './command-context.js';
import { Command } from './command.controller.js';
import type { OpenApiOperation } from './open-api.server.js';
import { Problem, type ProblemDocument } from './problem.js';
import type { ServiceDefinition } from './service.process.js';
import { recordingHeaders, testHost, type TestHost } from './test-host.process.js';

class PartBody {
  @IsInt() amount: number;
}
class NoteBody {
  @IsString() note: string;
  @IsIn(['a', 'b']) kind: string;
  @IsArray() @NestedEach(() => PartBody) parts: PartBody[];
  @Nested(() => PartBody) whole: PartBody;
  @Optional() @IsInt() priority?: number;
  @Optional() @Nested(() => PartBody) rest?: PartBody;
}

@Controller('identity/v1/notes')
class NotesController {
  @Post()
  @HttpCode(201)
  take(
    @Command() { key, fingerprint, correlation, derive }: CommandContext,
    @Body() body: NoteBody,
  ) {
    const plain = [body, ...body.parts].every((part) => part.constructor === Object);
    return { key, fingerprint, correlation, id: derive('note'), note: body.note, plain };
  }

  @Get('broken')
  broken(): never {
    throw new TypeError('a secret value');
  }

  @Get('by/:name')
  byName(): string {
    return 'a note';
  }

  @Get('refused')
  refused(): never {
    throw new Problem(404, 'note_is_unknown');
  }
}

@Module({ controllers: [NotesController] })
class NotesModule {
  constructor(private readonly adapter: HttpAdapterHost) {}

  onModuleInit(): void {
    const openApi: OpenApiOperation = { summary: 'A plain route.', responses: {} };
    const fastify = this.adapter.httpAdapter.getInstance<FastifyInstance>();
    fastify.get('/identity/v1/plain', { config: { openApi } }, () => 'plain');
  }
}

const definition: ServiceDefinition = {
  name: 'identity',
  bodyLimits: { '/identity/v1/notes': 2_000 },
  module: () => ({ module: NotesModule }),
};
const TRACE = 'aaaabbbbccccddddaaaabbbbccccdddd';
const note = { note: 'text', kind: 'a', parts: [{ amount: 1 }], whole: { amount: 1 } };
let service: TestHost;

beforeAll(async () => {
  service = await testHost(definition);
});
afterAll(() => service.stop());

async function post(payload: unknown, headers: Record<string, string> = recordingHeaders('k')) {
  const answer = await service.app.inject({
    method: 'POST',
    url: '/identity/v1/notes',
    headers: { 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' ? payload : JSON.stringify(payload),
  });
  return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.json() };
}

async function problemOf(payload: unknown, headers?: Record<string, string>) {
  const { type, body } = await post(payload, headers);
  expect(type).toBe('application/problem+json; charset=utf-8');
  const problem = body as ProblemDocument;
  expect(Object.keys(problem)).toEqual(expect.arrayContaining(['type', 'title', 'instance']));
  return [problem.status, problem.type.replace('urn:writ:problem:', ''), problem.field];
}

describe('the edge of a service', () => {
  it('hands a valid body and its context to the controller', async () => {
    const traceparent = `00-${TRACE}-aaaabbbbccccdddd-01`;
    const { status, body } = await post(note, { ...recordingHeaders('k'), traceparent });
    expect(status).toBe(201);
    expect(body).toMatchObject({ note: 'text', correlation: TRACE, plain: true });
  });

  it('takes a body without what is optional, and with it', async () => {
    expect((await post(note)).status).toBe(201);
    expect((await post({ ...note, priority: 1, rest: { amount: 2 } })).status).toBe(201);
  });

  it('gives a retry the same key, fingerprint and ids, whatever the order of members', async () => {
    const { note: text, ...others } = note;
    const [first, again] = [await post(note), await post({ ...others, note: text })];
    const { key, fingerprint, id } = first.body as Record<string, string>;
    expect(again.body).toMatchObject({ key, fingerprint, id });
    const changed = (await post({ ...note, note: 'other' })).body as Record<string, string>;
    expect(changed['key']).toBe(key);
    expect(changed['fingerprint']).not.toBe(fingerprint);
    const other = (await post(note, recordingHeaders('k2'))).body as Record<string, string>;
    expect(other['key']).not.toBe(key);
    expect(other['id']).not.toBe(id);
  });

  it.each([
    ['malformed JSON', '{"note": ', 400, 'request-is-malformed', undefined],
    ['an empty body', '', 400, 'request-is-malformed', undefined],
    ['__proto__', '{"__proto__": {"x": 1}}', 400, 'request-is-malformed', undefined],
    ['a list', [note], 400, 'field-is-unknown', '/0'],
    ['a string', '"note"', 400, 'field-is-invalid', '/note'],
    ['null', 'null', 400, 'field-is-invalid', '/note'],
    ['a wrong type', { ...note, note: 7 }, 400, 'field-is-invalid', '/note'],
    ['a wrong code', { ...note, kind: 'c' }, 400, 'field-is-invalid', '/kind'],
    ['an unknown field', { ...note, more: 1 }, 400, 'field-is-unknown', '/more'],
    [
      'a wrong part',
      { ...note, parts: [{ amount: 'x' }] },
      400,
      'field-is-invalid',
      '/parts/0/amount',
    ],
    ['an optional null', { ...note, priority: null }, 400, 'field-is-invalid', '/priority'],
    ['an optional object null', { ...note, rest: null }, 400, 'field-is-invalid', '/rest'],
    ['an optional object of a list', { ...note, rest: [] }, 400, 'field-is-invalid', '/rest'],
    ['an object left out', { ...note, whole: undefined }, 400, 'field-is-invalid', '/whole'],
    ['an object null', { ...note, whole: null }, 400, 'field-is-invalid', '/whole'],
    ['a list for an object', { ...note, whole: [] }, 400, 'field-is-invalid', '/whole'],
    ['a list with a null', { ...note, parts: [null] }, 400, 'field-is-invalid', '/parts'],
    ['a list of lists', { ...note, parts: [[]] }, 400, 'field-is-invalid', '/parts'],
    ['a list left out', { ...note, parts: undefined }, 400, 'field-is-invalid', '/parts'],
    ['ill-formed text', { ...note, note: 'x\ud800' }, 400, 'text-is-ill-formed', '/note'],
    [
      'an unknown field in a part',
      { ...note, parts: [{ amount: 1, b: 1 }] },
      400,
      'field-is-unknown',
      '/parts/0/b',
    ],
    [
      'a body of many levels',
      `{"note": ${'['.repeat(600)}${']'.repeat(600)}}`,
      400,
      'body-is-nested-too-deeply',
      `/note${'/0'.repeat(64)}`,
    ],
    [
      'an oversized body',
      { ...note, note: 'x'.repeat(2_000) },
      413,
      'body-is-too-large',
      undefined,
    ],
  ])('answers %s with a problem', async (_, payload, status, reason, field) =>
    expect(await problemOf(payload)).toEqual([status, reason, field]),
  );

  it.each([
    ['writ-authority', '', 'authority-is-missing'],
    ['writ-authority', 'A B', 'authority-is-malformed'],
    ['writ-actor', '', 'actor-is-missing'],
    ['writ-actor', 'robot:x', 'actor-is-malformed'],
    ['idempotency-key', '', 'idempotency-key-is-missing'],
    ['idempotency-key', 'ß', 'idempotency-key-is-malformed'],
  ])('names the header %s: %j', async (header, value, reason) => {
    const headers = { ...recordingHeaders('k'), [header]: value };
    expect(await problemOf(note, headers)).toEqual([400, reason, `/headers/${header}`]);
  });

  it('reads JSON and nothing else', async () => {
    const headers = { ...recordingHeaders('k'), 'content-type': 'text/plain' };
    expect(await problemOf('text', headers)).toEqual([
      415,
      'media-type-is-not-supported',
      undefined,
    ]);
  });

  it.each([
    ['/identity/v1/notes/refused', 404, 'note-is-unknown'],
    ['/identity/v1/nothing', 404, 'resource-is-unknown'],
    ['/identity/v1/notes/broken', 500, 'internal-error'],
  ])('answers GET %s with a problem', async (url, status, reason) => {
    const answer = await service.app.inject({ method: 'GET', url });
    expect(answer.statusCode).toBe(status);
    expect(answer.json<ProblemDocument>().type).toBe(`urn:writ:problem:${reason}`);
    expect(answer.body).not.toContain('secret');
  });

  it.each([
    ['/identity/v1/notes/%E0%A4%A', 400, 'request-is-malformed'],
    [`/identity/v1/notes/by/${'x'.repeat(301)}`, 414, 'url-is-too-long'],
  ])('does not say an address again that it cannot read: %s', async (url, status, reason) => {
    const answer = await service.app.inject({ method: 'GET', url });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json<ProblemDocument>().type).toBe(`urn:writ:problem:${reason}`);
    expect(answer.body).not.toContain('notes');
  });

  it('is live, ready and fresh, and says so', async () => {
    for (const path of ['/health/live', '/health/ready', '/health/fresh']) {
      expect((await service.app.inject({ url: path })).statusCode).toBe(200);
    }
  });

  it('is not fresh when something is more than a minute behind', async () => {
    service.host.freshness('court', () => Promise.resolve(61));
    const answer = await service.app.inject({ url: '/health/fresh' });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ lines: [{ name: 'court', behindSeconds: 61 }] });
  });

  it('counts problems by reason, and no path of a stranger becomes a label', async () => {
    await service.app.inject({ url: '/planted-name/v1' });
    const { body } = await service.app.inject({ url: '/metrics' });
    expect(body).toMatch(/writ_refusals_total{service="none",reason="resource_is_unknown"/);
    expect(body).not.toContain('planted-name');
  });

  it('describes itself in OpenAPI 3.1', async () => {
    const document = (await service.app.inject({ url: '/openapi.json' })).json<{
      openapi: string;
      paths: Record<string, Record<string, { parameters?: object[]; responses?: object }>>;
    }>();
    expect(document.openapi).toBe('3.1.0');
    const { post } = document.paths['/identity/v1/notes']!;
    const header = (name: string) =>
      expect.objectContaining({ name, in: 'header', required: true });
    expect(post?.parameters).toEqual(
      expect.arrayContaining(['Writ-Authority', 'Writ-Actor', 'Idempotency-Key'].map(header)),
    );
    expect(document.paths['/identity/v1/notes/broken']?.['get']?.parameters).toEqual([]);
    // A plain route says of itself what Nest cannot know.
    expect(document.paths['/identity/v1/plain']).toMatchObject({
      get: { summary: 'A plain route.', responses: { default: { description: 'Not done.' } } },
    });
  });
});
