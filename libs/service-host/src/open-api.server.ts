import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import type { OpenHost } from './host.process.js';

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

const PROBLEM_SCHEMA: Schema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string', description: 'urn:writ:problem:<reason>, stable' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    field: { type: 'string', description: 'JSON Pointer of the field at fault' },
    instance: { type: 'string', description: 'urn:writ:correlation:<id>, as in the logs' },
  },
};

type PathItem = OpenAPIObject['paths'][string];

/** An operation as the document has it. A plain route carries its own: `config: { openApi }`. */
export type OpenApiOperation = NonNullable<PathItem['post']>;

/** Path → operations of the routes that are plain Fastify, where Nest sees none. */
export type PlainOperations = ReadonlyMap<string, PathItem>;

/** Gathers what plain routes say of themselves; to be called before any of them is added. */
export function gatherPlainOperations(fastify: FastifyInstance): PlainOperations {
  const gathered = new Map<string, PathItem>();
  fastify.addHook('onRoute', ({ url, method, config }) => {
    const { openApi } = (config ?? {}) as { openApi?: OpenApiOperation };
    if (!openApi) return;
    const methods = [method].flat().map((name) => [name.toLowerCase(), openApi]);
    gathered.set(url, { ...gathered.get(url), ...(Object.fromEntries(methods) as PathItem) });
  });
  return gathered;
}

/** `/openapi.json`: OpenAPI 3.1 of what this process serves, made when first asked for. */
export function serveOpenApi(
  app: NestFastifyApplication,
  hosts: readonly OpenHost[],
  plain: PlainOperations,
): void {
  let document: OpenAPIObject | undefined;
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/openapi.json', () => (document ??= describeApi(app, hosts, plain)));
}

function describeApi(
  app: NestFastifyApplication,
  hosts: readonly OpenHost[],
  plain: PlainOperations,
): OpenAPIObject {
  const services = hosts.map(({ service }) => service).join(', ');
  const settings = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Writ')
    .setDescription(`Services: ${services}. Errors are RFC 9457 problem documents.`)
    .setVersion('1')
    .build();
  const document = SwaggerModule.createDocument(app, settings);
  for (const [path, item] of plain) document.paths[path] = { ...document.paths[path], ...item };
  const schemas = { ...document.components?.schemas, Problem: PROBLEM_SCHEMA };
  document.components = { ...document.components, schemas };
  const content = {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  };
  for (const path of Object.values(document.paths)) {
    for (const operation of [path.get, path.post, path.put, path.delete]) {
      if (operation) operation.responses['default'] = { description: 'Not done.', content };
    }
  }
  return document;
}
