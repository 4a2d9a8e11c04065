import { projectionService } from '@writ/projection';
import { realSurroundings, startServices, type HostConfig } from '@writ/service-host';
import { serveSide } from '../side.process.js';

export type ProjectionSetup = { config: HostConfig };
export type ProjectionQuestion = { ask: 'url' } | { ask: 'memory' };
export type ProjectionAnswer = { url: string; rssMiB: number };

/** The projection service by itself, as its own `main.ts` runs it. */
serveSide<ProjectionSetup, ProjectionQuestion, ProjectionAnswer>(async ({ config }) => {
  const surroundings = realSurroundings(config.logLevel, 'projection');
  const { url, stop } = await startServices(
    [{ definition: projectionService, config }],
    surroundings,
  );
  return {
    answer: async () => ({ url, rssMiB: process.memoryUsage.rss() / 1_048_576 }),
    close: stop,
  };
});
