import { expect } from '@jest/globals';
import type { DeliveredFact } from '@writ/contracts';
import { PoisonFact } from '../sort-out.js';
import { expectedOf } from './lab.fixture.js';
import { mixed, subjectIn } from './test-ledger.fixture.js';
import type { Variant, World } from './world.fixture.js';

/** One demand on the exchange, and variants of it that each break the demand. */
export type Line = {
  name: string;
  holds(world: World): Promise<void>;
  /** What a transport gets wrong on purpose; the line must fail on each. */
  broken: Partial<Record<World['transport'], Variant[]>>;
  /** Stops the broker: never on one that others use. */
  stopsTheBroker?: true;
};

const FACTS = 120;

export const CONTRACT: Line[] = [
  {
    name: 'applies every fact once, and those of a subject in order',
    holds: async (world) => {
      const running = await world.start();
      world.ledger.record(...mixed(FACTS));
      await everythingOnce(world);
      world.ledger.record(...mixed(FACTS));
      await everythingOnce(world);
      await running.stop();
    },
    broken: both({ consumer: 'order-reversed' }),
  },
  {
    name: 'drops what is delivered again',
    holds: async (world) => {
      world.duplicate();
      const running = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      world.ledger.record(...mixed(FACTS));
      await everythingOnce(world);
      await running.stop();
    },
    broken: both({ consumer: 'duplicates-kept' }),
  },
  {
    name: 'goes on where it was after a crash at any point',
    holds: async (world) => {
      for (const point of ['before-fold', 'places-move', 'after-commit', 'places-move'] as const) {
        world.ledger.record(...mixed(FACTS / 4));
        await crashAt(world, point);
      }
      const running = await world.start();
      await everythingOnce(world);
      await running.stop();
    },
    broken: both({ consumer: 'place-moved-first' }, { consumer: 'fold-committed-first' }),
  },
  {
    name: 'lets a deciding consumer record once what follows, crash or not',
    holds: async (world) => {
      for (const point of ['after-decision', 'before-decision'] as const) {
        world.ledger.record(...mixed(FACTS / 4));
        await crashAt(world, point);
      }
      const running = await world.start({ decides: true });
      world.ledger.record(...mixed(FACTS / 4));
      await everythingOnce(world);
      await running.stop();
    },
    broken: both({ consumer: 'no-key' }, { consumer: 'place-before-receipt' }),
  },
  {
    name: 'shares the buckets between two consumers, one joining and one leaving',
    holds: async (world) => {
      const first = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      const second = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      world.ledger.record(...mixed(FACTS));
      await first.stop();
      world.ledger.record(...mixed(FACTS));
      await everythingOnce(world);
      await second.stop();
    },
    broken: both({ consumer: 'place-in-memory' }),
  },
  {
    name: 'waits for a slow bucket and loses nothing of it',
    holds: async (world) => {
      const gate = new Gate();
      const slow = 3;
      const running = await world.start({
        onFold: (fresh) =>
          fresh.some(({ bucket }) => bucket === slow) ? gate.opened : Promise.resolve(),
      });
      world.ledger.record({ subject: subjectIn(slow) }, { subject: subjectIn(slow) });
      await world.lab.until(() => gate.isReached, 'the slow bucket was never folded');
      world.ledger.record(...mixed(FACTS));
      // Over a broker the others do not stand behind it; embedded, a page is one transaction.
      if (world.transport === 'kafka') await world.lab.settled([0, 1, 2, 4, 5, 32]);
      expect((await world.lab.folded()).get(slow)).toBeUndefined();
      gate.open();
      await everythingOnce(world);
      await running.stop();
    },
    broken: both({ consumer: 'slow-skipped' }),
  },
  {
    name: 'lets two owners of one bucket apply nothing twice',
    holds: async (world) => {
      const gate = new Gate();
      const stop = () => gate.opened;
      const first = await world.start({ onFold: stop }, { group: 'first' });
      const second = await world.start({ onFold: stop }, { group: 'second' });
      world.ledger.record({ subject: subjectIn(1) }, { subject: subjectIn(1) });
      await world.lab.until(
        async () => gate.reached >= 2 || (gate.reached === 1 && (await isOneBlocked(world))),
        'the two owners never met',
      );
      gate.open();
      await everythingOnce(world);
      world.ledger.record(...mixed(FACTS));
      await everythingOnce(world);
      await Promise.all([first.stop(), second.stop()]);
    },
    broken: both({ consumer: 'no-lock' }),
  },
  {
    name: 'fetches a message that was dropped on the way from the ledger',
    holds: async (world) => {
      world.drop(30);
      const running = await world.start();
      world.ledger.record(...mixed(FACTS));
      await everythingOnce(world);
      await running.stop();
    },
    broken: both({ consumer: 'no-prev-check' }),
  },
  {
    name: 'fetches from the ledger what was truncated before it came',
    holds: async (world) => {
      world.ledger.record(...mixed(FACTS));
      await world.truncate();
      world.ledger.record(...mixed(FACTS / 2));
      const running = await world.start();
      await everythingOnce(world);
      await running.stop();
    },
    broken: both({ consumer: 'no-prev-check' }),
  },
  {
    name: 'needs no offsets: its own places are enough',
    holds: async (world) => {
      const before = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      await before.stop();
      await world.forgetOffsets();
      world.ledger.record(...mixed(FACTS / 2));
      const after = await world.start();
      await everythingOnce(world);
      await after.stop();
    },
    broken: both({ consumer: 'duplicates-kept' }),
  },
  {
    name: 'goes on after the way was paused and resumed',
    holds: async (world) => {
      const running = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      await world.pause();
      world.ledger.record(...mixed(FACTS));
      await world.resume();
      world.ledger.record(...mixed(FACTS / 2));
      await everythingOnce(world);
      await world.wholeOnTheWay();
      await running.stop();
    },
    broken: both({ way: 'resumed-at-the-end' }),
  },
  {
    name: 'parks a subject at a fact of an unknown version until it understands',
    holds: async (world) => {
      const strange = 'court.subject-listed.v9';
      const [parked, other] = [subjectIn(1), subjectIn(1, 1)];
      const running = await world.start();
      world.ledger.record(
        { subject: parked },
        { subject: parked, type: strange },
        { subject: other },
        { subject: parked },
        { subject: other },
      );
      await world.lab.settled();
      const waits = ({ position }: DeliveredFact) => position === 1 || position === 3;
      expect(await world.lab.folded()).toEqual(expectedOf(world.ledger.all(), waits));
      await running.stop();
      await upgraded(world, () => true);
      const after = (await world.lab.folded()).get(1);
      expect(after).toEqual([0, 2, 4, 1, 3]);
    },
    broken: both({ consumer: 'unknown-skipped' }),
  },
  {
    name: 'parks a subject at a poison fact, and no other',
    holds: async (world) => {
      const [parked, other] = [subjectIn(1), subjectIn(1, 1)];
      const running = await world.start({ onFold: async (fresh) => poisonAt(fresh, 1) });
      world.ledger.record(
        { subject: parked },
        { subject: parked },
        { subject: other },
        { subject: parked },
        { subject: other },
      );
      await world.lab.settled();
      const waits = ({ position }: DeliveredFact) => position === 1 || position === 3;
      expect(await world.lab.folded()).toEqual(expectedOf(world.ledger.all(), waits));
      await running.stop();
      await upgraded(world, () => true);
      expect((await world.lab.folded()).get(1)).toEqual([0, 2, 4, 1, 3]);
    },
    broken: both({ consumer: 'poison-skipped' }),
  },
  stopsAtCutText('folds', false),
  stopsAtCutText('decides', true),
  {
    name: 'goes on after the way was down: a crash of the broker, of the ledger',
    stopsTheBroker: true,
    holds: async (world) => {
      const running = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      await world.breakDown();
      world.ledger.record(...mixed(FACTS));
      await world.repair();
      world.ledger.record(...mixed(FACTS / 2));
      await everythingOnce(world);
      await world.wholeOnTheWay();
      await running.stop();
    },
    broken: both({ way: 'acknowledged-early' }),
  },
];

function stopsAtCutText(does: string, decides: boolean): Line {
  return {
    name: `stops a bucket at a text that is not of its fact, and no other: one that ${does}`,
    holds: async (world) => {
      world.garble(1);
      let tries = 0;
      const onFold = async (fresh: readonly DeliveredFact[]) => {
        if (fresh.some(({ position }) => position === 1)) tries++;
        world.lab.announce();
      };
      const running = await world.start({ decides, onFold });
      world.ledger.record({ subject: subjectIn(1) }, { subject: subjectIn(2) });
      const { status } = running;
      // Whoever tries it so often does so for ever.
      const isTold = () => status().stopped.length > 0 || tries > 3;
      await world.lab.until(isTold, 'nothing stopped');
      const reason = 'envelope_cannot_be_read';
      const stopped = [{ ledger: 'court', bucket: 2, reason, position: 1 }];
      expect(status().stopped).toEqual(stopped);
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled([0, 1, 3, 4, 5, 32]);
      expect(status().stopped).toEqual(stopped);
      const others = expectedOf(world.ledger.all(), ({ bucket }) => bucket === 2);
      expect(await world.lab.folded()).toEqual(others);
      await running.stop();
    },
    broken: both({ consumer: 'unreadable-retried' }),
  };
}

function both(...variants: Variant[]): Line['broken'] {
  return { embedded: variants, kafka: variants };
}

async function everythingOnce({ lab, ledger }: World): Promise<void> {
  await lab.settled();
  expect(await lab.folded()).toEqual(expectedOf(ledger.all()));
}

class Crash extends Error {}

type CrashPoint =
  'before-fold' | 'places-move' | 'after-commit' | 'before-decision' | 'after-decision';

/** A process that dies at its first transaction, at that point, and whose source is then gone. */
async function crashAt(world: World, point: CrashPoint): Promise<void> {
  let isDead = false;
  const die = () => {
    isDead = true;
    world.lab.announce();
    throw new Crash();
  };
  let hasFolded = false;
  const running = await world.start({
    decides: point.endsWith('decision'),
    onDecided: die,
    onFold: async () => {
      if (isDead || point.startsWith('before')) die();
      hasFolded = true;
    },
    onPlacesMove: () => {
      if (isDead || (point === 'places-move' && hasFolded)) die();
    },
    onApplied: () => {
      if (isDead || (point === 'after-commit' && hasFolded)) die();
    },
  });
  await world.lab.until(() => isDead, 'the crash never came');
  await running.stop();
}

/** Everybody waits at the gate until it is opened. */
class Gate {
  reached = 0;
  open: () => void = () => undefined;
  private readonly whenOpen = new Promise<void>((resolve) => (this.open = resolve));

  get isReached(): boolean {
    return this.reached > 0;
  }

  get opened(): Promise<void> {
    this.reached++;
    return this.whenOpen;
  }
}

/** @returns whether a session of this database waits for a row lock */
async function isOneBlocked({ lab }: World): Promise<boolean> {
  const { rows } = await lab.pool.query<{ blocked: boolean }>(
    `SELECT count(*) > 0 AS blocked FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  lab.announce();
  return rows[0]?.blocked ?? false;
}

function poisonAt(fresh: readonly DeliveredFact[], position: number): void {
  const fact = fresh.find((candidate) => candidate.position === position);
  if (fact) throw new PoisonFact(fact, 'poisonous in this test');
}

/** A newer build: tries what waits once more, as every start does. */
async function upgraded(world: World, understands: (type: string) => boolean): Promise<void> {
  const consumer = world.lab.consumer({ understands });
  const fetcher = {
    fetch: async (_: unknown, after: number, limit: number) => world.ledger.page(after, limit),
  };
  const result = await consumer.retryAll?.(fetcher);
  expect(result).toEqual({ released: 1, waiting: 0 });
}
