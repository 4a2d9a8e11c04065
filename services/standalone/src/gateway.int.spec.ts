import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startGateway, type Gateway } from './gateway.server.js';

const servers: Server[] = [];
let gateway: Gateway;

/** Answers what it was asked, and its own health. */
async function echo(name: string, healthy: number): Promise<string> {
  const server = createServer((request, answer) => {
    if (request.url === '/health/ready') {
      const body = {
        status: healthy === 200 ? 'ready' : 'not-ready',
        services: [{ service: name }],
      };
      answer.writeHead(healthy, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    } else if (request.url === '/court/v1/cut') answer.write('half', () => answer.destroy());
    else {
      answer.writeHead(201, {
        'x-service': name,
        'x-key': request.headers['idempotency-key'] ?? '',
      });
      request.pipe(answer);
    }
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  const routes = {
    court: await echo('court', 200),
    identity: await echo('identity', 503),
    regulatory: 'http://127.0.0.1:9',
  };
  gateway = await startGateway({ host: '127.0.0.1', port: 0 }, routes);
});
afterAll(async () => {
  await gateway.close();
  for (const server of servers) {
    server.closeAllConnections();
    await once(server.close(), 'close');
  }
});

describe('the gateway of a stack', () => {
  it('passes a request on by its first path segment, headers and body as they came', async () => {
    const body = 'x'.repeat(3_000_000);
    const headers = { 'idempotency-key': 'k' };
    const answer = await fetch(`${gateway.url}/court/v1/cases?a=1`, {
      method: 'POST',
      headers,
      body,
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-service')).toBe('court');
    expect(answer.headers.get('x-key')).toBe('k');
    expect(await answer.text()).toBe(body);
  });

  it('answers 503 for a service that is away', async () => {
    const answer = await fetch(`${gateway.url}/regulatory/v1/lists`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ type: 'urn:writ:problem:service-is-unavailable' });
  });

  it('passes on what is no address as it came: the service refuses it', async () => {
    const answer = await fetch(`${gateway.url}/court/%E0%A4%A`, { method: 'POST' });
    expect(answer.headers.get('x-service')).toBe('court');
  });

  it('breaks the connection rather than pass on half an answer as a whole one', async () => {
    const answer = await fetch(`${gateway.url}/court/v1/cut`);
    await expect(answer.text()).rejects.toThrow();
  });

  it('is as healthy as the worst of them', async () => {
    const answer = await fetch(`${gateway.url}/health/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      status: 'not-ready',
      services: expect.arrayContaining([
        { service: 'court' },
        { service: 'identity' },
        { service: 'regulatory', ready: false },
      ]),
    });
  });

  it.each(['/unknown/v1', '/constructor', '/toString', '/__proto__/v1', '//another.invalid/court'])(
    'knows no path %s, and says so as every service does',
    async (path) => {
      const answer = await fetch(`${gateway.url}${path}`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({
        type: 'urn:writ:problem:resource-is-unknown',
        status: 404,
        instance: expect.stringMatching(/^urn:writ:correlation:[0-9a-f]{32}$/),
      });
    },
  );
});
