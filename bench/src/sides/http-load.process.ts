import { connect, type Socket } from 'node:net';
import { generatedUscc } from '@writ/identifiers';
import { percentile } from '../measure.js';
import { serveSide } from '../side.process.js';

export type LoadQuestion = {
  url: string;
  connections: number;
  warmUpMs: number;
  ms: number;
  /** Identifiers are drawn from 0 … known - 1. */
  known: number;
};
export type LoadFigures = {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  restricted: number;
  answers: number;
};

const RESTRICTED = Buffer.from('"answer":"RESTRICTED"');

/** Keep-alive connections, each with one request under way; as little work per answer as can be. */
serveSide<null, LoadQuestion, LoadFigures>(async () => ({ answer: load }));

async function load(question: LoadQuestion): Promise<LoadFigures> {
  const { url, connections, warmUpMs, ms, known } = question;
  const { hostname, port, pathname } = new URL(url);
  const start = performance.now();
  const latencies: number[] = [];
  let restricted = 0;
  let n = 0;
  const requestOf = () => {
    // A stride that meets every number once before any twice.
    const value = generatedUscc((n++ * 514_229) % known);
    const body = JSON.stringify({
      subjects: [{ identifier: { scheme: 'cn.uscc', value }, measures: ['travel.air'] }],
      purpose: 'boarding',
    });
    return (
      `POST ${pathname} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n` +
      `content-type: application/json\r\nwrit-authority: bench.counter\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    );
  };
  const one = async () => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    for (;;) {
      const at = performance.now();
      if (at > start + warmUpMs + ms) break;
      const answer = await roundTrip(socket, requestOf());
      if (at <= start + warmUpMs) continue;
      latencies.push(performance.now() - at);
      if (answer.includes(RESTRICTED)) restricted++;
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: connections }, one));
  const seconds = (performance.now() - start - warmUpMs) / 1_000;
  return {
    perSecond: latencies.length / seconds,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    restricted,
    answers: latencies.length,
  };
}

/** @throws Error when the answer is not 200 */
function roundTrip(socket: Socket, request: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received: Buffer | undefined;
    const settle = (done: () => void) => {
      socket.off('data', onData);
      socket.off('error', reject);
      socket.off('close', onClose);
      done();
    };
    const onClose = () => settle(() => reject(new Error('the connection was closed')));
    const onData = (chunk: Buffer) => {
      received = received ? Buffer.concat([received, chunk]) : chunk;
      const head = received.indexOf('\r\n\r\n');
      if (head < 0) return;
      const text = received.toString('latin1', 0, head);
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (received.length < head + 4 + length) return;
      const whole = received;
      settle(() => {
        if (text.startsWith('HTTP/1.1 200')) resolve(whole);
        else reject(new Error(whole.toString('utf8').slice(0, 500)));
      });
    };
    socket.on('data', onData);
    socket.once('error', reject);
    socket.once('close', onClose);
    socket.write(request);
  });
}
