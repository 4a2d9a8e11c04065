import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { kafkaClassPath, type Kafka } from '@writ/local-servers';
import { factsTopic, watermarksTopic } from '../kafka/topics.js';
import { KAFKA_LINES } from './kafka-lines.fixture.js';
import { kafkaWorld, type KafkaWorld } from './kafka-world.fixture.js';
import { subjectIn } from './test-ledger.fixture.js';
import { nameOf, type Variant } from './world.fixture.js';

const PATIENCE_MS = 30_000;
/** What a broken variant has not done by then, it never will. */
const BROKEN_PATIENCE_MS = 4_000;
const run = promisify(execFile);

/** What only a broker can show. */
export function kafkaOnly(kafka: Kafka, note: (line: string) => void): void {
  const inWorld = async (
    use: (world: KafkaWorld) => Promise<void>,
    variant: Variant = {},
    patienceMs = PATIENCE_MS,
  ) => {
    const world = await kafkaWorld(kafka, variant, { patienceMs });
    try {
      await use(world);
    } finally {
      await world.close();
    }
  };

  describe('over Kafka alone', () => {
    for (const { name, holds, broken, caught } of KAFKA_LINES) {
      it(name, () => inWorld(holds));
      it(`catches ${nameOf(broken)}: ${name}`, async () => {
        await expect(inWorld(holds, broken, BROKEN_PATIENCE_MS)).rejects.toThrow(caught);
      });
    }
  });

  consoleConsumer(inWorld, note);
}

type InWorld = (use: (world: KafkaWorld) => Promise<void>) => Promise<void>;

function consoleConsumer(inWorld: InWorld, note: (line: string) => void): void {
  // Its jars come with deploy/kafka-local, wherever the broker came from.
  const readTopic = async (world: KafkaWorld, topic: string, ...args: string[]) => {
    const classPath = await kafkaClassPath().catch((error: unknown) => {
      if (process.env['WRIT_REQUIRE_KAFKA'] === '1') throw error;
      note("KAFKA'S CONSOLE CONSUMER IS NOT SHOWN: its jars need a JDK 17+ and Maven");
      return undefined;
    });
    if (classPath === undefined) return undefined;
    const { stdout } = await run('java', [
      ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', classPath],
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      ...['--bootstrap-server', world.brokers.join(','), '--topic', topic, '--from-beginning'],
      ...args,
    ]);
    return stdout;
  };

  describe("Kafka's own console consumer", () => {
    it('reads the facts, envelope and all', () =>
      inWorld(async (world) => {
        const [fact] = world.ledger.record({ subject: subjectIn(1) });
        await world.wholeOnTheWay();
        const stdout = await readTopic(
          world,
          factsTopic('court', world.prefix),
          ...['--max-messages', '1', '--timeout-ms', '20000'],
          ...['--property', 'print.headers=true', '--property', 'print.partition=true'],
        );
        if (stdout === undefined) return;
        expect(stdout).toContain('Partition:1');
        expect(stdout).toContain('ce_specversion:1.0');
        expect(stdout).toContain('ce_id:court/1/0');
        expect(stdout).toContain(fact?.canonical);
      }));

    it('finds a watermark of every bucket', () =>
      inWorld(async (world) => {
        const topic = watermarksTopic('court', world.prefix);
        while ((await world.probe.count(topic).catch(() => 0)) < 33);
        await world.pause();
        // Ends when nothing comes any more: the relay is paused.
        const stdout = await readTopic(world, topic, '--timeout-ms', '3000');
        if (stdout === undefined) return;
        const marks = stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line) as { bucket: number });
        expect(new Set(marks.map(({ bucket }) => bucket)).size).toBe(33);
      }));
  });
}
