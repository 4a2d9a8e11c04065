import { rmSync } from 'node:fs';
import { HOW_TO_GET_KAFKA, temporaryFolder } from '@writ/local-servers';
import { rowNotRun, rowOfPairs, type Pair } from '../measure.js';
import { ordersClient } from '../orders.client.js';
import { ROW_FILES, type RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { StackAnswer, StackSetup } from '../sides/stack.process.js';

/** Judgments over Kafka until each is answered, beside the same commands by 32 callers of HTTP. */
export async function measure({ quick, rounds, note, done }: RowContext): Promise<void> {
  const dataFolder = temporaryFolder('writ-bench-');
  const setup: StackSetup = { dataFolder };
  let system: Side<null, StackAnswer>;
  try {
    system = await openSide('stack', setup);
  } catch (error) {
    if (!String(error).includes('no Kafka')) throw error;
    for (const name of ROW_FILES['intake'] ?? []) {
      done(rowNotRun(name, 'orders/s', 'information', HOW_TO_GET_KAFKA));
    }
    return;
  }
  try {
    const { brokers, court } = await system.ask(null);
    const orders = quick ? 500 : 10_000;
    const client = await ordersClient(brokers, court);
    const pairs: Pair[] = [];
    // The first pair warms both up: it is not counted.
    for (let round = 0; round <= rounds; round++) {
      const ours = await client.overKafka(`kafka-${round}`, orders);
      const reference = await client.overHttp(`http-${round}`, orders);
      note(`round ${round}: Kafka ${Math.round(ours)}, HTTP ${Math.round(reference)} orders/s`);
      if (round > 0 || quick) pairs.push({ ours, reference });
    }
    await client.close();
    const { peakRssMiB } = await system.ask(null);
    const name = 'orders over Kafka until answered, × the same over HTTP, 32 callers';
    done({
      ...rowOfPairs(name, pairs, 'orders/s', 'information', peakRssMiB),
      note: 'judgment-effective: identity seals two texts of each; sent, recorded, replied',
    });
  } finally {
    await system.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}
