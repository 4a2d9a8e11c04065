import { seededRandom } from '@writ/testkit';
import { Crash, MemoryEnforcement } from './enforcement.fixture.js';
import { Invariants } from './invariants.fixture.js';
import { MemoryProjection } from './projection.fixture.js';
import { FaultyTransport } from './transport.fixture.js';
import { World } from './world.fixture.js';

const STEPS = 300;
const SLOW_STEPS = 25;

/** What may be swapped for a broken one. */
export type Parts = {
  projection?: () => MemoryProjection;
  placeFirst?: boolean;
};

/** What a run has met: none of it may be zero over all runs. */
export type Met = Record<string, number>;

/**
 * All services' decisions and folds over ledgers in memory and a faulty log, from one seed; the
 * invariants are checked after every step.
 *
 * @throws Error naming the invariant that does not hold
 */
export async function simulate(seed: number, parts: Parts = {}): Promise<Met> {
  const random = seededRandom(seed);
  const world = new World(random);
  const { court, regulatory, enforcement } = world.ledgers;
  const readers = {
    court: court.reader,
    regulatory: regulatory.reader,
    enforcement: enforcement.reader,
  };
  const assessor = new MemoryEnforcement(enforcement, parts.placeFirst);
  const projection = parts.projection?.() ?? new MemoryProjection();
  const toEnforcement = new FaultyTransport(assessor, readers, random);
  const toProjection = new FaultyTransport(projection, readers, random);
  const invariants = new Invariants(world, projection);
  let crashes = 0;
  assessor.crashes = () => random() < 0.08;
  const assess = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
      crashes++;
      toEnforcement.restart();
    }
  };
  let slow: { who: string; until: number } = { who: 'nobody', until: 0 };
  for (let step = 0; step < STEPS; step++) {
    if (step >= slow.until && random() < 0.05) {
      slow = { who: random() < 0.5 ? 'enforcement' : 'projection', until: step + SLOW_STEPS };
    }
    const isSlow = (who: string) => step < slow.until && slow.who === who;
    const dice = random();
    if (dice < 0.4) await world.act();
    else if (dice < 0.68 && !isSlow('enforcement')) await assess(() => toEnforcement.step());
    else if (dice < 0.98 && !isSlow('projection')) await toProjection.step();
    else if (dice >= 0.98) toProjection.restart();
    await invariants.check();
  }
  assessor.crashes = () => false;
  while ((await toEnforcement.drain()) || (await toProjection.drain()));
  await invariants.checkAtRest();
  const answers = ['RESTRICTED', 'UNDETERMINED', 'NOT_RESTRICTED', 'NOT_COVERED'];
  return {
    ...world.told,
    crashes,
    ...toProjection.faults,
    ...Object.fromEntries(answers.map((answer) => [answer, invariants.given(answer)])),
  };
}
