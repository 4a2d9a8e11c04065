import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HOW_TO_GET_KAFKA, obtainKafka, type Kafka } from '@writ/local-servers';
import { embeddedWorld } from './embedded-world.fixture.js';
import { CONTRACT, type Line } from './exchange.contract.js';
import { kafkaWorld } from './kafka-world.fixture.js';
import { subjectIn } from './test-ledger.fixture.js';
import type { Variant, World } from './world.fixture.js';

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

function nameOf({ consumer, way }: Variant): string {
  return [consumer, way].filter(Boolean).join(', ');
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

    beforeAll(async () => {
      if (!kafka.server) own = await obtainKafka({ note, ownBroker: true });
    });
    afterAll(async () => {
      await own?.close();
      await kafka.close();
    });

    for (const line of CONTRACT) {
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
