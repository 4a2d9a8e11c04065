import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Api, NotReachable, Refused } from './api.client.js';

const before = globalThis.fetch;
let server: ReturnType<typeof createServer>;
let api: Api;

beforeEach(async () => {
  // It gives up after five minutes without an answer: a large import needs more.
  globalThis.fetch = () => Promise.reject(new Error('fetch would give up'));
  server = createServer((request, answer) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => (body += piece));
    request.on('end', () => {
      answer.statusCode = request.url === '/refused' ? 422 : 201;
      answer.end(JSON.stringify({ method: request.method, body, title: 'No.' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  api = new Api(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(() => {
  globalThis.fetch = before;
  server.close();
});

describe('HTTP to a running system', () => {
  it('waits for an answer by itself, however long that takes', async () => {
    expect(await api.get('/')).toMatchObject({ method: 'GET', body: '' });
    expect(await api.post('/', { name: 'Å' })).toMatchObject({ body: '{"name":"Å"}' });
    expect(await api.post('/')).toMatchObject({ method: 'POST', body: '' });
  });

  it('tells a refusal from nobody there', async () => {
    await expect(api.post('/refused')).rejects.toThrow(new Refused(422, { title: 'No.' }));
    const nobody = new Api('http://127.0.0.1:9');
    await expect(nobody.get('/')).rejects.toThrow(NotReachable);
  });
});
