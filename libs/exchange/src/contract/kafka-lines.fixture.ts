import { expect } from '@jest/globals';
import type { DeliveredFact } from '@writ/contracts';
import type { StoredPlace } from '../join-on.js';
import { encodeFact } from '../kafka/message.js';
import { KafkaFactPublisher } from '../kafka/publisher.kafka.js';
import { factsTopic } from '../kafka/topics.js';
import { loadPlaces } from '../place-store.postgres.js';
import type { FactPublisher } from '../relay.js';
import { RelayService } from '../relay.postgres.js';
import { blinded, type KafkaWorld } from './kafka-world.fixture.js';
import { CONSUMER, expectedOf } from './lab.fixture.js';
import { mixed, subjectIn } from './test-ledger.fixture.js';
import { TopicProbe } from './topic-probe.fixture.js';
import type { Variant } from './world.fixture.js';

/** One demand that only a broker can put to the test, and the variant that must be caught. */
export type KafkaLine = {
  name: string;
  holds(world: KafkaWorld): Promise<void>;
  broken: Variant;
  /** What the test says when it has caught it. */
  caught: RegExp;
};

const FACTS = 60;
const PATIENCE_MS = 30_000;
/** What a broken relay has not published by then, it never will. */
const BROKEN_PATIENCE_MS = 4_000;
const { way: BLIND } = { way: 'ledger-not-looked-at' } as const;

export const KAFKA_LINES: KafkaLine[] = [
  {
    name: 'the relay is one, however many are started',
    holds: async (world) => {
      await world.startRelay();
      world.ledger.record(...mixed(FACTS));
      await world.wholeOnTheWay();
      // The places of both have passed the end when each has seen a fact that came later.
      world.ledger.record({ subject: subjectIn(1) });
      await world.wholeOnTheWay();
      expect(await world.probe.count()).toBe(FACTS + 1);
    },
    broken: { way: 'no-relay-lock' },
    caught: /toBe/,
  },
  {
    name: 'the relay publishes again what topics lack that were deleted and made anew',
    holds: async (world) => {
      world.ledger.record(...mixed(FACTS));
      await world.wholeOnTheWay();
      await world.pause();
      await world.probe.deleteTopics();
      await world.startRelay();
      await world.probe.untilTopicsExist(PATIENCE_MS);
      await world.wholeOnTheWay();
      const running = await world.start();
      await world.lab.settled();
      expect(await world.lab.folded()).toEqual(expectedOf(world.ledger.all()));
      await running.stop();
    },
    broken: { way: 'topics-not-looked-at' },
    caught: /never published/,
  },
  {
    name: 'the relay refuses topics with another partition count',
    holds: async (world) => {
      await world.pause();
      const prefix = `${world.prefix}wrong.`;
      await world.probe.createTopic(factsTopic('court', prefix), 31);
      expect(await told({ ...world, prefix })).toBe(
        `${prefix}court.facts has 31 partitions, not 32`,
      );
    },
    broken: { way: BLIND },
    caught: /published nevertheless/,
  },
  {
    name: 'another generation of topics is published from the start',
    holds: async (world) => {
      world.ledger.record(...mixed(FACTS));
      await world.wholeOnTheWay();
      await world.pause();
      await publishedAnew(world);
    },
    broken: { way: 'one-place-for-all' },
    caught: /never published/,
  },
  {
    name: 'the relay stops loudly when the topics hold more than a ledger that ends before',
    holds: (world) => holdsMore(world, 'restoreTo', [], /^alarm: .* ends before/),
    broken: { way: BLIND },
    caught: /published nevertheless/,
  },
  {
    name: 'the relay stops loudly at other facts of a later epoch',
    holds: (world) => holdsMore(world, 'restoreTo', mixed(FACTS), /^alarm: .* another fact there/),
    broken: { way: BLIND },
    caught: /published nevertheless/,
  },
  {
    name: 'the relay stops loudly at other facts of the same epoch',
    holds: (world) => holdsMore(world, 'forgetFrom', mixed(FACTS), /^alarm: .* another fact there/),
    broken: { way: BLIND },
    caught: /published nevertheless/,
  },
  {
    name: 'the relay stops loudly at a topic that ends with what names no fact',
    holds: async (world) => {
      world.ledger.record(...mixed(FACTS));
      await world.wholeOnTheWay();
      await world.pause();
      const topic = factsTopic('court', world.prefix);
      await world.probe.send(topic, 1, { value: '{}', headers: { ce_position: 'x' } });
      expect(await told(world)).toMatch(/^alarm: .*court\.facts\/1 ends with what names no fact/);
    },
    broken: { way: BLIND },
    caught: /published nevertheless/,
  },
  {
    name: 'a bucket stops at an envelope that cannot be read, and no other does',
    holds: async (world) => {
      const running = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      const topic = factsTopic('court', world.prefix);
      await world.probe.send(topic, 1, { value: '{}', headers: { ce_position: 'x' } });
      await world.lab.until(() => running.status().stopped.length > 0, 'nothing stopped');
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled([0, 2, 3, 4, 5, 32]);
      const [stopped] = running.status().stopped;
      expect(stopped).toMatchObject({ bucket: 1, reason: 'envelope_cannot_be_read' });
      await running.stop();
    },
    broken: { way: 'unreadable-skipped' },
    caught: /nothing stopped/,
  },
  {
    name: 'a bucket stops at a message that the ledger does not have',
    holds: async (world) => {
      const running = await world.start();
      await compared(world);
      await sendForged(world, 999);
      await world.lab.until(() => running.status().stopped.length > 0, 'nothing stopped');
      world.ledger.record(...mixed(FACTS).filter((entry) => !entry.subject?.startsWith('01')));
      await world.lab.settled();
      expect(running.status().stopped).toEqual([
        { ledger: 'court', bucket: 1, reason: 'message_is_not_in_the_ledger', position: 1_000 },
      ]);
      expect(await world.lab.folded()).toEqual(expectedOf(world.ledger.all()));
      await running.stop();
    },
    // Whoever takes it in must not hear from the ledger, later, that it should not have.
    broken: { consumer: 'no-prev-check', way: 'compared-once' },
    caught: /nothing stopped/,
  },
  {
    name: 'a bucket stops that took in what the ledger does not have, since it joined on',
    holds: async (world) => {
      const running = await world.start();
      await joinedOn(world);
      await world.lab.until(() => running.status().stopped.length > 0, 'nothing stopped');
      const reason = 'consumer_holds_more_than_the_ledger';
      const stopped = [{ ledger: 'court', bucket: 1, reason, position: 1_000 }];
      expect(running.status().stopped).toEqual(stopped);
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled([0, 2, 3, 4, 5, 32]);
      expect(running.status().stopped).toEqual(stopped);
      await running.stop();
    },
    broken: { way: 'compared-once' },
    caught: /nothing stopped/,
  },
  {
    name: 'a place that the ledger cannot be asked about does not count as current',
    holds: async (world) => {
      const running = await world.start();
      await joinedOn(world, () => (world.ledger.outage = new Error('it cannot be reached')));
      // Ten watermarks are told of every other bucket meanwhile.
      const isLeftBehind = async () => {
        const [foreign, other] = await marksOf(world, 1, 2);
        return (other ?? 0) - (foreign ?? 0) > 1_000;
      };
      await world.lab.until(isLeftBehind, 'it counts as current');
      expect(running.status().stopped).toEqual([]);
      world.ledger.outage = undefined;
      await world.lab.until(() => running.status().stopped.length > 0, 'nothing stopped');
      await running.stop();
    },
    broken: { way: 'unvouched-counted' },
    caught: /it counts as current/,
  },
  {
    name: 'a bucket stops that holds another fact than the ledger has there',
    holds: async (world) => {
      const before = await world.start();
      world.ledger.record({ subject: subjectIn(1) }, { subject: subjectIn(2) });
      await world.lab.settled();
      await before.stop();
      await world.pause();
      await world.probe.deleteTopics();
      world.ledger.forgetFrom(1);
      world.ledger.record({ subject: subjectIn(2) });
      await world.lab.pool.query('DELETE FROM exchange.relay_place');
      await world.startRelay();
      const after = await world.start();
      await world.lab.until(() => after.status().stopped.length > 0, 'nothing stopped');
      const reason = 'ledger_holds_another_fact';
      const stopped = [{ ledger: 'court', bucket: 2, reason, position: 1 }];
      expect(after.status().stopped).toEqual(stopped);
      await after.stop();
    },
    broken: { consumer: 'no-prev-check', way: 'watermarks-not-looked-at' },
    caught: /nothing stopped/,
  },
  {
    name: 'a bucket is brought on from the ledger when the last message of a topic was lost',
    holds: async (world) => {
      world.drop(FACTS - 2);
      const running = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      expect(await world.lab.folded()).toEqual(expectedOf(world.ledger.all()));
      await running.stop();
    },
    broken: { way: 'watermarks-not-looked-at' },
    caught: /did not reach the end/,
  },
];

/** A relay of another generation; the broken one goes on where the first generation ends. */
async function publishedAnew(world: KafkaWorld): Promise<void> {
  const { brokers, ledger, lab, variant } = world;
  const prefix = `${world.prefix}g2.`;
  const isBroken = variant.way === 'one-place-for-all';
  const options = { brokers, clientId: 'relay', ledger: 'court' as const, topicPrefix: prefix };
  const relay = new RelayService({
    ledger: 'court',
    reader: ledger.reader(),
    publisher: blinded(new KafkaFactPublisher(options), variant, ledger),
    clock: { now: () => new Date() },
    connectionString: lab.database.writer,
    generation: isBroken ? world.prefix : prefix,
    watermarkMs: 100,
  });
  relay.start();
  const probe = await TopicProbe.open(brokers, prefix);
  try {
    await probe.untilTopicsExist(PATIENCE_MS);
    const published = await probe.whole(FACTS, isBroken ? BROKEN_PATIENCE_MS : PATIENCE_MS);
    expect(published).toEqual(expectedOf(ledger.all()));
  } finally {
    await relay.stop();
    await probe.close();
  }
}

/** Resolves when facts are applied and places compared, as after a start. @returns bucket 1's */
async function compared(world: KafkaWorld): Promise<number> {
  world.ledger.record(...mixed(FACTS));
  await world.lab.settled();
  const { position } = lastOfBucketOne(world);
  await world.lab.until(() => world.asked.has(position - 1), 'it was never compared');
  return position;
}

/** A message of nobody that names the place of bucket 1 as its `prev`, long after the start. */
async function joinedOn(world: KafkaWorld, before: () => void = () => undefined): Promise<void> {
  const place = await compared(world);
  before();
  await sendForged(world, place);
  const isTaken = async () => (await placesOf(world, 1))[0]?.place === 1_000;
  await world.lab.until(isTaken, 'it was never taken in');
}

/** Sends a fact that the ledger does not have, as whole as any: headers and text agree. */
async function sendForged(world: KafkaWorld, prev: number): Promise<void> {
  const { canonical, ...last } = lastOfBucketOne(world);
  const text = canonical.replace(`"position":${last.position}`, '"position":1000');
  const message = encodeFact({ ...last, canonical: text, position: 1_000, prev });
  await world.probe.send(factsTopic('court', world.prefix), 1, message);
}

function lastOfBucketOne({ ledger }: KafkaWorld): DeliveredFact {
  const last = ledger.all().findLast(({ bucket }) => bucket === 1);
  if (!last) throw new Error('bucket 1 is empty');
  return last;
}

function placesOf({ lab }: KafkaWorld, ...buckets: number[]): Promise<StoredPlace[]> {
  const keys = buckets.map((bucket) => ({ ledger: 'court' as const, bucket }));
  return loadPlaces(lab.pool, CONSUMER, keys);
}

/** @returns the time of the newest watermark applied, per bucket, in ms */
async function marksOf(world: KafkaWorld, ...buckets: number[]): Promise<(number | undefined)[]> {
  const places = await placesOf(world, ...buckets);
  return places.map(({ watermark }) => watermark && Date.parse(watermark.at));
}

/** The ledger is restored to 20 facts, its relay's place with it; other facts may follow. */
async function holdsMore(
  world: KafkaWorld,
  restored: 'restoreTo' | 'forgetFrom',
  later: ReturnType<typeof mixed>,
  expected: RegExp,
): Promise<void> {
  world.ledger.record(...mixed(FACTS));
  await world.wholeOnTheWay();
  await world.pause();
  world.ledger[restored](20);
  world.ledger.record(...later);
  await world.lab.pool.query('UPDATE exchange.relay_place SET place = 19, leaf = NULL');
  expect(await told(world)).toMatch(expected);
}

/** What a relay tells: why it stopped for good, its trouble, or that it publishes. */
async function told(world: KafkaWorld): Promise<string> {
  const { brokers, prefix, ledger, lab, variant } = world;
  const options = { brokers, clientId: 'relay', ledger: 'court' as const, topicPrefix: prefix };
  const real = new KafkaFactPublisher(options);
  const relays: RelayService[] = [];
  const message = await new Promise<string>((resolve) => {
    const publisher = variant.way === BLIND ? unquestioning(real) : real;
    const relay = new RelayService({
      ledger: 'court',
      reader: ledger.reader(),
      publisher: tellingOf(publisher, () => resolve('published nevertheless')),
      clock: { now: () => new Date() },
      connectionString: lab.database.writer,
      generation: prefix,
      watermarkMs: 100,
      onAlarm: (text) => resolve(`alarm: ${text}`),
      onTrouble: resolve,
    });
    relays.push(relay);
    relay.start();
  });
  await Promise.all(relays.map((relay) => relay.stop()));
  return message;
}

/** A watermark is published by whoever found nothing wrong, though there be no fact to publish. */
function tellingOf(publisher: FactPublisher, isPublishing: () => void): FactPublisher {
  return {
    open: () => publisher.open(),
    newest: () => publisher.newest(),
    publish: (facts) => publisher.publish(facts),
    publishWatermarks: async (watermarks) => {
      await publisher.publishWatermarks(watermarks);
      isPublishing();
    },
    close: () => publisher.close(),
  };
}

/** The broken publisher: takes any topics, and sees nothing in them. */
function unquestioning(publisher: FactPublisher): FactPublisher {
  return {
    open: () => publisher.open().catch(() => undefined),
    newest: async () => [],
    publish: (facts) => publisher.publish(facts),
    publishWatermarks: (watermarks) => publisher.publishWatermarks(watermarks),
    close: () => publisher.close(),
  };
}
