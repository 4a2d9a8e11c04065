import { afterAll, describe, expect, it } from '@jest/globals';
import { HOW_TO_GET_KAFKA, obtainKafka } from '@writ/local-servers';
import { EMBEDDED_LINES } from './embedded-lines.fixture.js';
import { embeddedWorld } from './embedded-world.fixture.js';
import { CONTRACT, type Line } from './exchange.contract.js';
import { kafkaOnly } from './kafka-only.suite.fixture.js';
import { kafkaWorld } from './kafka-world.fixture.js';
import { roundTrip } from './round-trip.suite.fixture.js';
import { nameOf, type Variant, type World } from './world.fixture.js';

const PATIENCE_MS = 30_000;
/** What a broken relay has not published by then, it never will. */
const WAY_PATIENCE_MS = 5_000;
/** What a broken source has not delivered by then, it never will. */
const BROKEN_PATIENCE_MS = 4_000;

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
  for (const { name, holds, broken, caught } of EMBEDDED_LINES) {
    it(name, async () => {
      const world = await embeddedWorld({}, { pageSize: 5_000, patienceMs: PATIENCE_MS });
      await inWorld(world, holds);
    });
    it(`catches ${nameOf(broken)}: ${name}`, async () => {
      const options = { pageSize: 5_000, patienceMs: BROKEN_PATIENCE_MS };
      const world = await embeddedWorld(broken, options);
      await expect(inWorld(world, holds)).rejects.toThrow(caught);
    });
  }
});

// Decided before the tests are named, so that skipped ones are counted and said aloud.
const kafka = await obtainKafka({ note });
if (!kafka) {
  note(`KAFKA TESTS ARE SKIPPED: there is no Kafka. To get one, ${HOW_TO_GET_KAFKA}.`);
}
/** Whom others use is never stopped. */
const own = !kafka || kafka.server ? kafka : await obtainKafka({ note, ownBroker: true });
if (kafka && !own) {
  note(`TESTS THAT STOP THE BROKER ARE SKIPPED: KAFKA_BROKERS is not ours. ${HOW_TO_GET_KAFKA}.`);
}

const isRequired = process.env['WRIT_REQUIRE_KAFKA'] === '1';
if (isRequired && !kafka) throw new Error('Kafka is required');
if (isRequired && !own) throw new Error('a Kafka that may be stopped is required');

if (!kafka) {
  describe['skip']('the exchange over Kafka', () => {
    it.each(CONTRACT.map(({ name }) => name))('%s', () => undefined);
  });
} else {
  describe(`the exchange over Kafka (${kafka.from})`, () => {
    const brokerFor = (line: Line) => (line.stopsTheBroker ? own : kafka);

    roundTrip(kafka);
    kafkaOnly(kafka, note);

    afterAll(async () => {
      if (own !== kafka) await own?.close();
      await kafka.close();
    });

    // First, while the broker has few partitions to recover after it was killed.
    const stopping = CONTRACT.filter(({ stopsTheBroker }) => stopsTheBroker);
    for (const line of [...stopping, ...CONTRACT.filter((one) => !stopping.includes(one))]) {
      const broker = brokerFor(line);
      if (!broker) {
        it['skip'](line.name, () => undefined);
        continue;
      }
      it(line.name, async () => {
        const world = await kafkaWorld(broker, {}, { patienceMs: PATIENCE_MS });
        await inWorld(world, line.holds);
      });
      for (const variant of line.broken.kafka ?? []) {
        it(`catches ${nameOf(variant)}: ${line.name}`, async () => {
          const options = { patienceMs: PATIENCE_MS, wayPatienceMs: WAY_PATIENCE_MS };
          const world = await kafkaWorld(broker, variant, options);
          await expect(inWorld(world, line.holds)).rejects.toThrow(CAUGHT);
        });
      }
    }
  });
}
