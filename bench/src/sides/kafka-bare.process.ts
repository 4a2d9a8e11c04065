import { Kafka, logLevel } from 'kafkajs';
import { serveSide } from '../side.process.js';
import { until } from '../wait.process.js';
import type { KafkaFigures } from './kafka-ours.process.js';

/** kafkajs alone, set as the exchange sets it: parses every value, keeps nothing. */
serveSide<{ brokers: string[] }, { run: string; facts: number }, KafkaFigures>(
  async ({ brokers }) => {
    const kafka = new Kafka({ clientId: 'bench-bare', brokers, logLevel: logLevel.ERROR });
    return {
      answer: async ({ run, facts }) => {
        const consumer = kafka.consumer({
          groupId: `bench-bare-${run}`,
          maxWaitTimeInMs: 250,
          minBytes: 1,
          maxBytes: 8 << 20,
          maxBytesPerPartition: 1 << 20,
        });
        let [parsed, firstAt, lastAt] = [0, 0, 0];
        let cpu = process.cpuUsage();
        await consumer.connect();
        await consumer.subscribe({ topics: ['court.facts'], fromBeginning: true });
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: true,
          partitionsConsumedConcurrently: 8,
          eachBatch: async ({ batch }) => {
            if (firstAt === 0) {
              firstAt = performance.now();
              cpu = process.cpuUsage();
            }
            for (const { value } of batch.messages) {
              if ((JSON.parse(value?.toString('utf8') ?? 'null') as { type?: string }).type)
                parsed++;
            }
            lastAt = performance.now();
          },
        });
        const limits = { everyMs: 20, atMostMs: 300_000 };
        await until('all messages are parsed', async () => parsed >= facts, limits);
        const { user, system } = process.cpuUsage(cpu);
        await consumer.disconnect();
        const perSecond = facts / ((lastAt - firstAt) / 1_000);
        return { perSecond, cpuMicros: (user + system) / facts };
      },
    };
  },
);
