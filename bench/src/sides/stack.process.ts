import { startStack } from '@writ/standalone';
import { memoryOf } from '../machine.process.js';
import { serveSide } from '../side.process.js';

export type StackSetup = { dataFolder: string };
/** Peak resident memory of all services' processes and the one that launched them, summed. */
export type StackAnswer = {
  url: string;
  /** The court's own origin. */
  court: string;
  brokers: string[];
  peakRssMiB: number;
};

/** Each service as its own process, on Kafka and Postgres, as `npm run stack` runs them. */
serveSide<StackSetup, null, StackAnswer>(async ({ dataFolder }) => {
  const system = await startStack({ dataFolder, logLevel: 'error', ownBroker: true });
  return {
    answer: async () => {
      const pids = Object.values(system.services).map((service) => service.pid() ?? 0);
      const peaks = [process.pid, ...pids].map((pid) => memoryOf(pid, 'VmHWM'));
      const peakRssMiB = peaks.reduce((sum, peak) => sum + peak, 0);
      const { url, services, kafka } = system;
      return { url, court: services.court.url, brokers: kafka?.brokers ?? [], peakRssMiB };
    },
    close: () => system.stop(),
  };
});
