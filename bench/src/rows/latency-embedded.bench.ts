import { rmSync } from 'node:fs';
import { temporaryFolder } from '@writ/local-servers';
import { measureLatency } from '../latency.process.js';
import type { RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { StandaloneAnswer, StandaloneSetup } from '../sides/standalone.process.js';

/** The whole system in one process on its embedded Postgres. */
export async function measure(context: RowContext): Promise<void> {
  const dataFolder = temporaryFolder('writ-bench-');
  const setup: StandaloneSetup = { dataFolder };
  const system: Side<null, StandaloneAnswer> = await openSide('standalone', setup);
  try {
    const { url } = await system.ask(null);
    const targets = { transport: 'embedded', delisted: '<= 25', listed: '<= 60' } as const;
    await measureLatency(context, url, targets, async () => {
      await system.ask(null);
      return system.peakRssMiB();
    });
  } finally {
    await system.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}
