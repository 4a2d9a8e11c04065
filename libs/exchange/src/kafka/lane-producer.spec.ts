import { describe, expect, it } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { LaneProducer } from './lane-producer.kafka.js';

const record = { topic: 'made-up', messages: [] };

/** A producer on a client whose producers connect when told, and what became of them. */
function producerOn(connect: () => Promise<void>, send: () => Promise<unknown> = async () => []) {
  const told: string[] = [];
  const producer = () => {
    told.push('made');
    return {
      connect,
      send: () => {
        told.push('sent');
        return send();
      },
      disconnect: async () => void told.push('disconnected'),
    };
  };
  return { producer: new LaneProducer({ producer } as unknown as Kafka), told };
}

describe('a producer of lanes', () => {
  it('is one, however many ask for it while it connects', async () => {
    let isThere = () => undefined as void;
    const there = new Promise<void>((resolve) => (isThere = resolve));
    const { producer, told } = producerOn(() => there);
    const sends = [1, 2].map(() => producer.sendReplaceable(record));
    isThere();
    await Promise.all(sends);
    await producer.close();
    expect(told).toEqual(['made', 'sent', 'sent', 'disconnected']);
  });

  it('that could not connect is disconnected, and another is made', async () => {
    let tries = 0;
    const { producer, told } = producerOn(async () => {
      if (++tries === 1) throw new Error('no broker');
    });
    await expect(producer.sendReplaceable(record)).rejects.toThrow('no broker');
    await producer.sendReplaceable(record);
    expect(told).toEqual(['made', 'disconnected', 'made', 'sent']);
  });

  it('that sent less than it should is thrown away', async () => {
    const { producer, told } = producerOn(async () => undefined);
    const lane = {
      topic: 'made-up',
      partition: 0,
      messages: [{ key: null, value: '', headers: {} }],
    };
    await expect(producer.send([lane])).rejects.toThrow('was not acknowledged');
    await expect(producer.send([lane])).rejects.toThrow('was not acknowledged');
    expect(told).toEqual(['made', 'sent', 'disconnected', 'made', 'sent', 'disconnected']);
  });
});
