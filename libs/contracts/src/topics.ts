import { SUBJECT_BUCKETS } from './bucket.js';
import { LEDGERS } from './envelope.js';

/** One Kafka topic as it must be created. */
export type Topic = {
  name: string;
  partitions: number;
  cleanup: 'delete' | 'compact';
  /** -1: kept for ever. */
  retentionMs: number;
};

const DAY_MS = 86_400_000;

/** The compacted topic of restriction states, written by the projection. */
export const STATE_TOPIC = 'projection.state';

/**
 * Every topic. Partition = bucket; facts without a subject stand in `reference`, the watermark of
 * that bucket in partition 0. Retention of facts is unlimited and they are never compacted.
 */
export const TOPICS: readonly Topic[] = [
  ...LEDGERS.flatMap((ledger): Topic[] => [
    { name: `${ledger}.facts`, partitions: SUBJECT_BUCKETS, cleanup: 'delete', retentionMs: -1 },
    { name: `${ledger}.reference`, partitions: 1, cleanup: 'delete', retentionMs: -1 },
    {
      name: `${ledger}.watermarks`,
      partitions: SUBJECT_BUCKETS,
      cleanup: 'delete',
      retentionMs: DAY_MS,
    },
  ]),
  { name: STATE_TOPIC, partitions: SUBJECT_BUCKETS, cleanup: 'compact', retentionMs: -1 },
];
