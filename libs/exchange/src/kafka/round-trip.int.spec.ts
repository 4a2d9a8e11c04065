import { afterAll, describe, expect, it } from '@jest/globals';
import { HOW_TO_GET_KAFKA, obtainKafka } from '@writ/local-servers';
import { Kafka, logLevel } from 'kafkajs';

const note = (line: string) => void process.stderr.write(`${line}\n`);
const broker = await obtainKafka({ note });
if (!broker) note(`KAFKA TESTS ARE SKIPPED: there is no Kafka. To get one, ${HOW_TO_GET_KAFKA}.`);
afterAll(() => broker?.close());

if (!broker && process.env['WRIT_REQUIRE_KAFKA'] === '1') throw new Error('Kafka is required');
const withKafka: (name: string, tests: () => void) => void = broker ? describe : describe['skip'];

/** kafkajs is older than Kafka 4: this shows that the two still speak, call by call. */
withKafka('kafkajs and Apache Kafka 4', () => {
  const brokers = broker?.brokers ?? [];
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });

  it('creates, sends, consumes in a group, asks offsets, describes and deletes', async () => {
    const topic = 'round-trip';
    const groupId = 'round-trip-readers';
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 2, replicationFactor: 1 }] });

    const producer = kafka.producer();
    await producer.connect();
    const sent = await producer.send({
      topic,
      acks: -1,
      messages: [{ partition: 1, key: 'k', value: 'v', headers: { h: '1' } }],
    });
    expect(sent).toMatchObject([{ partition: 1, errorCode: 0, baseOffset: '0' }]);

    const consumer = kafka.consumer({ groupId });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const value = await new Promise<string | undefined>((resolve, reject) => {
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => resolve(batch.messages[0]?.value?.toString()),
        })
        .catch(reject);
    });
    expect(value).toBe('v');

    const offsets = await admin.fetchTopicOffsets(topic);
    expect(offsets.find(({ partition }) => partition === 1)).toMatchObject({ high: '1' });
    const { groups } = await admin.describeGroups([groupId]);
    expect(groups).toMatchObject([{ groupId, state: 'Stable' }]);

    await consumer.disconnect();
    await producer.disconnect();
    await admin.deleteTopics({ topics: [topic] });
    expect(await admin.listTopics()).not.toContain(topic);
    await admin.disconnect();
  });
});
