import { REFERENCE_BUCKET, SUBJECT_BUCKETS, type LedgerName } from '@writ/contracts';

/** A topic as it must be: partition counts are part of the contract (partition = bucket). */
export type TopicShape = {
  topic: string;
  partitions: number;
  config: Record<string, string>;
};

const DAY_MS = 24 * 60 * 60 * 1000;
/** Ledger topics keep everything and are never compacted: they are republished history. */
const FOREVER = { 'retention.ms': '-1', 'retention.bytes': '-1', 'cleanup.policy': 'delete' };

/** @param prefix names a topic generation (a new bucket count would be one); default: none */
export function factsTopic(ledger: LedgerName, prefix = ''): string {
  return `${prefix}${ledger}.facts`;
}

export function referenceTopic(ledger: LedgerName, prefix = ''): string {
  return `${prefix}${ledger}.reference`;
}

export function watermarksTopic(ledger: LedgerName, prefix = ''): string {
  return `${prefix}${ledger}.watermarks`;
}

export function stateTopic(prefix = ''): string {
  return `${prefix}projection.state`;
}

/** @returns the topics of one ledger */
export function topicsOf(ledger: LedgerName, prefix = ''): TopicShape[] {
  return [
    { topic: factsTopic(ledger, prefix), partitions: SUBJECT_BUCKETS, config: FOREVER },
    { topic: referenceTopic(ledger, prefix), partitions: 1, config: FOREVER },
    {
      topic: watermarksTopic(ledger, prefix),
      partitions: SUBJECT_BUCKETS,
      config: { 'retention.ms': String(DAY_MS), 'cleanup.policy': 'delete' },
    },
  ];
}

/** @returns the compacted topic of subject states that the projection writes */
export function stateTopicShape(prefix = ''): TopicShape {
  const config = { 'cleanup.policy': 'compact' };
  return { topic: stateTopic(prefix), partitions: SUBJECT_BUCKETS, config };
}

/** Where facts of a bucket go. */
export function factAddress(ledger: LedgerName, bucket: number, prefix = '') {
  return bucket === REFERENCE_BUCKET
    ? { topic: referenceTopic(ledger, prefix), partition: 0 }
    : { topic: factsTopic(ledger, prefix), partition: bucket };
}

/** The reference bucket's watermark travels with bucket 0's. */
export function watermarkPartition(bucket: number): number {
  return bucket === REFERENCE_BUCKET ? 0 : bucket;
}

/** What a topic carries, told from its name; undefined for a topic that is none of ours. */
export function topicContent(
  topic: string,
  prefix = '',
): { ledger: LedgerName; carries: 'facts' | 'reference' | 'watermarks' } | undefined {
  const name = topic.startsWith(prefix) ? topic.slice(prefix.length) : '';
  const match = /^(court|regulatory|enforcement)\.(facts|reference|watermarks)$/.exec(name);
  if (!match) return undefined;
  return {
    ledger: match[1] as LedgerName,
    carries: match[2] as 'facts' | 'reference' | 'watermarks',
  };
}
