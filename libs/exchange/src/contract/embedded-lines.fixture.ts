import { expect } from '@jest/globals';
import type { StopReason } from '../fact-source.js';
import { expectedOf } from './lab.fixture.js';
import { subjectIn } from './test-ledger.fixture.js';
import type { Variant, World } from './world.fixture.js';

/** One demand that only a reader of the ledger itself can be put to, and its broken variant. */
export type EmbeddedLine = {
  name: string;
  holds(world: World): Promise<void>;
  broken: Variant;
  /** What the test says when it has caught it. */
  caught: RegExp;
};

export const EMBEDDED_LINES: EmbeddedLine[] = [
  {
    name: 'stops the buckets that hold more than a ledger restored behind them, and no other',
    holds: async (world) => {
      await applied(world);
      world.ledger.restoreTo(1);
      world.ledger.record({ subject: subjectIn(3) });
      await stopsBucketTwo(world, 'consumer_holds_more_than_the_ledger');
    },
    broken: { way: 'ledger-not-looked-at' },
    caught: /toEqual/,
  },
  {
    name: 'stops a bucket at whose place the ledger has another fact of the same epoch',
    holds: async (world) => {
      await applied(world);
      world.ledger.forgetFrom(1);
      world.ledger.record({ subject: subjectIn(2) }, { subject: subjectIn(3) });
      await stopsBucketTwo(world, 'ledger_holds_another_fact');
    },
    broken: { way: 'ledger-not-looked-at' },
    caught: /toEqual/,
  },
  {
    name: 'forgets what it knew to be empty when a restored ledger begins another epoch',
    holds: restored,
    broken: { consumer: 'up-to-kept' },
    caught: /did not reach the end/,
  },
  {
    name: 'applies the rest of a page whose beginning had to be fetched',
    holds: async (world) => {
      // One more than a page of what is fetched brings.
      const facts = Array.from({ length: 1_200 }, () => ({ subject: subjectIn(1) }));
      world.drop(0);
      world.ledger.record(...facts);
      const running = await world.start();
      await world.lab.settled();
      expect(await world.lab.folded()).toEqual(expectedOf(world.ledger.all()));
      await running.stop();
    },
    broken: { way: 'rest-of-page-left' },
    caught: /did not reach the end/,
  },
];

async function applied({ ledger, lab, start }: World): Promise<void> {
  const before = await start();
  ledger.record({ subject: subjectIn(1) }, { subject: subjectIn(2) });
  await lab.settled();
  await before.stop();
}

async function stopsBucketTwo({ lab, start }: World, reason: StopReason): Promise<void> {
  const after = await start();
  await lab.settled([1, 3]);
  const stopped = [{ ledger: 'court', bucket: 2, reason, position: 1 }];
  expect(after.status().stopped).toEqual(stopped);
}

/** One bucket has applied what is lost and stops; the others have only heard of it. */
async function restored({ ledger, lab, start }: World): Promise<void> {
  const all = Array.from({ length: 32 }, (_, bucket) => ({ subject: subjectIn(bucket) }));
  const others = all.filter((_, bucket) => bucket !== 5);
  const going = others.map(({ subject }) => parseInt(subject.slice(0, 2), 16));
  const before = await start();
  ledger.record(...all, ...Array.from({ length: 100 }, () => ({ subject: subjectIn(5) })));
  await lab.settled();
  await before.stop();
  ledger.restoreTo(32);
  ledger.record(...others);
  const after = await start();
  await lab.settled(going);
  await after.stop();
  ledger.record(...others);
  const again = await start();
  await lab.settled(going);
  await again.stop();
}
