import {
  intakeTopics,
  REFERENCE_BUCKET,
  STATE_TOPIC,
  TOPICS,
  type LedgerName,
  type OrderService,
  type Topic,
} from '@writ/contracts';

/** A topic as it must be: partition counts are part of the contract (partition = bucket). */
export type TopicShape = {
  topic: string;
  partitions: number;
  config: Record<string, string>;
};

/** @param prefix names a topic generation (a new bucket count would be one); default: none */
export function factsTopic(ledger: LedgerName, prefix = ''): string {
  return `${prefix}${ledger}.facts`;
}

/** @returns the one-partition topic of facts without a subject */
export function referenceTopic(ledger: LedgerName, prefix = ''): string {
  return `${prefix}${ledger}.reference`;
}

/** @returns the topic that tells where each bucket of the ledger stands */
export function watermarksTopic(ledger: LedgerName, prefix = ''): string {
  return `${prefix}${ledger}.watermarks`;
}

/** @returns the compacted topic of the projection's state */
export function stateTopic(prefix = ''): string {
  return `${prefix}${STATE_TOPIC}`;
}

/** @returns the topics of one ledger, as the contracts list them */
export function topicsOf(ledger: LedgerName, prefix = ''): TopicShape[] {
  const ofLedger = TOPICS.filter(({ name }) => name.startsWith(`${ledger}.`));
  return ofLedger.map((topic) => shapeOf(topic, prefix));
}

/** @returns the compacted topic of the projection's state */
export function stateTopicShape(prefix = ''): TopicShape {
  const [state] = TOPICS.filter(({ name }) => name === STATE_TOPIC);
  if (!state) throw new Error(`the contracts list no topic ${STATE_TOPIC}`);
  return shapeOf(state, prefix);
}

/** Orders name people: a broker deletes whole segments only, so each is ended soon. */
const INTAKE_SEGMENT_MS = 3_600_000;

/**
 * @returns the topics on which orders come in and are answered; no generation has others, since
 *   they do not follow from a ledger
 */
export function intakeShapes(service: OrderService): TopicShape[] {
  return Object.values(intakeTopics(service)).map((topic) => {
    const { config, ...shape } = shapeOf(topic, '');
    return { ...shape, config: { ...config, 'segment.ms': String(INTAKE_SEGMENT_MS) } };
  });
}

/** What is kept for ever is bounded neither in time nor in bytes. */
function shapeOf({ name, partitions, cleanup, retentionMs }: Topic, prefix: string): TopicShape {
  const retention = { 'retention.ms': String(retentionMs) };
  const kept = retentionMs < 0 ? { ...retention, 'retention.bytes': '-1' } : retention;
  const config = { ...(cleanup === 'compact' ? {} : kept), 'cleanup.policy': cleanup };
  return { topic: `${prefix}${name}`, partitions, config };
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
