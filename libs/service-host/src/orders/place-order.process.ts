import type { IntakeReply } from '@writ/contracts';
import { arrivingBy } from '../arrival.process.js';
import type { OpenHost } from '../host.process.js';
import { problemDocument, type Problem } from '../problem.js';
import type { OrderCommand } from './check-order.js';

/** How an order was answered: by what it recorded, or with a problem. */
export type OrderOutcome = Pick<IntakeReply, 'status' | 'result' | 'problem'>;

/** Where names that HTTP uses stand in what was sent. */
export type FieldNaming = (field: string) => string;

/**
 * Places an order through the same door as over HTTP: the same checks, decisions, keys and answers.
 *
 * @param headers `writ-authority`, `writ-actor`, `idempotency-key`, perhaps `traceparent`
 * @param arrival `intake`: facts say so; `api`: sent over HTTP after all
 */
export async function placeOrder(
  host: OpenHost,
  { path, body }: OrderCommand,
  headers: Record<string, string>,
  arrival: 'api' | 'intake',
  naming: FieldNaming,
): Promise<OrderOutcome> {
  const { fastify } = host.edge;
  if (!fastify) throw new Error('orders are placed once the process listens');
  const request = { method: 'POST' as const, url: path, headers, payload: body };
  const answer = await arrivingBy(arrival, () => fastify.inject(request));
  const status = answer.statusCode;
  const said = answer.json<Record<string, unknown>>();
  if (status === 201) return { status, result: said as NonNullable<OrderOutcome['result']> };
  const { field, ...problem } = said as NonNullable<OrderOutcome['problem']>;
  const named = field === undefined ? {} : { field: naming(field) };
  return { status, problem: { ...problem, ...named } };
}

/** @returns how an order is answered that is refused before it is placed */
export function refusedOutcome(problem: Problem, correlation: string): OrderOutcome {
  return { status: problem.status, problem: problemDocument(problem, correlation) };
}
