import { rmSync } from 'node:fs';
import { HOW_TO_GET_KAFKA, temporaryFolder } from '@writ/local-servers';
import { measureLatency } from '../latency.process.js';
import { rowNotRun } from '../measure.js';
import { ROW_FILES, type RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { StackAnswer, StackSetup } from '../sides/stack.process.js';

/** Each service as its own process on a real broker. */
export async function measure(context: RowContext): Promise<void> {
  const dataFolder = temporaryFolder('writ-bench-');
  const setup: StackSetup = { dataFolder };
  let system: Side<null, StackAnswer>;
  try {
    system = await openSide('stack', setup);
  } catch (error) {
    if (!String(error).includes('no Kafka')) throw error;
    for (const name of ROW_FILES['latency-kafka'] ?? []) {
      context.done(rowNotRun(name, 'ms', 'information', HOW_TO_GET_KAFKA));
    }
    return;
  }
  try {
    const { url } = await system.ask(null);
    const targets = { transport: 'Kafka', delisted: '<= 50', listed: '<= 120' } as const;
    await measureLatency(context, url, targets, async () => {
      return (await system.ask(null)).peakRssMiB;
    });
  } finally {
    await system.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}
