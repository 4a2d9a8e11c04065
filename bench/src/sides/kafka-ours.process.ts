import { KafkaFactSource, ProjectingConsumer, type Applied, type Delivery } from '@writ/exchange';
import type { FactConsumer } from '@writ/exchange';
import { ProjectionConsumer } from '@writ/projection';
import pg from 'pg';
import { serveSide } from '../side.process.js';
import { until } from '../wait.process.js';

export type KafkaOursSetup = { brokers: string[]; writer: string };
export type KafkaQuestion = { mode: 'no-op' | 'projection'; run: string; facts: number };
/** Messages per second from the first batch to the last commit, and CPU per message. */
export type KafkaFigures = { perSecond: number; cpuMicros: number };

/** The exchange's own consumer: places locked, moved and committed with every delivery. */
serveSide<KafkaOursSetup, KafkaQuestion, KafkaFigures>(async ({ brokers, writer }) => {
  const pool = new pg.Pool({ connectionString: writer, max: 10 });
  pool.on('error', () => undefined);
  const clock = { now: () => new Date() };
  const fetcher = {
    fetch: () => Promise.reject(new Error('nothing is missing, so nothing is fetched')),
  };
  const opened = (mode: KafkaQuestion['mode'], name: string): FactConsumer => {
    if (mode === 'projection') {
      return new ProjectionConsumer({ name, pool, clock, set: () => Promise.resolve('b') });
    }
    const fold = () => Promise.resolve();
    const understands = () => true;
    return new ProjectingConsumer({ name, ledgers: ['court'], pool, clock, understands, fold });
  };
  return {
    answer: async ({ mode, run, facts }) => {
      const name = `bench-${mode}-${run}`;
      const consumer = opened(mode, name);
      let [applied, firstAt, lastAt] = [0, 0, 0];
      let cpu = process.cpuUsage();
      const counting: FactConsumer = {
        name,
        ledgers: ['court'],
        places: (keys) => consumer.places(keys),
        apply: async (delivery: Delivery): Promise<Applied> => {
          const count = delivery.buckets.reduce((sum, bucket) => sum + bucket.facts.length, 0);
          if (firstAt === 0 && count > 0) {
            firstAt = performance.now();
            cpu = process.cpuUsage();
          }
          const result = await consumer.apply(delivery);
          if (result.gaps.length > 0) throw new Error('a gap in what was published whole');
          applied += count;
          if (count > 0) lastAt = performance.now();
          return result;
        },
      };
      const source = new KafkaFactSource({ brokers, clientId: name, fetcher });
      await source.start(counting);
      await until('all messages are applied', async () => applied >= facts, {
        everyMs: 20,
        atMostMs: 300_000,
      });
      const { user, system } = process.cpuUsage(cpu);
      await source.stop();
      const perSecond = facts / ((lastAt - firstAt) / 1_000);
      return { perSecond, cpuMicros: (user + system) / facts };
    },
    close: () => pool.end(),
  };
});
