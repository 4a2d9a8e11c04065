import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { commandContext } from './command-context.js';
import type { ServiceName } from './config.js';
import type { ServiceHost } from './service.process.js';

/** Injection token of the `ServiceHost`; each service's module provides its own. */
export const SERVICE_HOST = Symbol('writ service host');

/** Set on the Fastify instance by `createApp`: the service a path belongs to, by its prefix. */
export type ServiceHosts = ReadonlyMap<string, ServiceHost>;

/** @returns the host of the service a request's path belongs to */
export function hostOfPath(request: FastifyRequest): ServiceHost {
  const hosts = (request.server as unknown as { writHosts: ServiceHosts }).writHosts;
  const prefix = request.url.split('/', 2)[1] as ServiceName;
  const host = hosts.get(prefix);
  if (!host) throw new Error('a recording route must carry its service as first path segment');
  return host;
}

/** Parameter of a recording handler: the `CommandContext` of its request. */
export const Command = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const host = hostOfPath(request);
  const path = request.url.split('?', 1)[0] ?? '';
  const { method, headers, body } = request;
  const key = host.key(`service.${host.service}`);
  return commandContext({ method, path, headers, body }, key, () => request.id);
});
