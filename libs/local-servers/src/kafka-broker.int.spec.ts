import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { obtainKafka, type Kafka } from './kafka-broker.process.js';

const before = process.env['KAFKA_BROKERS'];
const obtained: Kafka[] = [];
afterEach(async () => {
  if (before === undefined) delete process.env['KAFKA_BROKERS'];
  else process.env['KAFKA_BROKERS'] = before;
  await Promise.all(obtained.splice(0).map((kafka) => kafka.close()));
});

async function obtain(brokers: string): Promise<{ kafka: Kafka | undefined; notes: string[] }> {
  process.env['KAFKA_BROKERS'] = brokers;
  const notes: string[] = [];
  const kafka = await obtainKafka({ note: (line) => void notes.push(line) });
  if (kafka) obtained.push(kafka);
  return { kafka, notes };
}

/** A port where nobody listens. */
async function deadEnd(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

describe('a broker named in KAFKA_BROKERS', () => {
  it('that does not answer falls through to the next, named in one line', async () => {
    const { kafka, notes } = await obtain(await deadEnd());
    const refused = notes.filter((line) =>
      line.startsWith('kafka: KAFKA_BROKERS is not to be had'),
    );
    expect(refused).toHaveLength(1);
    expect(kafka?.from).not.toBe('KAFKA_BROKERS');
    if (!kafka) return;
    // And one that does is taken; it is not ours to stop.
    const named = await obtain(kafka.brokers.join(','));
    expect(named.kafka).toMatchObject({ from: 'KAFKA_BROKERS', brokers: kafka.brokers });
    expect(named.kafka?.server).toBeUndefined();
  });
});
