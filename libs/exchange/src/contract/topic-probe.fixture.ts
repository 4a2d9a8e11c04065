import { REFERENCE_BUCKET } from '@writ/contracts';
import type { Admin, Kafka } from 'kafkajs';
import { kafkaClient } from '../kafka/client.kafka.js';
import { offsetsOf } from '../kafka/topic-admin.kafka.js';
import { factsTopic, referenceTopic, topicsOf } from '../kafka/topics.js';

/** A test's own eyes and hands on the topics of one ledger. */
export class TopicProbe {
  private constructor(
    private readonly kafka: Kafka,
    private readonly admin: Admin,
    private readonly prefix: string,
  ) {}

  static async open(brokers: string[], prefix: string): Promise<TopicProbe> {
    const kafka = kafkaClient({ brokers, clientId: 'probe' });
    const admin = kafka.admin();
    await admin.connect();
    return new TopicProbe(kafka, admin, prefix);
  }

  /** Resolves when the relay has made its topics and every partition has a leader. */
  async untilTopicsExist(patienceMs: number): Promise<void> {
    const deadline = performance.now() + patienceMs;
    const wanted = topicsOf('court', this.prefix).map(({ topic }) => topic);
    for (;;) {
      try {
        for (const topic of wanted) await offsetsOf(this.admin, topic);
        return;
      } catch (error) {
        if (performance.now() > deadline) throw error;
      }
    }
  }

  /**
   * Waits for so many different facts in the topics.
   *
   * @returns their positions, per bucket, in order
   * @throws Error when they are not there in time
   */
  async whole(count: number, patienceMs: number): Promise<Map<number, number[]>> {
    const byBucket = new Map<number, number[]>();
    const consumer = this.kafka.consumer({ groupId: `${this.prefix}probe`, maxWaitTimeInMs: 50 });
    await consumer.connect();
    const topics = [factsTopic('court', this.prefix), referenceTopic('court', this.prefix)];
    await consumer.subscribe({ topics, fromBeginning: true });
    const seen = new Set<number>();
    const allSeen = new Promise<void>((resolve, reject) => {
      const late = () => reject(new Error(`never published: ${count - seen.size} of ${count}`));
      const timer = setTimeout(late, patienceMs);
      consumer
        .run({
          autoCommit: false,
          eachMessage: async ({ topic, partition, message }) => {
            const bucket = topic === topics[1] ? REFERENCE_BUCKET : partition;
            const position = Number(message.headers?.['ce_position']?.toString());
            byBucket.set(bucket, [...(byBucket.get(bucket) ?? []), position]);
            if (seen.add(position).size < count) return;
            clearTimeout(timer);
            resolve();
          },
        })
        .catch(reject);
      if (count === 0) resolve();
    });
    await allSeen.finally(() => consumer.disconnect());
    return byBucket;
  }

  /** @returns how many messages these topics hold; without any: those of facts */
  async count(...topics: string[]): Promise<number> {
    const facts = [factsTopic('court', this.prefix), referenceTopic('court', this.prefix)];
    let sum = 0n;
    for (const topic of topics.length > 0 ? topics : facts) {
      for (const { low, high } of await offsetsOf(this.admin, topic)) sum += high - low;
    }
    return Number(sum);
  }

  /** Deletes every message that is there now. */
  async truncate(): Promise<void> {
    for (const topic of [factsTopic('court', this.prefix), referenceTopic('court', this.prefix)]) {
      const partitions = (await offsetsOf(this.admin, topic))
        .filter(({ low, high }) => high > low)
        .map(({ partition, high }) => ({ partition, offset: String(high) }));
      if (partitions.length > 0) await this.admin.deleteTopicRecords({ topic, partitions });
    }
  }

  /** Resolves when the topics are gone. The relay must be paused. */
  async deleteTopics(): Promise<void> {
    const ours = async () =>
      (await this.admin.listTopics()).filter((topic) => topic.startsWith(this.prefix));
    await this.admin.deleteTopics({ topics: await ours() });
    while ((await ours()).length > 0);
  }

  async forgetGroup(groupId: string): Promise<void> {
    await this.admin.deleteGroups([groupId]);
  }

  /** Sends one message past the relay: what a stranger, or a zombie, might. */
  async send(
    topic: string,
    partition: number,
    message: { value: string; headers: Record<string, string> },
  ): Promise<void> {
    const producer = this.kafka.producer();
    await producer.connect();
    await producer.send({ topic, messages: [{ ...message, partition }] });
    await producer.disconnect();
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    const topics = [{ topic, numPartitions: partitions, replicationFactor: 1 }];
    await this.admin.createTopics({ topics, waitForLeaders: false });
    while (!(await this.admin.listTopics()).includes(topic));
  }

  async close(): Promise<void> {
    const topics = (await this.admin.listTopics()).filter((topic) => topic.startsWith(this.prefix));
    if (topics.length > 0) await this.admin.deleteTopics({ topics });
    await this.admin.disconnect();
  }
}
