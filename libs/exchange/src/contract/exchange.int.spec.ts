import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HOW_TO_GET_KAFKA, obtainKafka, type Kafka } from '@writ/local-servers';
import { embeddedWorld } from './embedded-world.fixture.js';
import { CONTRACT, type Line } from './exchange.contract.js';
import { kafkaOnly } from './kafka-only.suite.fixture.js';
import { kafkaWorld } from './kafka-world.fixture.js';
import { roundTrip } from './round-trip.suite.fixture.js';
import { subjectIn } from './test-ledger.fixture.js';
import { nameOf, type Variant, type World } from './world.fixture.js';

const PATIENCE_MS = 30_000;
/** What a broken relay has not published by then, it never will. */
const WAY_PATIENCE_MS = 5_000;

/** By what was folded or published, not because nothing worked at all. */
const CAUGHT = /toEqual|never published/;

const note = (line: string) => void process.stderr.write(`${line}\n`);

async function inWorld(world: World, use: Line['holds']): Promise<void> {
  try {
    await use(world);
  } finally {
    await world.close();
  }
}

function variantsOf(line: Line): [string, Variant][] {
  return (line.broken.embedded ?? []).map((variant) => [nameOf(variant), variant]);
}

describe.each([1, 7, 5_000])('the exchange, embedded, in pages of %d', (pageSize) => {
  for (const line of CONTRACT) {
    it(line.name, async () => {
      const world = await embeddedWorld({}, { pageSize, patienceMs: PATIENCE_MS });
      await inWorld(world, line.holds);
    });
  }
});

describe('the embedded contract catches', () => {
  for (const line of CONTRACT) {
    it.each(variantsOf(line))(`%s: ${line.name}`, async (_, variant) => {
      const options = { pageSize: 7, patienceMs: PATIENCE_MS };
      const world = await embeddedWorld(variant, options);
      await expect(inWorld(world, line.holds)).rejects.toThrow(CAUGHT);
    });
  }
});

describe('the embedded source', () => {
  it('stops the buckets that hold more than a ledger restored behind them, and no other', async () => {
    const world = await embeddedWorld({}, { pageSize: 5_000, patienceMs: PATIENCE_MS });
    await inWorld(world, async ({ ledger, lab, start }) => {
      const before = await start();
      ledger.record({ subject: subjectIn(1) }, { subject: subjectIn(2) });
      await lab.settled();
      await before.stop();
      ledger.restoreTo(1);
      ledger.record({ subject: subjectIn(3) });
      const after = await start();
      await lab.settled([1, 3]);
      const reason = 'consumer_holds_more_than_the_ledger';
      const stopped = [{ ledger: 'court', bucket: 2, reason, position: 1 }];
      expect(after.status().stopped).toEqual(stopped);
    });
  });

  it('stops a bucket at whose place the ledger has another fact of the same epoch', async () => {
    const world = await embeddedWorld({}, { pageSize: 5_000, patienceMs: PATIENCE_MS });
    await inWorld(world, async ({ ledger, lab, start }) => {
      const before = await start();
      ledger.record({ subject: subjectIn(1) }, { subject: subjectIn(2) });
      await lab.settled();
      await before.stop();
      ledger.forgetFrom(1);
      ledger.record({ subject: subjectIn(2) }, { subject: subjectIn(3) });
      const after = await start();
      await lab.settled([1, 3]);
      const reason = 'ledger_holds_another_fact';
      const stopped = [{ ledger: 'court', bucket: 2, reason, position: 1 }];
      expect(after.status().stopped).toEqual(stopped);
    });
  });

  /** One bucket has applied what is lost and stops; the others have only heard of it. */
  const restored = async ({ ledger, lab, start }: World) => {
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
  };

  it('forgets what it knew to be empty when a restored ledger begins another epoch', async () => {
    const world = await embeddedWorld({}, { pageSize: 5_000, patienceMs: PATIENCE_MS });
    await inWorld(world, restored);
  });

  it('catches up-to-kept: what it knew to be empty in another epoch', async () => {
    const options = { pageSize: 5_000, patienceMs: 4_000 };
    const world = await embeddedWorld({ consumer: 'up-to-kept' }, options);
    await expect(inWorld(world, restored)).rejects.toThrow('did not reach the end');
  });
});

// Decided before the tests are named, so that skipped ones are counted and said aloud.
const kafka = await obtainKafka({ note });
if (!kafka) {
  note(`KAFKA TESTS ARE SKIPPED: there is no Kafka. To get one, ${HOW_TO_GET_KAFKA}.`);
}

if (!kafka && process.env['WRIT_REQUIRE_KAFKA'] === '1') throw new Error('Kafka is required');

if (!kafka) {
  describe['skip']('the exchange over Kafka', () => {
    it.each(CONTRACT.map(({ name }) => name))('%s', () => undefined);
  });
} else {
  describe(`the exchange over Kafka (${kafka.from})`, () => {
    let own: Kafka | undefined;
    const brokerFor = (line: Line) => (line.stopsTheBroker ? (own ?? kafka) : kafka);

    roundTrip(kafka);
    kafkaOnly(kafka, note);

    beforeAll(async () => {
      if (!kafka.server) own = await obtainKafka({ note, ownBroker: true });
    });
    afterAll(async () => {
      await own?.close();
      await kafka.close();
    });

    // First, while the broker has few partitions to recover after it was killed.
    const stopping = CONTRACT.filter(({ stopsTheBroker }) => stopsTheBroker);
    for (const line of [...stopping, ...CONTRACT.filter((one) => !stopping.includes(one))]) {
      it(line.name, async () => {
        const world = await kafkaWorld(brokerFor(line), {}, { patienceMs: PATIENCE_MS });
        await inWorld(world, line.holds);
      });
      for (const variant of line.broken.kafka ?? []) {
        it(`catches ${nameOf(variant)}: ${line.name}`, async () => {
          const options = { patienceMs: PATIENCE_MS, wayPatienceMs: WAY_PATIENCE_MS };
          const world = await kafkaWorld(brokerFor(line), variant, options);
          await expect(inWorld(world, line.holds)).rejects.toThrow(CAUGHT);
        });
      }
    }
  });
}
