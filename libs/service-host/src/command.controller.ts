import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { arrivalOfRequest } from './arrival.process.js';
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

const commandOfRequest = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  const host = hostOfPath(request);
  const path = request.url.split('?', 1)[0] ?? '';
  const { method, headers, body } = request;
  const key = host.key(`service.${host.service}`);
  const arrival = arrivalOfRequest();
  return commandContext({ method, path, headers, body, arrival }, key, () => request.id);
});

const HEADERS = {
  'Writ-Authority': 'Code of the authority the event speaks for; recorded as unverified.',
  'Writ-Actor': '`person:<code>` or `system:<code>`; recorded as unverified.',
  'Idempotency-Key': 'Of this command and its retries: 1 to 200 printable characters.',
};

/**
 * Parameter of a recording handler: the `CommandContext` of its request. The headers it is read
 * from are described with the handler.
 */
export function Command(): ParameterDecorator {
  return (target, handler, index) => {
    commandOfRequest()(target, handler, index);
    const method = handler && Object.getOwnPropertyDescriptor(target, handler);
    if (!method) throw new Error('@Command() belongs to a handler');
    for (const [name, description] of Object.entries(HEADERS)) {
      ApiHeader({ name, description, required: true })(target, handler, method);
    }
  };
}
