import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { REFERENCE_BUCKET } from '@writ/contracts';
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

  it.each(TRANSPORTS.flatMap((transport) => [5_000, 7].map((batch) => ({ transport, batch }))))(
    'of the same ledgers, whole, projected over $transport in batches of $batch',
    async ({ transport, batch }) => {
      fresh = await startFreshProjection(system, { transport, batch });
      // Root and place of every bucket, as one.
      expect(await fresh.bucketsAt(live.root)).toEqual(live.root.buckets);
      expect(fresh.fed().largest).toBeLessThanOrEqual(batch);
      expect(fresh.fed().transactions).toBeGreaterThanOrEqual(live.facts / batch);
    },
    300_000,
  );

  it.each(TRANSPORTS)(
    'of the same ledgers over %s in batches of 1: buckets with court cases, and the reference',
    async (transport) => {
      // Whole, in turns of one, it would take minutes: a bucket is whole in itself.
      const wanted = live.root.buckets.filter(({ position }) => position.court >= 0);
      const buckets = wanted.map(({ bucket }) => bucket);
      expect(buckets).toContain(REFERENCE_BUCKET);
      fresh = await startFreshProjection(system, { transport, batch: 1, buckets });
      expect(await fresh.bucketsAt(live.root)).toEqual(wanted);
      expect(fresh.fed().largest).toBe(1);
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
