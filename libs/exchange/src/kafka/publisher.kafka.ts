import {
  REFERENCE_BUCKET,
  type DeliveredFact,
  type LedgerName,
  type Watermark,
} from '@writ/contracts';
import type { Admin, Kafka } from 'kafkajs';
import type { FactPublisher, Published } from '../relay.js';
import { kafkaClient, type KafkaConnection } from './client.kafka.js';
import { LaneProducer } from './lane-producer.kafka.js';
import { encodeFact, encodeWatermark } from './message.js';
import { SEND_TIMEOUT_MS, type Lane } from './send-lane.kafka.js';
import { ensureTopics, newestOf } from './topic-admin.kafka.js';
import {
  factAddress,
  factsTopic,
  referenceTopic,
  topicsOf,
  watermarkPartition,
  watermarksTopic,
} from './topics.js';

export type KafkaPublisherOptions = KafkaConnection & {
  ledger: LedgerName;
  /** Of a topic generation. */
  topicPrefix?: string;
  /** Copies of each partition; 1 unless the cluster has several brokers. */
  replication?: number;
};

/** Publishes facts and watermarks of one ledger; rejected: publish the whole batch again. */
export class KafkaFactPublisher implements FactPublisher {
  private readonly kafka: Kafka;
  private readonly producer: LaneProducer;
  private admin: Admin | undefined;

  constructor(private readonly options: KafkaPublisherOptions) {
    this.kafka = kafkaClient(options);
    this.producer = new LaneProducer(this.kafka);
  }

  async open(): Promise<void> {
    const { ledger, topicPrefix, replication } = this.options;
    this.admin = this.kafka.admin();
    await this.admin.connect();
    await ensureTopics(this.admin, topicsOf(ledger, topicPrefix), replication ?? 1);
  }

  async newest(): Promise<Published[]> {
    const { ledger, topicPrefix } = this.options;
    if (!this.admin) throw new Error('the publisher is not open');
    const reference = referenceTopic(ledger, topicPrefix);
    const topics = [factsTopic(ledger, topicPrefix), reference];
    const group = `${topicPrefix ?? ''}writ-relay-${ledger}`;
    const newest = await newestOf(this.kafka, this.admin, topics, group);
    return newest.map((message) => {
      const bucket = message.topic === reference ? REFERENCE_BUCKET : message.partition;
      return { ...message, bucket };
    });
  }

  async publish(facts: readonly DeliveredFact[]): Promise<void> {
    const lanes = new Map<number, Lane>();
    for (const fact of facts) {
      const lane = lanes.get(fact.bucket) ?? {
        ...factAddress(fact.ledger, fact.bucket, this.options.topicPrefix),
        messages: [],
      };
      lane.messages.push(encodeFact(fact));
      lanes.set(fact.bucket, lane);
    }
    await this.producer.send(lanes.values());
  }

  /** One request for all partitions: a lost watermark is replaced by the next. */
  async publishWatermarks(watermarks: readonly Watermark[]): Promise<void> {
    const { ledger, topicPrefix } = this.options;
    await this.producer.sendReplaceable({
      topic: watermarksTopic(ledger, topicPrefix),
      acks: -1,
      timeout: SEND_TIMEOUT_MS,
      messages: watermarks.map((watermark) => ({
        ...encodeWatermark(watermark),
        partition: watermarkPartition(watermark.bucket),
      })),
    });
  }

  async close(): Promise<void> {
    await this.producer.close();
    await this.admin?.disconnect().catch(() => undefined);
    this.admin = undefined;
  }
}
