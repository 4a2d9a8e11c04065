import { describe, expect, it } from '@jest/globals';
import type { Watermark } from '@writ/contracts';
import { KafkaFactPublisher } from './publisher.kafka.js';

const watermark: Watermark = {
  ...{ ledger: 'court', epoch: 1, bucket: 3, upTo: 4, last: 4 },
  at: '2026-03-01T00:00:00.000Z',
};

/** A publisher on a client whose producers connect when told, and what became of them. */
function publisherOn(connect: () => Promise<void>) {
  const told: string[] = [];
  const producer = () => {
    told.push('made');
    return {
      connect,
      send: async () => void told.push('sent'),
      disconnect: async () => void told.push('disconnected'),
    };
  };
  const options = { brokers: ['127.0.0.1:1'], clientId: 'test', ledger: 'court' as const };
  const publisher = new KafkaFactPublisher(options);
  Object.assign(publisher, { kafka: { producer } });
  return { publisher, told };
}

describe('the producer of a publisher', () => {
  it('is one, however many ask for it while it connects', async () => {
    let isThere = () => undefined as void;
    const there = new Promise<void>((resolve) => (isThere = resolve));
    const { publisher, told } = publisherOn(() => there);
    const sends = [1, 2].map(() => publisher.publishWatermarks([watermark]));
    isThere();
    await Promise.all(sends);
    await publisher.close();
    expect(told).toEqual(['made', 'sent', 'sent', 'disconnected']);
  });

  it('that could not connect is disconnected, and another is made', async () => {
    let tries = 0;
    const { publisher, told } = publisherOn(async () => {
      if (++tries === 1) throw new Error('no broker');
    });
    await expect(publisher.publishWatermarks([watermark])).rejects.toThrow('no broker');
    await publisher.publishWatermarks([watermark]);
    expect(told).toEqual(['made', 'disconnected', 'made', 'sent']);
  });
});
