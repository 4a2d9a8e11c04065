import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { RebuildReport } from '@writ/contracts';
import type { ServiceName } from '@writ/service-host';
import {
  activeSubjects,
  countActive,
  describeReal,
  importEvents,
  OFAC,
  oracle,
  subjectsOf,
} from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { eventually } from './eventually.fixture.js';
import { declareCourtList, mayFly, pay, ripeCase, list } from './world.fixture.js';

const KILLS = 20;
const VICTIMS: readonly ServiceName[] = [
  'regulatory',
  'enforcement',
  'projection',
  'identity',
  'court',
];

/** A small seeded generator (the high bits: the low ones of such a one repeat). */
function seeded(seed: number) {
  let state = seed >>> 0;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describeReal(`services killed in the middle of an import (${SYSTEM})`, () => {
  let system: System;
  const states = oracle();
  const seed = Number(process.env['WRIT_SEED'] ?? 20_261_122);
  const random = seeded(seed);
  /** Kills that came before the import had ended. */
  let inTheMiddle = 0;

  beforeAll(async () => {
    console.error(`crash seed: ${seed} (WRIT_SEED repeats it)`);
    system = await startSystem({ ownBroker: true });
    await declareCourtList(system.client);
  });
  afterAll(() => system?.stop());

  /** Kills when the ledger has grown to a drawn part of what the import records; then resumes. */
  async function killWhileImporting(
    list: string,
    victim: ServiceName,
    span: { from: number; to: number },
  ) {
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
    if (!ended) inTheMiddle += 1;
    const pid = services[victim].pid();
    await services[victim].kill('SIGKILL');
    await importing;
    await services[victim].start();
    if (SYSTEM === 'stack') expect(services[victim].pid()).not.toBe(pid);
    const token = await importUntilDone(client, { upTo: time, list });
    expect(await countActive(client, { atLeast: token }, list)).toBe(upTo.expected);
    expect(await activeSubjects(client, { atLeast: token }, list)).toEqual(
      await subjectsOf(client)(upTo.active),
    );
    expect(await rebuilt(system)).toMatchObject({ state: 'equal' });
  }

  it.each(VICTIMS)('%s, while a whole list comes in: live equals rebuilt', (victim) =>
    killWhileImporting(`${OFAC}.${victim}`, victim, { from: 0, to: 0 }),
  );

  const rest = KILLS - VICTIMS.length;
  const spans = Array.from({ length: rest }, (_, kill) => ({
    from: Math.floor((kill * states.length) / rest),
    to: Math.floor(((kill + 1) * states.length) / rest) - 1,
    victim: VICTIMS[kill % VICTIMS.length] ?? 'projection',
  }));

  it.each(spans)('$victim, at snapshots $from to $to: the list is the oracle’s', (span) =>
    killWhileImporting(OFAC, span.victim, span),
  );

  it('died in the middle often enough to mean something', () => {
    console.error(`${inTheMiddle} of ${KILLS} kills came before their import had ended`);
    expect(inTheMiddle).toBeGreaterThanOrEqual(VICTIMS.length);
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
