import { ordersPart } from './asyncapi-orders.js';
import type { CatalogueLine } from './catalogue.js';
import { Watermark } from './delivery.js';
import type { LedgerName } from './envelope.js';
import { STATE_MARK_KEY, StateMark, SubjectStateMessage } from './state-message.js';
import { STATE_TOPIC, TOPICS, type Topic } from './topics.js';

type Json = Record<string, unknown>;
export type Catalogue = Readonly<Record<string, CatalogueLine>>;

const DIGITS = { type: 'string', pattern: '^[0-9]+$' };

/** CloudEvents 1.0, Kafka binary mode; the extensions say where the fact stands in its ledger. */
function factHeaders(type: string, line: CatalogueLine): Json {
  const required = ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time'].concat(
    line.subject === 'required' ? ['ce_subject'] : [],
    ['ce_ledger', 'ce_epoch', 'ce_position', 'ce_prev', 'ce_bucket'],
  );
  return {
    type: 'object',
    required,
    properties: {
      ce_specversion: { const: '1.0' },
      ce_id: { type: 'string', pattern: `^${line.ledger}/[0-9]+/[0-9]+$` },
      ce_source: { const: `/writ/${line.ledger}` },
      ce_type: { const: type },
      ce_time: { type: 'string', format: 'date-time', description: 'recordedAt of the fact' },
      ...(line.subject === 'required'
        ? { ce_subject: { type: 'string', pattern: '^[0-9a-f]{32}$' } }
        : {}),
      ce_ledger: { const: line.ledger },
      ce_epoch: DIGITS,
      ce_position: DIGITS,
      ce_prev: {
        type: 'string',
        pattern: '^(-1|[0-9]+)$',
        description: 'Position of the fact before it in this bucket; -1 for the first',
      },
      ce_bucket: DIGITS,
    },
  };
}

function factMessage(type: string, line: CatalogueLine): Json {
  return {
    name: type,
    title: line.summary,
    contentType: 'application/json',
    headers: factHeaders(type, line),
    payload: line.schema,
    ...(line.subject === 'required'
      ? {
          bindings: {
            kafka: { key: { type: 'string', description: 'Subject id' }, bindingVersion: '0.5.0' },
          },
        }
      : {}),
  };
}

const STATE_MESSAGE: Json = {
  name: STATE_TOPIC,
  title: 'Restriction state of one subject as the projection has folded it; the newest counts.',
  description:
    'Canonical text. A null value (tombstone): nothing is kept of that subject any more. At least ' +
    'once: a message with lower positions than one seen before is old and is dropped.',
  contentType: 'application/json',
  payload: SubjectStateMessage,
  bindings: {
    kafka: { key: { type: 'string', description: 'Subject id' }, bindingVersion: '0.5.0' },
  },
};

const STATE_MARK = 'projection.state-mark';

const STATE_MARK_MESSAGE: Json = {
  name: STATE_MARK,
  title: 'How far the states in this partition are whole: begin there, go on with the facts.',
  contentType: 'application/json',
  payload: StateMark,
  bindings: { kafka: { key: { const: STATE_MARK_KEY }, bindingVersion: '0.5.0' } },
};

const WATERMARK_MESSAGE: Json = {
  name: 'watermark',
  title: 'Where a ledger stands in one bucket; every second.',
  contentType: 'application/json',
  payload: Watermark,
  bindings: { kafka: { key: { type: 'string', description: 'Bucket' }, bindingVersion: '0.5.0' } },
};

function messageNamesOf(topic: string, catalogue: Catalogue): string[] {
  if (topic === STATE_TOPIC) return [STATE_TOPIC, STATE_MARK];
  const [ledger, kind] = topic.split('.') as [LedgerName, 'facts' | 'reference' | 'watermarks'];
  if (kind === 'watermarks') return ['watermark'];
  const wanted = kind === 'facts' ? 'required' : 'absent';
  return Object.entries(catalogue)
    .filter(([, line]) => line.ledger === ledger && line.subject === wanted)
    .map(([type]) => type);
}

function channel(topic: Topic, catalogue: Catalogue): Json {
  const names = messageNamesOf(topic.name, catalogue);
  return {
    address: topic.name,
    messages: Object.fromEntries(
      names.map((name) => [name, { $ref: `#/components/messages/${name}` }]),
    ),
    bindings: {
      kafka: {
        topic: topic.name,
        partitions: topic.partitions,
        topicConfiguration: {
          'cleanup.policy': [topic.cleanup],
          ...(topic.cleanup === 'delete' ? { 'retention.ms': topic.retentionMs } : {}),
        },
        bindingVersion: '0.5.0',
      },
    },
  };
}

/**
 * What Writ says and hears on Kafka, as AsyncAPI 3.0: channels are topics, messages are the
 * catalogue of facts, and the orders that come in.
 *
 * @returns a document of plain values, ready to be written as YAML or JSON
 */
export function asyncApiDocument(catalogue: Catalogue, version: string): Json {
  const facts = Object.entries(catalogue).map(([type, line]) => [type, factMessage(type, line)]);
  const orders = ordersPart();
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Writ facts',
      version,
      description:
        'What is recorded is what is published: a message value is the RFC 8785 text of the ' +
        'event. Order holds per subject (key, partition = first byte of the subject id mod 32).',
    },
    defaultContentType: 'application/json',
    channels: {
      ...Object.fromEntries(TOPICS.map((topic) => [topic.name, channel(topic, catalogue)])),
      ...orders.channels,
    },
    operations: {
      ...Object.fromEntries(
        TOPICS.map(({ name }) => [
          `publish.${name}`,
          { action: 'send', channel: { $ref: `#/channels/${name}` } },
        ]),
      ),
      ...orders.operations,
    },
    components: {
      messages: {
        ...Object.fromEntries(facts),
        watermark: WATERMARK_MESSAGE,
        [STATE_TOPIC]: STATE_MESSAGE,
        [STATE_MARK]: STATE_MARK_MESSAGE,
        ...orders.messages,
      },
    },
  };
  return JSON.parse(JSON.stringify(document)) as Json;
}
