import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import {
  rootAtRest,
  startFreshProjection,
  type FreshProjection,
  type LiveRoot,
} from './fresh-projection.fixture.js';
import {
  activeSubjects,
  admitOfac,
  describeReal,
  importEvents,
  oracle,
  restrictedOf,
} from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { declareCourtList, list, mayFly, pay, ripeCase } from './world.fixture.js';

/** Over both where there is a broker: the ledgers of a stack can be read by the reader role too. */
const TRANSPORTS = SYSTEM === 'stack' ? (['embedded', 'kafka'] as const) : (['embedded'] as const);

const BATCHES = [1, 7, 5_000];
/** Facts that some transaction holds at least, where batches may be large. */
const LARGE = 100;

describeReal(`one root (${SYSTEM})`, () => {
  let system: System;
  let live: LiveRoot;
  let fresh: FreshProjection | undefined;

  beforeAll(async () => {
    system = await startSystem();
    live = await history(system);
  }, 300_000);
  afterEach(async () => {
    await fresh?.stop();
    fresh = undefined;
  });
  afterAll(() => system?.stop());

  it.each(TRANSPORTS.flatMap((transport) => BATCHES.map((batch) => ({ transport, batch }))))(
    'of the same ledgers, whole, projected over $transport in batches of $batch',
    async ({ transport, batch }) => {
      fresh = await startFreshProjection(system, { transport, batch });
      // Root and place of every bucket, as one.
      expect(await fresh.bucketsAt(live.root)).toEqual(live.root.buckets);
      const { largest, transactions } = fresh.fed();
      expect(largest).toBeLessThanOrEqual(batch);
      expect(transactions).toBeGreaterThanOrEqual(live.facts / batch);
      // Fed one by one, all batch sizes would be the same: this one was used.
      expect(largest).toBeGreaterThanOrEqual(Math.min(batch, LARGE));
    },
    300_000,
  );
});

/** Every kind of fact: a real list, admitted; cases listed, paid in part and in full. */
async function history(system: System): Promise<LiveRoot> {
  const { client } = system;
  const first = oracle()[0]?.observedAt ?? '';
  await importEvents(client, { upTo: new Date(first).toISOString() });
  await admitOfac(client);
  await declareCourtList(client);
  const imported = await importEvents(client);
  for (let serial = 1; serial <= 3; serial++) {
    const ripe = await ripeCase(client, serial);
    const listed = await list(client, serial, ripe);
    const paid = await pay(client, ripe, serial % 2 === 0 ? '1000.00' : '0.01');
    const atLeast = [listed.receipt.token, paid.receipt.token];
    await mayFly(client, serial, { atLeast, settled: true });
  }
  const token = imported.receipt?.token ?? '';
  await restrictedOf(client, await activeSubjects(client, { atLeast: token }), [token]);
  return rootAtRest(system);
}
