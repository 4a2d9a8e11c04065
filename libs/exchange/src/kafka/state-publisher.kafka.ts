import { bucketOf, STATE_MARK_KEY, type StateMark } from '@writ/contracts';
import type { Kafka } from 'kafkajs';
import { kafkaClient, type KafkaConnection } from './client.kafka.js';
import { LaneProducer } from './lane-producer.kafka.js';
import type { OutgoingMessage } from './message.js';
import type { Lane } from './send-lane.kafka.js';
import { ensureTopics } from './topic-admin.kafka.js';
import { stateTopic, stateTopicShape } from './topics.js';

/** A subject's newest state, as the projection has it; null once there is none. */
export type SubjectState = { subject: string; canonical: string | null };

/**
 * Writes the compacted topic `projection.state`: the newest state per subject, for subscribers who
 * want no history. At least once and in order per subject; a state missed is replaced by the next.
 */
export class KafkaStatePublisher {
  private readonly kafka: Kafka;
  private readonly producer: LaneProducer;

  constructor(
    private readonly options: KafkaConnection & { topicPrefix?: string; replication?: number },
  ) {
    this.kafka = kafkaClient(options);
    this.producer = new LaneProducer(this.kafka);
  }

  /** @throws Error when the topic has another partition count than there are subject buckets */
  async open(): Promise<void> {
    const { topicPrefix, replication } = this.options;
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      await ensureTopics(admin, [stateTopicShape(topicPrefix)], replication ?? 1);
    } finally {
      await admin.disconnect();
    }
  }

  /** Resolves when all are acknowledged; rejected: publish them (or newer ones) again. */
  async publish(states: readonly SubjectState[]): Promise<void> {
    const lanes = new Map<number, Lane>();
    const topic = stateTopic(this.options.topicPrefix);
    for (const { subject, canonical } of states) {
      const partition = bucketOf(subject);
      const lane = lanes.get(partition) ?? { topic, partition, messages: [] };
      lane.messages.push(messageOf(subject, canonical));
      lanes.set(partition, lane);
    }
    await this.producer.send(lanes.values());
  }

  /** After the states it speaks of were acknowledged. */
  async mark(marks: readonly StateMark[]): Promise<void> {
    const topic = stateTopic(this.options.topicPrefix);
    await this.producer.send(
      marks.map((mark) => {
        const messages = [messageOf(STATE_MARK_KEY, JSON.stringify(mark))];
        return { topic, partition: mark.bucket, messages };
      }),
    );
  }

  async close(): Promise<void> {
    await this.producer.close();
  }
}

function messageOf(key: string, value: string | null): OutgoingMessage {
  return { key, value, headers: { 'content-type': 'application/json' } };
}
