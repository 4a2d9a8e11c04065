import { setTimeout as delay } from 'node:timers/promises';
import {
  intakeTopics,
  REFUSED_TYPE,
  REPLY_TYPE,
  type IntakeRefused,
  type IntakeReply,
  type OrderService,
} from '@writ/contracts';
import { KafkaOrders, type IncomingOrder, type OrderAnswer } from '@writ/exchange';
import type { OpenHost } from '../host.process.js';
import { inLanes } from './lanes.js';
import { placeOrder, refusedOutcome, type OrderOutcome } from './place-order.process.js';
import { fieldInOrder, readOrder, type ReadOrder } from './read-order.js';

/** Side by side in one partition; what waits for the ledger is committed together. */
const AT_ONCE = 32;
const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 5_000;
/** A fault of ours may be passing, or of that order alone: then it must not stop the others. */
const FAULTS_MAX = 3;

/** Orders of a service over Kafka: each is read, placed and answered. */
export function intakeOf(
  host: OpenHost,
  service: OrderService,
  onTrouble: (trouble: string | undefined) => void,
): KafkaOrders {
  return new KafkaOrders({
    brokers: [...host.config.kafkaBrokers],
    clientId: `writ-intake-${service}`,
    service,
    onTrouble,
    answer: (orders, isOurs) => answerOrders(host, service, orders, isOurs),
  });
}

async function answerOrders(
  host: OpenHost,
  service: OrderService,
  orders: readonly IncomingOrder[],
  isOurs: () => boolean,
): Promise<OrderAnswer[] | undefined> {
  const now = host.clock.now();
  const read = orders.map((order) => readOrder(service, order, now));
  const answers: OrderAnswer[] = [];
  const goesOn = () => isOurs() && !host.stopping.aborted;
  const lanes = read.map((order) => (order.kind === 'order' ? order.command.lane : undefined));
  await inLanes(lanes, AT_ONCE, async (index) => {
    const [order, message] = [read[index], orders[index]];
    if (!order || !message || !goesOn()) return;
    const answer = await answerTo(host, service, order, message, goesOn);
    if (answer) answers[index] = answer;
  });
  return goesOn() ? answers : undefined;
}

async function answerTo(
  host: OpenHost,
  service: OrderService,
  read: ReadOrder,
  message: IncomingOrder,
  goesOn: () => boolean,
): Promise<OrderAnswer | undefined> {
  if (read.kind === 'unreadable') {
    host.metrics.order(service, 'unreadable');
    return refusedMessage(service, message, read, host.clock.now());
  }
  const outcome =
    read.kind === 'refused'
      ? refusedOutcome(read.problem, host.ids.next())
      : await untilAnswered(host, read, goesOn);
  if (!outcome) return undefined;
  host.metrics.order(service, outcome.status === 201 ? 'recorded' : 'refused');
  return replyMessage(service, message, { order: read.order, ...outcome }, host.clock.now());
}

/** While something of ours is away the order waits, and those behind it with it. */
async function untilAnswered(
  host: OpenHost,
  { command, headers }: ReadOrder & { kind: 'order' },
  goesOn: () => boolean,
): Promise<OrderOutcome | undefined> {
  let waitMs = RETRY_MS_MIN;
  for (let faults = 0; goesOn();) {
    const outcome = await placeOrder(host, command, headers, 'intake', fieldInOrder);
    if (outcome.status < 500) return outcome;
    if (outcome.status !== 503 && ++faults === FAULTS_MAX) return outcome;
    await delay(waitMs, undefined, { signal: host.stopping }).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, RETRY_MS_MAX);
  }
  return undefined;
}

function replyMessage(
  service: OrderService,
  order: IncomingOrder,
  reply: IntakeReply,
  now: Date,
): OrderAnswer {
  return {
    to: 'replies',
    key: reply.order.id,
    value: JSON.stringify(reply),
    headers: envelope(service, order, REPLY_TYPE, now),
  };
}

function refusedMessage(
  service: OrderService,
  order: IncomingOrder,
  { reason, field }: ReadOrder & { kind: 'unreadable' },
  now: Date,
): OrderAnswer {
  const { partition, offset } = order;
  const refused: IntakeRefused = {
    topic: intakeTopics(service).intake.name,
    partition,
    offset: String(offset),
    bytes: order.value?.length ?? 0,
    reason,
    field,
    at: now.toISOString(),
  };
  const headers = envelope(service, order, REFUSED_TYPE, now);
  return { to: 'refused', key: null, value: JSON.stringify(refused), headers };
}

/** The id follows from the order's place: an answer that is sent again is known by it. */
function envelope(
  service: OrderService,
  { topic, partition, offset }: IncomingOrder,
  type: string,
  now: Date,
): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: `${topic}/${partition}/${offset}`,
    ce_source: `/writ/${service}`,
    ce_type: type,
    ce_time: now.toISOString(),
    'content-type': 'application/json',
  };
}
