import { Type, type Static } from '@sinclair/typebox';
import {
  CauseId,
  closed,
  Code,
  Instant,
  LedgerNameSchema,
  Position,
  RandomId,
  Sha256Hex,
  SubjectId,
} from '../envelope.js';
import { SUBJECT_BUCKETS } from '../bucket.js';
import type { Topic } from '../topics.js';
import { COURT_ORDERS } from './court-orders.js';
import { OrderId, ORDER_SERVICES, type OrderLine, type OrderService } from './order.js';
import { REGULATORY_ORDERS } from './regulatory-orders.js';

/** Every type of order, of every version. */
export const ORDERS: Readonly<Record<string, OrderLine>> = {
  ...COURT_ORDERS,
  ...REGULATORY_ORDERS,
};

const DAY_MS = 86_400_000;

/**
 * The topics on which orders come in and are answered. An order names people: what was answered is
 * deleted from `intake`, and nothing stays there longer than a week. A reply stands in the
 * partition of its order.
 */
export function intakeTopics(service: OrderService): {
  intake: Topic;
  replies: Topic;
  refused: Topic;
} {
  const topic = (name: string, partitions: number, days: number): Topic => {
    return { name, partitions, cleanup: 'delete', retentionMs: days * DAY_MS };
  };
  return {
    intake: topic(`${service}.intake`, SUBJECT_BUCKETS, 7),
    replies: topic(`${service}.intake-replies`, SUBJECT_BUCKETS, 7),
    refused: topic(`${service}.intake-refused`, 1, 30),
  };
}

/** Every topic of orders. */
export const INTAKE_TOPICS: readonly Topic[] = ORDER_SERVICES.flatMap((service) =>
  Object.values(intakeTopics(service)),
);

/** The type of the answer to an order. */
export const REPLY_TYPE = 'intake-reply.v1';
/** The type of the note on a message to which nobody can be answered. */
export const REFUSED_TYPE = 'intake-refused.v1';

const Problem = closed({
  type: Type.String({ description: 'urn:writ:problem:<reason>, stable' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  field: Type.Optional(Type.String({ description: 'JSON Pointer: /headers/ce_…, /data/…' })),
  instance: Type.String(),
});

const Receipt = closed({
  ledger: LedgerNameSchema,
  epoch: Type.Integer({ minimum: 1 }),
  position: Position,
  leaf: Sha256Hex,
  stream: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  recordedAt: Instant,
  aliasSequence: Type.Integer({ minimum: 0 }),
  token: Type.String({ description: 'For atLeast' }),
});

const Established = closed({
  obligation: RandomId,
  subject: SubjectId,
  jointWith: Type.Optional(RandomId),
});

/** What was recorded: the receipt and ids, as the command answers over HTTP. */
const Result = closed({
  receipt: Receipt,
  case: Type.Optional(RandomId),
  obligations: Type.Optional(Type.Array(Type.Union([Established, RandomId]))),
  obligation: Type.Optional(RandomId),
  notice: Type.Optional(RandomId),
  listing: Type.Optional(CauseId),
  performance: Type.Optional(RandomId),
  fulfilled: Type.Optional(Type.Array(RandomId)),
  delisted: Type.Optional(Type.Array(CauseId)),
  list: Type.Optional(Code),
  memorandum: Type.Optional(Code),
  version: Type.Optional(Type.Integer({ minimum: 1 })),
});

/** The answer to one order, the same whenever it is repeated. */
export const IntakeReply = closed({
  order: closed({ id: OrderId, source: Type.String(), type: Type.Optional(Type.String()) }),
  status: Type.Integer({ description: 'As over HTTP: 201 recorded, else that of the problem' }),
  result: Type.Optional(Result),
  problem: Type.Optional(Problem),
});

/** Of a message that names no order and no sender: where it stands and why; nothing of it. */
export const IntakeRefused = closed({
  topic: Type.String(),
  partition: Type.Integer({ minimum: 0 }),
  offset: Type.String({ pattern: '^[0-9]+$' }),
  bytes: Type.Integer({ minimum: 0 }),
  reason: Type.String(),
  field: Type.String({ description: 'The header at fault' }),
  at: Instant,
});

export type IntakeReply = Static<typeof IntakeReply>;
export type IntakeRefused = Static<typeof IntakeRefused>;
