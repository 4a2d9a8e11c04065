import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RebuildReport } from '@writ/contracts';
import type { ServiceName } from '@writ/service-host';
import {
  activeSubjects,
  countActive,
  describeReal,
  importEvents,
  oracle,
  subjectsOf,
} from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { eventually } from './eventually.fixture.js';
import { declareCourtList, mayFly, pay, ripeCase, list } from './world.fixture.js';

const KILLS = 20;
const VICTIMS: readonly ServiceName[] = ['regulatory', 'enforcement', 'projection', 'identity'];

/** A small seeded generator: the run prints its seed and can be had again. */
function seeded(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

describeReal(`services killed in the middle of an import (${SYSTEM})`, () => {
  let system: System;
  const states = oracle();

  beforeAll(async () => {
    system = await startSystem({ ownBroker: true });
    await declareCourtList(system.client);
  });
  afterAll(() => system?.stop());

  it(`${KILLS} times: live equals rebuilt, and the list is the oracle's`, async () => {
    const seed = Number(process.env['WRIT_SEED'] ?? 20_261_122);
    console.error(`crash seed: ${seed} (WRIT_SEED repeats it)`);
    const random = seeded(seed);
    const { client, services } = system;
    const subjects = subjectsOf(client);
    const upToKill = (kill: number) => states[Math.floor((kill * states.length) / KILLS) - 1];
    for (let kill = 0; kill < KILLS; kill++) {
      const upTo = upToKill(kill + 1);
      if (!upTo) throw new Error('fewer snapshots than kills');
      const time = new Date(upTo.observedAt).toISOString();
      const victim = VICTIMS[random(VICTIMS.length)] ?? 'projection';
      const importing = importEvents(client, time).catch(() => undefined);
      // The moment is drawn as a count of facts: the import has come that far when it dies.
      const base = upToKill(kill)?.expected ?? 0;
      const span = Math.max(1, Math.abs(upTo.expected - base));
      await regulatoryHolds(system, (size) => size > random(span), importing);
      await services[victim].kill('SIGKILL');
      await importing;
      await services[victim].start();
      const token = await importUntilDone(client, time);
      expect(await countActive(client, { atLeast: token })).toBe(upTo.expected);
      expect(await activeSubjects(client, { atLeast: token })).toEqual(await subjects(upTo.active));
      expect(await rebuilt(system)).toMatchObject({ state: 'equal' });
    }
  });

  it('Postgres and Kafka stopped under load: nothing acknowledged is lost', async () => {
    const { client, postgres, kafka } = system;
    const cases = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => ({ n, ripe: await ripeCase(client, 100 + n) })),
    );
    const acknowledged: { n: number; token: string }[] = [];
    const load = cases.map(async ({ n, ripe }) => {
      const listed = await eventually(() => list(client, 100 + n, ripe));
      acknowledged.push({ n, token: listed.receipt.token });
      const paid = await eventually(() => pay(client, ripe, '999.99'));
      acknowledged.push({ n, token: paid.receipt.token });
    });
    await postgres.kill?.('SIGKILL');
    await postgres.start?.();
    await kafka?.stop?.('SIGKILL');
    await kafka?.start?.();
    await Promise.all(load);
    for (const { n, token } of acknowledged) {
      const answer = await eventually(async () => {
        const now = await mayFly(client, 100 + n, { atLeast: [token], settled: true });
        if (now.status !== 200 || now.answer === 'UNDETERMINED') throw new Error('not yet');
        return now;
      });
      expect(answer.answer).toBe('RESTRICTED');
    }
    expect(await rebuilt(system)).toMatchObject({ state: 'equal' });
  });
});

/** Waits until the regulatory ledger's size satisfies, or the import has ended. */
async function regulatoryHolds(
  { client }: System,
  enough: (size: number) => boolean,
  importing: Promise<unknown>,
): Promise<void> {
  let ended = false;
  void importing.finally(() => (ended = true));
  while (!ended) {
    const { body } = await client.get<{ size: number }>('/regulatory/v1/facts?after=-1&limit=1');
    if (enough(body.size)) return;
  }
}

/** A killed import is simply run again until it says that it is through. */
async function importUntilDone(client: System['client'], upTo: string): Promise<string> {
  return eventually(async () => {
    const { receipt } = await importEvents(client, upTo);
    if (!receipt) throw new Error('nothing imported');
    return receipt.token;
  });
}

/** Folds all ledgers anew beside the live state and waits for the verdict. */
async function rebuilt({ client }: System): Promise<RebuildReport> {
  await eventually(async () => {
    const started = await client.call('POST', '/projection/v1/rebuild');
    if (started.status !== 202) throw new Error(`rebuild: ${started.status}`);
  });
  return eventually(async () => {
    const { body } = await client.get<RebuildReport>('/projection/v1/rebuild');
    if (body.state === 'folding' || body.state === 'comparing') throw new Error(body.state);
    return body;
  });
}
