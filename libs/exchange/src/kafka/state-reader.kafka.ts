import { STATE_MARK_KEY, type StateMark } from '@writ/contracts';
import { kafkaClient, type KafkaConnection } from './client.kafka.js';
import { offsetsOf } from './topic-admin.kafka.js';
import { stateTopic } from './topics.js';

/**
 * Reads the compacted topic of subject states from its start to where it ends now, as a subscriber
 * would: the newest message per subject counts, a tombstone takes it away.
 *
 * @param groupId a group of the reader's own; its offsets are not kept
 * @returns canonical text per subject, and per bucket how far they are whole
 */
export async function readStateTopic(
  options: KafkaConnection & { groupId: string; topicPrefix?: string },
): Promise<{ states: Map<string, string>; marks: Map<number, StateMark> }> {
  const kafka = kafkaClient(options);
  const topic = stateTopic(options.topicPrefix);
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map<number, bigint>();
  for (const { partition, low, high } of await offsetsOf(admin, topic)) {
    if (high > low) ends.set(partition, high);
  }
  await admin.disconnect();
  const states = new Map<string, string>();
  const marks = new Map<number, StateMark>();
  if (ends.size === 0) return { states, marks };
  const consumer = kafka.consumer({ groupId: options.groupId, maxWaitTimeInMs: 200 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      // The last offset may be gone (compacted, or a marker): the end of a batch tells.
      const eachBatch = async ({ batch }: { batch: Batch }) => {
        for (const { key, value } of batch.messages) {
          const subject = key?.toString() ?? '';
          if (value && subject === STATE_MARK_KEY) {
            marks.set(batch.partition, JSON.parse(value.toString()) as StateMark);
          } else if (value) states.set(subject, value.toString());
          else states.delete(subject);
        }
        if (BigInt(batch.lastOffset()) + 1n >= (ends.get(batch.partition) ?? 0n)) {
          ends.delete(batch.partition);
        }
        if (ends.size === 0) resolve();
      };
      consumer.run({ autoCommit: false, eachBatchAutoResolve: true, eachBatch }).catch(reject);
    });
    return { states, marks };
  } finally {
    await consumer.disconnect();
  }
}

type Batch = {
  partition: number;
  messages: readonly { key: Buffer | null; value: Buffer | null }[];
  lastOffset(): string;
};
