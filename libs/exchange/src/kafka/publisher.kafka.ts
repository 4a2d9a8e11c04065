import type { DeliveredFact, LedgerName, Watermark } from '@writ/contracts';
import { Partitioners, type Admin, type Kafka, type Message, type Producer } from 'kafkajs';
import type { FactPublisher, Published } from '../relay.js';
import { kafkaClient, type KafkaConnection } from './client.kafka.js';
import { encodeFact, encodeWatermark, type OutgoingMessage } from './message.js';
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

/** Well below the broker's limit of 1 MiB per batch, headers not counted. */
const SEND_BYTES_MAX = 500_000;
const SEND_MESSAGES_MAX = 1_000;
const SEND_TIMEOUT_MS = 10_000;

type Lane = { topic: string; partition: number; messages: OutgoingMessage[] };

/**
 * Publishes facts so that kafkajs cannot lose one: one send carries one topic-partition and its
 * response is checked; a lane per partition has one send in flight; after any rejected send the
 * producer is thrown away and the caller publishes the whole batch again. Not idempotent on
 * purpose: kafkajs would use a rejected batch's sequence numbers again, and consumers drop
 * duplicates anyway.
 */
export class KafkaFactPublisher implements FactPublisher {
  private readonly kafka: Kafka;
  private producer: Producer | undefined;
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
    const topics = [factsTopic(ledger, topicPrefix), referenceTopic(ledger, topicPrefix)];
    return newestOf(this.kafka, this.admin, topics, `${topicPrefix ?? ''}writ-relay-${ledger}`);
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
    const producer = await this.connected();
    // All lanes settle before anything is published again, so that no old send overtakes a new.
    const sends = await Promise.allSettled(
      [...lanes.values()].map((lane) => sendLane(producer, lane)),
    );
    const failed = sends.find((send) => send.status === 'rejected');
    if (failed) {
      await this.throwProducerAway();
      throw failed.reason;
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

  private async connected(): Promise<Producer> {
    if (this.producer) return this.producer;
    const producer = this.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      idempotent: false,
      metadataMaxAge: 30_000,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
    });
    await producer.connect();
    this.producer = producer;
    return producer;
  }

  private async throwProducerAway(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.disconnect().catch(() => undefined);
  }
}

/** Sends a partition's messages in order, one send at a time. */
async function sendLane(producer: Producer, { topic, partition, messages }: Lane): Promise<void> {
  for (const chunk of chunked(messages)) {
    const records: Message[] = chunk.map((message) => ({ ...message, partition }));
    const timeout = SEND_TIMEOUT_MS;
    const response = await producer.send({ topic, acks: -1, timeout, messages: records });
    const [only] = response;
    const isWhole =
      response.length === 1 &&
      only?.topicName === topic &&
      only.partition === partition &&
      only.errorCode === 0 &&
      only.baseOffset !== undefined;
    if (!isWhole) throw new Error(`${topic}/${partition} was not acknowledged`);
  }
}

/** Bounds one send by messages and bytes. */
export function* chunked(messages: readonly OutgoingMessage[]): Generator<OutgoingMessage[]> {
  let chunk: OutgoingMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.value);
    const isFull = bytes + size > SEND_BYTES_MAX || chunk.length === SEND_MESSAGES_MAX;
    if (isFull && chunk.length > 0) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(message);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
