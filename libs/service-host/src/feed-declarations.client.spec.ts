import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { httpSchemes } from './feed-declarations.client.js';

const schemes = ['vl.one', 'vl.two'].map((scheme) => ({ scheme, pattern: '^a$', normalise: [] }));
const answers: number[] = [];
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    response.writeHead(answers.shift() ?? 500).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

describe('schemes that a feed brings along', () => {
  it.each([
    ['are registered', [201, 200], undefined],
    [
      'are known otherwise',
      [200, 422],
      { status: 422, reason: 'scheme_declaration_is_refused', field: '/description/schemes/1' },
    ],
    ['meet a fault', [200, 500], { status: 503, reason: 'identity_is_unavailable' }],
  ])('%s', async (_, statuses, problem) => {
    answers.splice(0, answers.length, ...statuses);
    const result = await httpSchemes(url)(schemes, {}).catch((error: unknown) => error);
    if (problem) expect(result).toMatchObject(problem);
    else expect(result).toBeUndefined();
  });

  it('find nobody', async () => {
    const nobody = httpSchemes('http://127.0.0.1:9')(schemes, {});
    await expect(nobody).rejects.toMatchObject({ status: 503, reason: 'identity_is_unavailable' });
  });
});
