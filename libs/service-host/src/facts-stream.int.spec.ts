import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact } from '@writ/contracts';
import type { LedgerHead } from '@writ/ledger';
import { streamFacts } from './facts-stream.process.js';

const LARGE = 'x'.repeat(50_000);
/** A ledger without end: whoever reads it never comes to its head. */
const endless = {
  readFrom: async (after: number, limit: number) => ({
    facts: Array.from({ length: limit }, (_, n) => {
      return { epoch: 1, position: after + 1 + n, canonical: LARGE } as DeliveredFact;
    }),
    head: {} as LedgerHead,
  }),
  grownBeyond: async () => undefined,
};

/** A real line to a client that takes the answer and reads nothing of it. */
async function lineToNobody(handle: (answer: ServerResponse) => Promise<void>) {
  let handled: (ended: Promise<void>) => void = () => undefined;
  const ended = new Promise<void>((resolve) => (handled = resolve));
  const server = createServer((_, answer) => handled(handle(answer)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => undefined);
  client.pause();
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await ended;
  client.destroy();
  server.close();
}

/** Collects whatever nobody holds, again and again, while something is waited for. */
async function collectingGarbage(work: () => Promise<void>): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const collecting = setInterval(collect, 5);
  try {
    await work();
  } finally {
    clearInterval(collecting);
  }
}

describe('a stream of facts', () => {
  it('lets a client go that does not read, however much there is', async () => {
    const stopping = new AbortController().signal;
    await lineToNobody((answer) =>
      collectingGarbage(async () => {
        await streamFacts(answer, endless, { after: -1, stopping, stallMs: 50 });
        expect(answer.destroyed).toBe(true);
      }),
    );
  }, 10_000);

  it('ends when the service stops', async () => {
    const stopping = new AbortController();
    await lineToNobody(async (answer) => {
      const streaming = streamFacts(answer, endless, { after: -1, stopping: stopping.signal });
      stopping.abort();
      await streaming;
      if (!answer.closed) await once(answer, 'close');
      expect(answer.destroyed).toBe(true);
    });
  });
});
