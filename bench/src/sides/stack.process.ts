import { startStack } from '@writ/standalone';
import { serveSide } from '../side.process.js';

export type StackSetup = { dataFolder: string };

/** Each service as its own process, on Kafka and Postgres, as `npm run stack` runs them. */
serveSide<StackSetup, null, { url: string; rssMiB: number }>(async ({ dataFolder }) => {
  const system = await startStack({ dataFolder, logLevel: 'error', ownBroker: true });
  return {
    answer: async () => ({ url: system.url, rssMiB: process.memoryUsage.rss() / 1_048_576 }),
    close: () => system.stop(),
  };
});
