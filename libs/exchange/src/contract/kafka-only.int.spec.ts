import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { HOW_TO_GET_KAFKA, obtainKafka } from '@writ/local-servers';
import { encodeFact } from '../kafka/message.js';
import { KafkaFactPublisher } from '../kafka/publisher.kafka.js';
import { factsTopic, watermarksTopic } from '../kafka/topics.js';
import { RelayService } from '../relay.postgres.js';
import { expectedOf } from './lab.fixture.js';
import { kafkaWorld, type KafkaWorld } from './kafka-world.fixture.js';
import { mixed, subjectIn } from './test-ledger.fixture.js';
import type { Variant } from './world.fixture.js';

const PATIENCE_MS = 30_000;
const FACTS = 60;
const run = promisify(execFile);
const note = (line: string) => void process.stderr.write(`${line}\n`);

const kafka = await obtainKafka({ note });
if (!kafka) note(`KAFKA TESTS ARE SKIPPED: there is no Kafka. To get one, ${HOW_TO_GET_KAFKA}.`);

async function inWorld(use: (world: KafkaWorld) => Promise<void>, variant: Variant = {}) {
  if (!kafka) throw new Error('no Kafka');
  const world = await kafkaWorld(kafka, variant, { patienceMs: PATIENCE_MS });
  try {
    await use(world);
  } finally {
    await world.close();
  }
}

/** A relay that reports why it stopped for good, or what it is in trouble with. */
function relayOn(world: KafkaWorld, told: (message: string) => void): RelayService {
  const { brokers, prefix, ledger, lab } = world;
  const publisher = new KafkaFactPublisher({
    brokers,
    clientId: 'relay',
    ledger: 'court',
    topicPrefix: prefix,
  });
  return new RelayService({
    ledger: 'court',
    reader: ledger.reader(),
    publisher,
    clock: { now: () => new Date() },
    connectionString: lab.database.writer,
    watermarkMs: 100,
    onAlarm: (message) => told(`alarm: ${message}`),
    onTrouble: (message) => told(message),
  });
}

if (!kafka && process.env['WRIT_REQUIRE_KAFKA'] === '1') throw new Error('Kafka is required');
/** Counted as skipped where there is no broker; the loud line stands in the contract's spec. */
const only: (name: string, tests: () => void) => void = kafka ? describe : describe['skip'];

afterAll(() => kafka?.close());

only('the relay', () => {
  const publishedOnce = async (world: KafkaWorld) => {
    await world.startRelay();
    world.ledger.record(...mixed(FACTS));
    await world.wholeOnTheWay();
    // The places of both have passed the end when each has seen a fact that came later.
    world.ledger.record({ subject: subjectIn(1) });
    await world.wholeOnTheWay();
    expect(await world.probe.count()).toBe(FACTS + 1);
  };

  it('is one, however many are started', () => inWorld(publishedOnce));

  it('catches no-relay-lock: is one, however many are started', async () => {
    const caught = inWorld(publishedOnce, { way: 'no-relay-lock' });
    await expect(caught).rejects.toThrow(/toBe/);
  });

  it('refuses topics with another partition count', () =>
    inWorld(async (world) => {
      await world.pause();
      const prefix = `${world.prefix}wrong.`;
      await world.probe.createTopic(factsTopic('court', prefix), 31);
      const message = await new Promise<string>((resolve) => {
        const relay = relayOn({ ...world, prefix }, (told) => {
          if (told.includes('partitions')) void relay.stop().then(() => resolve(told));
        });
        relay.start();
      });
      expect(message).toBe(`${prefix}court.facts has 31 partitions, not 32`);
    }));

  it.each([
    ['a ledger that ends before', 20, [], /ends before/],
    ['a ledger with other facts of a later epoch', 20, mixed(FACTS), /another fact there/],
  ])('stops loudly when the topics hold more than %s', (_, size, later, expected) =>
    inWorld(async (world) => {
      world.ledger.record(...mixed(FACTS));
      await world.wholeOnTheWay();
      await world.pause();
      world.ledger.restoreTo(size);
      world.ledger.record(...later);
      // The relay's own place came back with the backup, too.
      await world.lab.pool.query('UPDATE exchange.relay_place SET place = $1', [size - 1]);
      const message = await new Promise<string>((resolve) => {
        const relay = relayOn(world, (told) => void relay.stop().then(() => resolve(told)));
        relay.start();
      });
      expect(message).toMatch(/^alarm: /);
      expect(message).toMatch(expected);
    }),
  );
});

only('a bucket of a consumer', () => {
  it('stops at an envelope that cannot be read, and no other does', () =>
    inWorld(async (world) => {
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
    }));

  it('stops at a message that the ledger does not have', () =>
    inWorld(async (world) => {
      const running = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      const forged = world.ledger.all().findLast(({ bucket }) => bucket === 1);
      if (!forged) throw new Error('bucket 1 is empty');
      const message = encodeFact({ ...forged, position: 1_000, prev: 999 });
      await world.probe.send(factsTopic('court', world.prefix), 1, message);
      await world.lab.until(() => running.status().stopped.length > 0, 'nothing stopped');
      world.ledger.record(...mixed(FACTS).filter((entry) => !entry.subject?.startsWith('01')));
      await world.lab.settled();
      expect(running.status().stopped).toEqual([
        { ledger: 'court', bucket: 1, reason: 'message_is_not_in_the_ledger', position: 1_000 },
      ]);
      expect(await world.lab.folded()).toEqual(expectedOf(world.ledger.all()));
      await running.stop();
    }));

  it('is brought on from the ledger when the last message of a topic was lost', () =>
    inWorld(async (world) => {
      world.drop(FACTS - 2);
      const running = await world.start();
      world.ledger.record(...mixed(FACTS));
      await world.lab.settled();
      expect(await world.lab.folded()).toEqual(expectedOf(world.ledger.all()));
      await running.stop();
    }));
});

only("Kafka's own console consumer", () => {
  it('reads the facts, envelope and all', () =>
    inWorld(async (world) => {
      if (!kafka?.classPath) return note('console consumer: its jars are not on this machine');
      const [fact] = world.ledger.record({ subject: subjectIn(1) });
      await world.wholeOnTheWay();
      const { stdout } = await run('java', [
        ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', kafka.classPath],
        'org.apache.kafka.tools.consumer.ConsoleConsumer',
        ...['--bootstrap-server', world.brokers.join(',')],
        ...['--topic', factsTopic('court', world.prefix), '--from-beginning'],
        ...['--max-messages', '1', '--timeout-ms', '20000'],
        ...['--property', 'print.headers=true', '--property', 'print.partition=true'],
      ]);
      expect(stdout).toContain('Partition:1');
      expect(stdout).toContain('ce_specversion:1.0');
      expect(stdout).toContain('ce_id:court/1/0');
      expect(stdout).toContain(fact?.canonical);
    }));

  it('finds a watermark of every bucket', () =>
    inWorld(async (world) => {
      if (!kafka?.classPath) return note('console consumer: its jars are not on this machine');
      const topic = watermarksTopic('court', world.prefix);
      while ((await world.probe.count(topic).catch(() => 0)) < 33);
      await world.pause();
      const { stdout } = await run('java', [
        ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', kafka.classPath],
        'org.apache.kafka.tools.consumer.ConsoleConsumer',
        ...['--bootstrap-server', world.brokers.join(',')],
        ...['--topic', topic, '--from-beginning'],
        // Ends when nothing comes any more: the relay is paused.
        ...['--timeout-ms', '3000'],
      ]);
      const marks = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { bucket: number });
      expect(new Set(marks.map(({ bucket }) => bucket)).size).toBe(33);
    }));
});
