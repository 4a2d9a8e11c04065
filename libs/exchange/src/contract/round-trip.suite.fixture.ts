import { describe, expect, it } from '@jest/globals';
import type { Kafka as Broker } from '@writ/local-servers';
import { Kafka, logLevel } from 'kafkajs';

/** kafkajs is older than Kafka 4: this shows that the two still speak, call by call. */
export function roundTrip(broker: Broker): void {
  describe('kafkajs and Apache Kafka 4', () => {
    const kafka = new Kafka({ brokers: broker.brokers, logLevel: logLevel.NOTHING });

    it('create, send, consume in a group, ask offsets, describe and delete', async () => {
      const topic = `round-trip-${process.pid}`;
      const groupId = `round-trip-readers-${process.pid}`;
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
}
