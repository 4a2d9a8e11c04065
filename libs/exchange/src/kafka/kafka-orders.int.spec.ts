import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { intakeTopics } from '@writ/contracts';
import { HOW_TO_GET_KAFKA, obtainKafka } from '@writ/local-servers';
import type { Admin, Consumer } from 'kafkajs';
import { kafkaClient } from './client.kafka.js';
import { KafkaOrders, type IncomingOrder, type OrderAnswer } from './kafka-orders.kafka.js';
import { ensureTopics, offsetsOf } from './topic-admin.kafka.js';
import { intakeShapes } from './topics.js';
import { TopicProbe } from '../contract/topic-probe.fixture.js';

const { intake, replies, refused } = intakeTopics('regulatory');

type Reply = { partition: number; id: string; value: string };
type Answering = (
  orders: readonly IncomingOrder[],
  isOurs: () => boolean,
) => Promise<OrderAnswer[] | undefined>;

const placeOf = ({ topic, partition, offset }: IncomingOrder) => `${topic}/${partition}/${offset}`;

/** Says back what came, under the place it came from. */
const echo: Answering = async (orders) =>
  orders.map((order) => {
    const value = order.value?.toString('utf8') ?? '';
    const to = value === 'unreadable' ? 'refused' : 'replies';
    return { to, key: null, value, headers: { ce_id: placeOf(order) } };
  });

const note = (line: string) => void process.stderr.write(`${line}\n`);
const kafka = await obtainKafka({ note });
if (!kafka) {
  note(
    `TESTS OF ORDERS OVER KAFKA ARE SKIPPED: there is no Kafka. To get one, ${HOW_TO_GET_KAFKA}.`,
  );
  if (process.env['WRIT_REQUIRE_KAFKA'] === '1') throw new Error('Kafka is required');
}
const brokers = kafka?.brokers ?? [];

(kafka ? describe : describe['skip'])('orders over Kafka', () => {
  const client = kafkaClient({ brokers, clientId: 'orders-probe' });
  let probe: TopicProbe;
  let admin: Admin;
  let consumer: Consumer;
  const heard: Reply[] = [];
  const heardSome: (() => void)[] = [];

  beforeAll(async () => {
    probe = await TopicProbe.open(brokers, 'no-such-prefix.');
    admin = client.admin();
    await admin.connect();
    await ensureTopics(admin, intakeShapes('regulatory'), 1);
    consumer = client.consumer({ groupId: 'orders-probe', maxWaitTimeInMs: 50 });
    await consumer.connect();
    await consumer.subscribe({ topics: [replies.name, refused.name], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic, partition, message }) => {
        const at = topic === refused.name ? -1 : partition;
        const id = String(message.headers?.['ce_id']);
        heard.push({ partition: at, id, value: String(message.value) });
        for (const tell of heardSome.splice(0)) tell();
      },
    });
  });
  afterAll(async () => {
    await consumer?.disconnect();
    await admin?.disconnect();
    await probe?.close();
    await kafka?.close();
  });

  const send = (partition: number, value: string) =>
    probe.send(intake.name, partition, { value, headers: {} });

  /** Looks again at each reply. */
  async function until(isThere: () => boolean): Promise<void> {
    while (!isThere()) await new Promise<void>((resolve) => heardSome.push(resolve));
  }
  const valuesIn = (partition: number) =>
    heard.filter((reply) => reply.partition === partition).map(({ value }) => value);

  async function whileAnswering(answer: Answering, use: () => Promise<void>): Promise<void> {
    const orders = new KafkaOrders({
      brokers,
      clientId: 'orders',
      service: 'regulatory',
      deleteMs: 100,
      answer,
    });
    await orders.start();
    try {
      await use();
    } finally {
      await orders.stop();
    }
  }

  it('are answered in their partition, in order, under the place they stand at', () =>
    whileAnswering(echo, async () => {
      await send(5, 'a');
      await send(5, 'b');
      await send(6, 'c');
      await send(6, 'unreadable');
      await until(() => heard.length === 4);
      expect(valuesIn(5)).toEqual(['a', 'b']);
      expect(valuesIn(6)).toEqual(['c']);
      expect(valuesIn(-1)).toEqual(['unreadable']);
      const first = heard.find(({ value }) => value === 'a');
      expect(first?.id).toBe(`${intake.name}/5/0`);
    }));

  it('come again when answering fails, and none is passed over', async () => {
    let failures = 0;
    const failing: Answering = async (orders, isOurs) => {
      if (orders.some(({ partition }) => partition === 7) && failures++ === 0) {
        throw new TypeError('made up');
      }
      return echo(orders, isOurs);
    };
    await whileAnswering(failing, async () => {
      await send(7, 'd');
      await until(() => valuesIn(7).includes('d'));
    });
    expect(failures).toBeGreaterThan(1);
  });

  it('that a stopping process has left are answered by the next', async () => {
    let seen: () => void = () => undefined;
    const wasSeen = new Promise<void>((resolve) => (seen = resolve));
    const stopping: Answering = async () => {
      seen();
      return undefined;
    };
    await whileAnswering(stopping, async () => {
      await send(8, 'e');
      await wasSeen;
    });
    expect(valuesIn(8)).toEqual([]);
    await whileAnswering(echo, () => until(() => valuesIn(8).includes('e')));
    expect(valuesIn(8)).toEqual(['e']);
  });

  it('that wait hold up their own partition alone', async () => {
    const answering: Answering = async (orders, isOurs) => {
      const isWaiting = orders.some(({ partition }) => partition === 9);
      if (isWaiting) await until(() => valuesIn(10).includes('g') || !isOurs());
      return echo(orders, isOurs);
    };
    await whileAnswering(answering, async () => {
      await send(9, 'f');
      await send(10, 'g');
      await until(() => valuesIn(9).includes('f'));
    });
    const values = heard.map(({ value }) => value);
    expect(values.indexOf('g')).toBeLessThan(values.indexOf('f'));
  }, 20_000);

  it('are deleted from their topic once they are answered', () =>
    whileAnswering(echo, async () => {
      await send(11, 'h');
      await until(() => valuesIn(11).includes('h'));
      const held = async () =>
        (await offsetsOf(admin, intake.name)).find(({ partition }) => partition === 11);
      for (let at = await held(); at?.low !== at?.high; at = await held());
      expect((await held())?.high).toBe(1n);
    }));
});
