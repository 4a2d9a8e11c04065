import { startStandalone, type RunningSystem } from '@writ/standalone';
import { serveSide } from '../side.process.js';

export type StandaloneSetup = { dataFolder: string; postgresUrl?: string };
export type StandaloneAnswer = {
  url: string;
  rssMiB: number;
  databases: RunningSystem['databases'];
  adminUrl: string;
  cpuMicros: number;
};

/** All five services in one process, as `npm start` runs them, without the demonstration. */
serveSide<StandaloneSetup, null, StandaloneAnswer>(async (setup) => {
  const system = await startStandalone({ ...setup, logLevel: 'error' });
  return {
    answer: async () => {
      const { user, system: kernel } = process.cpuUsage();
      return {
        url: system.url,
        rssMiB: process.memoryUsage.rss() / 1_048_576,
        databases: system.databases,
        adminUrl: system.postgres.adminUrl,
        cpuMicros: user + kernel,
      };
    },
    close: () => system.stop(),
  };
});
