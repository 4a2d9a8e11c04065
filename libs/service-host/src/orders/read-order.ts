import {
  ORDER_BYTES_MAX,
  type IntakeRefused,
  type IntakeReply,
  type OrderService,
} from '@writ/contracts';
import type { IncomingHeaders, IncomingOrder } from '@writ/exchange';
import { Problem } from '../problem.js';
import { checkOrder, type OrderCommand } from './check-order.js';

/** A message of an intake topic, read: to be placed, answered with a problem, or unreadable. */
export type ReadOrder =
  | { kind: 'order'; order: OrderRef; headers: Record<string, string>; command: OrderCommand }
  | { kind: 'refused'; order: OrderRef; problem: Problem }
  | { kind: 'unreadable'; reason: string; field: IntakeRefused['field'] };

type OrderRef = IntakeReply['order'];

/** A sender's clock may be ahead of ours by so much. */
const AHEAD_MS_MAX = 5 * 60_000;
const ID = /^[!-~]{1,200}$/;
const SOURCE = /^[!-~]{1,500}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads a message: CloudEvents 1.0, Kafka binary mode. Only who names neither itself nor its order
 * cannot be answered.
 */
export function readOrder(
  service: OrderService,
  { headers, value }: Pick<IncomingOrder, 'headers' | 'value'>,
  now: Date,
): ReadOrder {
  const id = textOf(headers['ce_id']);
  if (id === undefined || !ID.test(id)) return unreadable('id', id);
  const source = textOf(headers['ce_source']);
  if (source === undefined || !SOURCE.test(source)) return unreadable('source', source);
  const type = textOf(headers['ce_type']);
  const order = { id, source, ...(type === undefined ? {} : { type: type.slice(0, 200) }) };
  try {
    checkEnvelope(headers, value, now);
    const data = dataOf(value);
    const fields = { type: '/headers/ce_type', data: '/data' };
    const command = checkOrder(service, { id, type, data }, fields);
    return { kind: 'order', order, headers: httpHeaders(headers, id), command };
  } catch (error) {
    if (error instanceof Problem) return { kind: 'refused', order, problem: error };
    throw error;
  }
}

/** Where what HTTP names stands in an order. */
export function fieldInOrder(field: string): string {
  const [, where = '', name = ''] = /^\/(headers|path)\/(.+)$/.exec(field) ?? [];
  if (where === 'path') return `/data/${name}`;
  if (where === '') return `/data${field}`;
  if (name === 'idempotency-key') return '/headers/ce_id';
  return `/headers/${name.replace(/^writ-/, 'ce_')}`;
}

function unreadable(attribute: 'id' | 'source', found: string | undefined): ReadOrder {
  const reason = found === undefined ? `${attribute}_is_missing` : `${attribute}_is_malformed`;
  return { kind: 'unreadable', reason, field: `/headers/ce_${attribute}` };
}

function checkEnvelope(headers: IncomingHeaders, value: Buffer | null, now: Date): void {
  if (textOf(headers['ce_specversion']) !== '1.0') {
    throw new Problem(400, 'specversion_is_not_1_0', '/headers/ce_specversion');
  }
  const contentType = textOf(headers['content-type']) ?? 'application/json';
  if (!/^application\/json(;|$)/.test(contentType)) {
    throw new Problem(415, 'media_type_is_not_supported', '/headers/content-type');
  }
  const time = textOf(headers['ce_time']);
  if (headers['ce_time'] !== undefined) {
    const at = time !== undefined && TIME.test(time) ? Date.parse(time) : Number.NaN;
    if (Number.isNaN(at)) throw new Problem(400, 'time_is_malformed', '/headers/ce_time');
    if (at > now.getTime() + AHEAD_MS_MAX) {
      const detail = 'The clock of the sender is more than five minutes ahead of ours.';
      throw new Problem(422, 'time_is_ahead_of_ours', '/headers/ce_time', detail);
    }
  }
  if ((value?.length ?? 0) > ORDER_BYTES_MAX) {
    throw new Problem(413, 'order_is_too_large', '/data', `At most ${ORDER_BYTES_MAX} bytes.`);
  }
}

function dataOf(value: Buffer | null): unknown {
  try {
    // Not the lenient reading: what is recorded or sealed is what was sent.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(value ?? undefined));
  } catch {
    throw new Problem(400, 'data_is_not_json', '/data');
  }
}

function httpHeaders(headers: IncomingHeaders, id: string): Record<string, string> {
  const named = {
    'writ-authority': textOf(headers['ce_authority']),
    'writ-actor': textOf(headers['ce_actor']),
    traceparent: textOf(headers['traceparent']),
  };
  const present = Object.entries(named).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(present) as Record<string, string>), 'idempotency-key': id };
}

/** A header that comes twice says nothing. */
function textOf(header: IncomingHeaders[string]): string | undefined {
  if (header === undefined || Array.isArray(header)) return undefined;
  return typeof header === 'string' ? header : header.toString('utf8');
}
