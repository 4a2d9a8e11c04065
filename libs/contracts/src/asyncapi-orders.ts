import {
  IntakeRefused,
  IntakeReply,
  intakeTopics,
  ORDERS,
  REFUSED_TYPE,
  REPLY_TYPE,
} from './orders/catalogue.js';
import { ORDER_BYTES_MAX, ORDER_SERVICES, type OrderLine } from './orders/order.js';
import type { Topic } from './topics.js';

type Json = Record<string, unknown>;

/** What AsyncAPI says of the topics on which orders come in: to be merged into the document. */
export type OrdersPart = { channels: Json; operations: Json; messages: Json };

const TEXT = { type: 'string' };
const CODE = { type: 'string', pattern: '^[a-z0-9][a-z0-9._:-]{0,119}$' };

/** CloudEvents 1.0, Kafka binary mode; the extensions are what HTTP takes as headers. */
function orderHeaders(type: string): Json {
  return {
    type: 'object',
    required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_authority', 'ce_actor'],
    properties: {
      ce_specversion: { const: '1.0' },
      ce_id: {
        type: 'string',
        pattern: '^[!-~]{1,200}$',
        description: 'Idempotency key: the same for every retry of an order, never used again',
      },
      ce_source: { type: 'string', description: 'Of the sending system; replies name it' },
      ce_type: { const: type },
      ce_time: { type: 'string', format: 'date-time', description: 'Of sending' },
      ce_authority: { ...CODE, description: 'Whom the order speaks for' },
      ce_actor: { type: 'string', description: 'person:<code> or system:<code>' },
      'content-type': { const: 'application/json' },
      traceparent: { type: 'string', description: 'W3C trace context' },
    },
  };
}

function orderMessage(type: string, { summary, path, data }: OrderLine): Json {
  return {
    name: type,
    title: summary,
    description: `The same as POST ${path}; at most ${ORDER_BYTES_MAX} bytes.`,
    contentType: 'application/json',
    headers: orderHeaders(type),
    payload: data,
    bindings: {
      kafka: {
        key: {
          type: 'string',
          description: 'Orders of one case under one key stay in order; never an identifier',
        },
        bindingVersion: '0.5.0',
      },
    },
  };
}

const REPLY: Json = {
  name: REPLY_TYPE,
  title: 'What became of an order: a receipt, or a problem.',
  description:
    'In the partition of its order. At least once: a reply that comes again has the same ce_id.',
  contentType: 'application/json',
  headers: {
    type: 'object',
    required: ['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time'],
    properties: {
      ce_specversion: { const: '1.0' },
      ce_id: { type: 'string', description: '<topic>/<partition>/<offset> of the order' },
      ce_source: TEXT,
      ce_type: { const: REPLY_TYPE },
      ce_time: { type: 'string', format: 'date-time' },
    },
  },
  payload: IntakeReply,
};

const REFUSED: Json = {
  name: REFUSED_TYPE,
  title: 'A message that names no order and no sender: nobody can be answered.',
  contentType: 'application/json',
  payload: IntakeRefused,
};

function channel({ name, partitions, retentionMs }: Topic, messages: readonly string[]): Json {
  return {
    address: name,
    messages: Object.fromEntries(
      messages.map((message) => [message, { $ref: `#/components/messages/${message}` }]),
    ),
    bindings: {
      kafka: {
        topic: name,
        partitions,
        topicConfiguration: { 'cleanup.policy': ['delete'], 'retention.ms': retentionMs },
        bindingVersion: '0.5.0',
      },
    },
  };
}

/** Channels, operations and messages of orders and their replies. */
export function ordersPart(): OrdersPart {
  const channels: Json = {};
  const operations: Json = {};
  const operate = (action: 'send' | 'receive', topic: string) => {
    const verb = action === 'send' ? 'publish' : 'consume';
    operations[`${verb}.${topic}`] = { action, channel: { $ref: `#/channels/${topic}` } };
  };
  for (const service of ORDER_SERVICES) {
    const { intake, replies, refused } = intakeTopics(service);
    const types = Object.keys(ORDERS).filter((type) => ORDERS[type]?.service === service);
    channels[intake.name] = channel(intake, types);
    channels[replies.name] = channel(replies, [REPLY_TYPE]);
    channels[refused.name] = channel(refused, [REFUSED_TYPE]);
    operate('receive', intake.name);
    operate('send', replies.name);
    operate('send', refused.name);
  }
  const orders = Object.entries(ORDERS).map(([type, line]) => [type, orderMessage(type, line)]);
  const messages = {
    ...(Object.fromEntries(orders) as Json),
    [REPLY_TYPE]: REPLY,
    [REFUSED_TYPE]: REFUSED,
  };
  return { channels, operations, messages };
}
