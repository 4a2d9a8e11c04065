import { setTimeout as delay } from 'node:timers/promises';
import type { Admin, Kafka } from 'kafkajs';
import { leafOf } from '../join-on.js';
import { RelayHoldsMore } from '../relay-start.js';
import type { Published } from '../relay.js';
import { namedIn } from './message.js';
import type { TopicShape } from './topics.js';

const NEWEST_MS_MAX = 30_000;
const LEADERS_MS_MAX = 15_000;
const LEADERS_POLL_MS = 50;

/**
 * Creates missing topics and compares the others.
 *
 * @throws Error naming a topic with another partition count: partition = bucket, so growth is a
 *   new topic generation republished from the ledger, never a bigger topic
 */
export async function ensureTopics(
  admin: Admin,
  shapes: readonly TopicShape[],
  replication: number,
): Promise<void> {
  const existing = new Set(await admin.listTopics());
  const missing = shapes.filter(({ topic }) => !existing.has(topic));
  if (missing.length > 0) {
    await admin.createTopics({
      // kafkajs takes a topic that the broker has not heard of yet for an error.
      waitForLeaders: false,
      topics: missing.map(({ topic, partitions, config }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replication,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      })),
    });
    for (const { topic } of missing) await untilItHasLeaders(admin, topic);
  }
  const { topics } = await admin.fetchTopicMetadata({ topics: shapes.map(({ topic }) => topic) });
  for (const { name, partitions } of topics) {
    const expected = shapes.find(({ topic }) => topic === name)?.partitions;
    if (partitions.length !== expected) {
      throw new Error(`${name} has ${partitions.length} partitions, not ${expected}`);
    }
  }
}

/** Of a topic that was created a moment ago: it is there, but not everywhere yet. */
const NOT_YET = /^(UNKNOWN_TOPIC_OR_PARTITION|LEADER_NOT_AVAILABLE|NOT_LEADER_FOR_PARTITION)$/;

/** Asks what only the leaders answer; they take up to seconds after a topic is created. */
async function untilItHasLeaders(admin: Admin, topic: string): Promise<void> {
  const deadline = performance.now() + LEADERS_MS_MAX;
  for (;;) {
    try {
      await admin.fetchTopicOffsets(topic);
      return;
    } catch (error) {
      const type = String((error as { type?: unknown }).type);
      if (!NOT_YET.test(type) || performance.now() > deadline) throw error;
      await delay(LEADERS_POLL_MS);
    }
  }
}

/** @returns offsets of a topic's partitions: `low` the first kept, `high` the next to come */
export async function offsetsOf(
  admin: Admin,
  topic: string,
): Promise<{ partition: number; low: bigint; high: bigint }[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.map(({ partition, low, high }) => {
    return { partition, low: BigInt(low), high: BigInt(high) };
  });
}

/**
 * Reads the newest message of every non-empty partition, through a group of its own.
 *
 * @throws RelayHoldsMore when one of them names no fact: no relay of ours wrote it
 */
export async function newestOf(
  kafka: Kafka,
  admin: Admin,
  topics: readonly string[],
  groupId: string,
): Promise<Omit<Published, 'bucket'>[]> {
  const wanted = new Map<string, { topic: string; partition: number; offset: bigint }>();
  for (const topic of topics) {
    for (const { partition, low, high } of await offsetsOf(admin, topic)) {
      if (high === low) continue;
      wanted.set(`${topic}/${partition}`, { topic, partition, offset: high - 1n });
    }
  }
  if (wanted.size === 0) return [];
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200 });
  const newest: Omit<Published, 'bucket'>[] = [];
  let deadline: NodeJS.Timeout | undefined;
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const late = () =>
        reject(new Error(`the newest messages of ${topics.join(', ')} never came`));
      deadline = setTimeout(late, NEWEST_MS_MAX);
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      consumer
        .run({
          autoCommit: false,
          eachMessage: async ({ topic, partition, message }) => {
            const target = wanted.get(`${topic}/${partition}`);
            if (!target || BigInt(message.offset) < target.offset) return;
            wanted.delete(`${topic}/${partition}`);
            const named = namedIn(message.headers);
            const leaf = leafOf({ canonical: message.value?.toString('utf8') ?? '' });
            if (named) newest.push({ topic, partition, ...named, leaf });
            // Thrown here, it would be read again and again.
            else reject(new RelayHoldsMore(`${topic}/${partition} ends with what names no fact`));
            if (wanted.size === 0) resolve();
          },
        })
        .catch(reject);
      for (const { topic, partition, offset } of wanted.values()) {
        consumer.seek({ topic, partition, offset: String(offset) });
      }
    });
    return newest;
  } finally {
    clearTimeout(deadline);
    await consumer.disconnect();
  }
}
