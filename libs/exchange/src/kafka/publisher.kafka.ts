import {
  REFERENCE_BUCKET,
  type DeliveredFact,
  type LedgerName,
  type Watermark,
} from '@writ/contracts';
import { Partitioners, type Admin, type Kafka, type Producer } from 'kafkajs';
import type { FactPublisher, Published } from '../relay.js';
import { kafkaClient, type KafkaConnection } from './client.kafka.js';
import { encodeFact, encodeWatermark } from './message.js';
import { SEND_TIMEOUT_MS, sendLanes, type Lane } from './send-lane.kafka.js';
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

/**
 * Publishes facts so that kafkajs cannot lose one: one send carries one topic-partition and its
 * response is checked; a lane per partition has one send in flight; after any rejected send the
 * producer is thrown away and the caller publishes the whole batch again. Not idempotent on
 * purpose: kafkajs would use a rejected batch's sequence numbers again, and consumers drop
 * duplicates anyway.
 */
export class KafkaFactPublisher implements FactPublisher {
  private readonly kafka: Kafka;
  /** Connected once, however many ask meanwhile: whoever comes second would leave one behind. */
  private producer: Promise<Producer> | undefined;
  private admin: Admin | undefined;

  constructor(private readonly options: KafkaPublisherOptions) {
    this.kafka = kafkaClient(options);
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
    try {
      await sendLanes(await this.connected(), lanes.values());
    } catch (error) {
      await this.throwProducerAway();
      throw error;
    }
  }

  /** One request for all partitions: a lost watermark is replaced by the next. */
  async publishWatermarks(watermarks: readonly Watermark[]): Promise<void> {
    const { ledger, topicPrefix } = this.options;
    const producer = await this.connected();
    await producer.send({
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
    await this.throwProducerAway();
    await this.admin?.disconnect().catch(() => undefined);
    this.admin = undefined;
  }

  private connected(): Promise<Producer> {
    if (this.producer) return this.producer;
    const connecting = this.connect();
    this.producer = connecting;
    connecting.catch(() => {
      if (this.producer === connecting) this.producer = undefined;
    });
    return connecting;
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      idempotent: false,
      metadataMaxAge: 30_000,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  private async throwProducerAway(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.then((connected) => connected.disconnect()).catch(() => undefined);
  }
}
