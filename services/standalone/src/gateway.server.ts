import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { mergeExpositions } from './merge-expositions.js';

/**
 * First path segment → origin of the service it belongs to; looked up for each request, so that
 * the owner of the object may move a route on.
 */
export type Routes = Readonly<Record<string, string>>;

const KEEP_ALIVE_MS = 72_000;

export type Gateway = { url: string; close(): Promise<void> };

/**
 * One origin for services that are processes of their own: passes each request on by its first
 * path segment, bodies streamed both ways. `/health/*` is the worst of all services, `/metrics`
 * all of them together, `/openapi.json` their union. For development and tests: a deployment has
 * its own.
 */
export async function startGateway(listen: { host: string; port: number }, routes: Routes) {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, answer) => {
    const path = incoming.url ?? '/';
    const name = path.split(/[/?]/, 2)[1] ?? '';
    const target = Object.hasOwn(routes, name) ? routes[name] : undefined;
    // Put together, not resolved: what a client sent must neither throw nor name another host.
    if (target) pass(incoming, answer, new URL(`${target}${path}`), agent);
    else void gather(path, routes).then((all) => send(answer, all));
  });
  // As the services themselves: a client that reuses an idle connection gives it up before we do.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(listen.port, listen.host);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : listen.port;
  const close = async () => {
    agent.destroy();
    server.closeAllConnections();
    await once(server.close(), 'close');
  };
  return { url: `http://127.0.0.1:${port}`, close } satisfies Gateway;
}

function pass(incoming: IncomingMessage, answer: ServerResponse, target: URL, agent: Agent): void {
  const { method, headers } = incoming;
  const outgoing = request(target, { method, headers, agent }, (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
    response.once('error', () => answer.destroy());
  });
  outgoing.once('error', () => {
    // Answered in part: the client sees a broken connection, never a whole wrong answer.
    if (answer.headersSent) answer.destroy();
    else send(answer, problem(503, 'service_is_unavailable'));
  });
  incoming.pipe(outgoing);
  answer.once('close', () => outgoing.destroy());
}

type Answer = { status: number; type: string; body: string };

async function gather(path: string, routes: Routes): Promise<Answer> {
  const gathered = ['/health/live', '/health/ready', '/health/fresh', '/metrics', '/openapi.json'];
  if (!gathered.includes(path)) return problem(404, 'resource_is_unknown');
  const answers = await Promise.all(
    Object.entries(routes).map(async ([service, origin]) => {
      return (await ask(`${origin}${path}`)) ?? away(service, path);
    }),
  );
  if (path === '/metrics') {
    const body = mergeExpositions(answers.map((answer) => answer.body));
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body };
  }
  const status = Math.max(...answers.map((answer) => answer.status));
  // The worst comes first: of what cannot be joined, the health's status above all, it counts.
  const parts = answers
    .toSorted((a, b) => b.status - a.status)
    .map(({ body }) => JSON.parse(body || '{}') as Record<string, unknown>);
  return { status, type: 'application/json', body: JSON.stringify(union(parts)) };
}

/** What a service that cannot be reached would have to say of its health. */
function away(service: string, path: string): { status: number; body: string } {
  const said: Record<string, object> = {
    '/health/live': { status: 'away' },
    '/health/ready': { status: 'not-ready', services: [{ service, ready: false }] },
    '/health/fresh': { status: 'stale', lines: [{ service, name: 'away', behindSeconds: null }] },
  };
  return { status: 503, body: said[path] ? JSON.stringify(said[path]) : '' };
}

async function ask(url: string): Promise<{ status: number; body: string } | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return { status: answer.status, body: await answer.text() };
  } catch {
    return undefined;
  }
}

/** Members that are lists or objects are joined, of others the first is taken. */
function union(parts: readonly Record<string, unknown>[]): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [name, value] of parts.flatMap((part) => Object.entries(part))) {
    const before = all[name];
    if (Array.isArray(before) && Array.isArray(value)) all[name] = [...before, ...value];
    else if (isRecord(before) && isRecord(value)) all[name] = union([before, value]);
    else all[name] = before ?? value;
  }
  return all;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(status: number, reason: string): Answer {
  const dashes = reason.replaceAll('_', '-');
  const title = reason.replaceAll('_', ' ');
  const instance = `urn:writ:correlation:${randomBytes(16).toString('hex')}`;
  const detail = `Refused: ${title}.`;
  const body = { type: `urn:writ:problem:${dashes}`, title, status, detail, instance };
  return { status, type: 'application/problem+json', body: JSON.stringify(body) };
}

function send(answer: ServerResponse, { status, type, body }: Answer): void {
  answer.writeHead(status, { 'content-type': type }).end(body);
}
