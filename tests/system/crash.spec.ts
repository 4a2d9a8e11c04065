import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RebuildReport } from '@writ/contracts';
import type { ServiceName } from '@writ/service-host';
import { seededRandom } from '@writ/testkit';
import {
  activeSubjects,
  admitOfac,
  countActive,
  describeReal,
  importEvents,
  OFAC,
  oracle,
  restrictedOf,
  subjectsOf,
} from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { eventually } from './eventually.fixture.js';
import { Load, lostOf, wronglyAnswered } from './load.fixture.js';
import { declareCourtList } from './world.fixture.js';

const KILLS = 20;
/** Commands acknowledged before, between and after what is done to the servers. */
const ENOUGH = 20;
const VICTIMS: readonly ServiceName[] = [
  'regulatory',
  'enforcement',
  'projection',
  'identity',
  'court',
];

describeReal(`services killed in the middle of an import (${SYSTEM})`, () => {
  let system: System;
  const states = oracle();
  const seed = Number(process.env['WRIT_SEED'] ?? 20_261_122);
  const drawn = seededRandom(seed);
  const random = (below: number) => Math.floor(drawn() * below);
  let killed = 0;

  beforeAll(async () => {
    console.error(`crash seed: ${seed} (WRIT_SEED repeats it)`);
    system = await startSystem({ ownBroker: true });
    await declareCourtList(system.client);
  });
  afterAll(() => system?.stop());

  /**
   * Kills when the ledger has grown to a drawn part of what the import records; then resumes.
   *
   * @returns whether it died before the import had ended; only then anything was killed
   */
  async function killWhileImporting(
    list: string,
    victim: ServiceName,
    span: { from: number; to: number },
  ): Promise<boolean> {
    const { client, services } = system;
    const upTo = states[span.to];
    if (!upTo) throw new Error('fewer snapshots than kills');
    const expected = states
      .slice(span.from, span.to + 1)
      .reduce((sum, { events }) => sum + events, 0);
    const before = await regulatorySize(system);
    const enough = before + 1 + random(Math.max(1, expected));
    const time = new Date(upTo.observedAt).toISOString();
    let ended = false;
    const importing = importEvents(client, { upTo: time, list })
      .catch(() => undefined)
      .finally(() => (ended = true));
    while (!ended && (await regulatorySize(system)) < enough);
    const inTheMiddle = !ended;
    if (inTheMiddle) {
      const pid = services[victim].pid();
      await services[victim].kill('SIGKILL');
      await importing;
      await services[victim].start();
      if (SYSTEM === 'stack') expect(services[victim].pid()).not.toBe(pid);
      killed += 1;
    }
    const token = await importUntilDone(client, { upTo: time, list });
    const counted = await eventually(() => countActive(client, { atLeast: token }, list));
    expect(counted).toBe(upTo.expected);
    const active = await subjectsOf(client)(upTo.active);
    const found = await eventually(() => activeSubjects(client, { atLeast: token }, list));
    expect(found).toEqual(active);
    // What enforcement would have skipped is missing here: nobody else could impose it.
    const { receipt } = await eventually(() => admitOfac(client, list));
    const ever = await subjectsOf(client)(everOf(states.slice(0, span.to + 1)));
    const restricted = await eventually(() =>
      restrictedOf(client, ever, [token, receipt.token], list),
    );
    expect(restricted).toEqual(active);
    expect(await rebuilt(system)).toMatchObject({ state: 'equal' });
    return inTheMiddle;
  }

  // The first is the whole list as it first was, the others what came to it and went.
  const spans = Array.from({ length: KILLS }, (_, kill) => ({
    from: Math.floor((kill * states.length) / KILLS),
    to: Math.floor(((kill + 1) * states.length) / KILLS) - 1,
    victim: VICTIMS[kill % VICTIMS.length] ?? 'projection',
  }));

  it.each(spans)(
    '$victim, at snapshots $from to $to: live equals rebuilt, the list is the oracle’s',
    async ({ victim, ...span }) => {
      if (await killWhileImporting(OFAC, victim, span)) return;
      // Too few rows to be met among them: then while a whole list comes in.
      const again = { from: 0, to: 0 };
      expect(await killWhileImporting(`${OFAC}.at-${span.from}`, victim, again)).toBe(true);
    },
  );

  it(`have died ${KILLS} times before their import had ended`, () => {
    expect(killed).toBe(KILLS);
  });

  it('Postgres and Kafka stopped under load: nothing acknowledged is lost', async () => {
    const { client, postgres, kafka } = system;
    const load = new Load(client);
    await load.more(ENOUGH);
    await postgres.kill?.('SIGKILL');
    await postgres.start?.();
    await load.more(ENOUGH);
    await kafka?.stop?.('SIGKILL');
    // The ledger goes on without a broker: what it records now has to be published later.
    await load.more(ENOUGH);
    await kafka?.start?.();
    await load.more(ENOUGH);
    await load.stop();
    expect(await lostOf(client, load.acknowledged)).toEqual({ lost: [], holes: 0 });
    expect(await wronglyAnswered(client, load.acknowledged)).toEqual([]);
    expect(await rebuilt(system)).toMatchObject({ state: 'equal' });
  });
});

const everOf = (states: readonly { active: number[] }[]) => [
  ...new Set(states.flatMap(({ active }) => active)),
];

async function regulatorySize({ client }: System): Promise<number> {
  // The service may be down at that moment: then it has not grown.
  const answer = await client
    .get<{ size: number }>('/regulatory/v1/facts?after=-1&limit=1')
    .catch(() => undefined);
  return answer?.status === 200 ? answer.body.size : 0;
}

/** A killed import is simply run again until it says that it is through. */
async function importUntilDone(
  client: System['client'],
  options: { upTo: string; list: string },
): Promise<string> {
  return eventually(async () => {
    const { receipt } = await importEvents(client, options);
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
