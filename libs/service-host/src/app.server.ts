import { Module, ValidationPipe, type DynamicModule, type ValidationError } from '@nestjs/common';
import { ORDER_SERVICES } from '@writ/contracts';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SERVICE_HOST } from './command.controller.js';
import { correlationOf } from './command-context.js';
import { bodyProblem } from './body-problem.js';
import { bodyTextProblem } from './body-text.js';
import { batchesController } from './orders/batches.controller.js';
import { authoritiesController, factsController } from './facts.controller.js';
import { serveHealth } from './health.server.js';
import type { OpenHost, Surroundings } from './host.process.js';
import { nestLogger } from './logger.process.js';
import { serveMetrics } from './metrics.server.js';
import { gatherPlainOperations, serveOpenApi } from './open-api.server.js';
import { Problem } from './problem.js';
import { quarantineController } from './quarantine.controller.js';
import { ProblemFilter } from './problem.filter.js';

const BODY_BYTES_MAX = 1024 * 1024;
const KEEP_ALIVE_MS = 72_000;

/** The module of one process; its imports are the services'. */
@Module({})
class ProcessModule {}

/**
 * One HTTP application of one service, or of all five on one origin. Not listening yet; in tests
 * use `app.inject`.
 */
export async function createApp(
  hosts: readonly OpenHost[],
  surroundings: Surroundings,
): Promise<NestFastifyApplication> {
  const problems = new ProblemFilter(surroundings.logger, surroundings.metrics);
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    genReqId: (request: { headers: Record<string, string | string[] | undefined> }) =>
      correlationOf(request.headers, () => surroundings.ids.next()),
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      problems.answer(error, request, reply);
    },
  });
  const plain = gatherPlainOperations(adapter.getInstance());
  prepareFastify(adapter, hosts, surroundings);
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: ProcessModule, imports: hosts.flatMap(modulesOf) },
    adapter,
    { logger: nestLogger(surroundings.logger), bodyParser: false, abortOnError: false },
  );
  app.useGlobalFilters(problems);
  app.useGlobalPipes(
    new ValidationPipe({
      // Bodies stay plain data: what is recorded must not depend on a class.
      transform: false,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      stopAtFirstError: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors: ValidationError[]) => bodyProblem(errors),
    }),
  );
  await app.init();
  // Behind Nest's own error handler, so that what they refuse is a problem too.
  surroundings.serveMore?.(adapter.getInstance());
  serveOpenApi(app, hosts, plain);
  await adapter.getInstance().ready();
  return app;
}

function modulesOf(host: OpenHost): DynamicModule[] {
  const { ledger, listensTo = [] } = host.definition;
  const own = host.definition.module(host);
  const service = ORDER_SERVICES.find((name) => name === host.service);
  const controllers = [
    ...(ledger ? [factsController(ledger, host), authoritiesController(ledger, host)] : []),
    ...(service ? [batchesController(service, host)] : []),
    ...(listensTo.length > 0 ? [quarantineController(host)] : []),
  ];
  const provider = { provide: SERVICE_HOST, useValue: host };
  // A module class of its own per service: Nest tells modules apart by class.
  const module = class ExchangeModule {};
  return [own, { module, controllers, providers: [provider] }];
}

function prepareFastify(
  adapter: FastifyAdapter,
  hosts: readonly OpenHost[],
  surroundings: Surroundings,
): void {
  const fastify = adapter.getInstance();
  // JSON is all we read; a body of another type is answered 415.
  fastify.removeContentTypeParser('text/plain');
  for (const host of hosts) host.edge.fastify = fastify;
  fastify.decorate('writHosts', new Map(hosts.map((host) => [host.service as string, host])));
  const limits = new Map(hosts.flatMap((host) => Object.entries(host.definition.bodyLimits ?? {})));
  fastify.addHook('onRoute', (route) => {
    const bytes = limits.get(route.url);
    if (bytes !== undefined) route.bodyLimit = bytes;
  });
  // Only in one process can a service be away while its paths are still there.
  fastify.addHook('onRequest', (request, _, done) => {
    const host = hosts.find(({ service }) => request.url.startsWith(`/${service}/`));
    done(host?.isSuspended() ? new Problem(503, 'service_is_stopped') : undefined);
  });
  // Of every body, whoever checks the rest of it: what is recorded or sealed is what was sent.
  fastify.addHook('preValidation', (request, _, done) => {
    done(bodyTextProblem(request.body));
  });
  if (surroundings.logger.isLevelEnabled('debug')) {
    fastify.addHook('onResponse', (request, reply, done) => {
      const { method, id: correlation } = request;
      // The pattern, not the URL: a URL may carry an identifier.
      const route = request.routeOptions.url ?? 'none';
      const ms = Math.round(reply.elapsedTime);
      surroundings.logger.debug({ method, route, status: reply.statusCode, ms, correlation });
      done();
    });
  }
  serveHealth(fastify, hosts);
  serveMetrics(fastify, hosts, surroundings.metrics);
}
