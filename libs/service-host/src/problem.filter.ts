import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { LedgerClockError, LedgerInputError, LedgerUnavailableError } from '@writ/ledger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { isDatabaseAway } from './error-for-log.js';
import type { Metrics } from './metrics.process.js';
import { Problem, problemDocument } from './problem.js';

/** What HTTP itself refuses, before any of our code has seen the request. */
const REASON_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'request_is_malformed',
  404: 'resource_is_unknown',
  405: 'method_is_not_allowed',
  413: 'body_is_too_large',
  414: 'url_is_too_long',
  415: 'media_type_is_not_supported',
};

type Answerable = Pick<Problem, 'reason' | 'field' | 'detail'> & { status: number };

/** Every error leaves as RFC 9457 problem+json; a bug as 500 that says nothing but its id. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly metrics: Metrics,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  /** Also of what Fastify alone has seen: an address that leads nowhere is not said again. */
  answer(error: unknown, request: Pick<FastifyRequest, 'id' | 'url'>, reply: FastifyReply): void {
    const problem = answerable(error);
    if (problem.status >= 500 || error instanceof LedgerInputError) {
      const level = problem.status === 503 ? 'warn' : 'error';
      this.logger[level]({ err: error, correlation: request.id }, problem.reason);
    }
    const service = request.url.split('/', 2)[1] ?? '';
    this.metrics.refusal(service, problem.reason);
    void reply
      .status(problem.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(problemDocument(problem, request.id)));
  }
}

function answerable(error: unknown): Answerable {
  if (error instanceof Problem) return error;
  const status = statusOf(error);
  if (status !== undefined && status < 500) {
    return { status, reason: REASON_OF_STATUS[status] ?? 'request_is_malformed' };
  }
  if (error instanceof LedgerInputError) {
    // A fact that its schema or the canonical form forbids: bodies should be refused before.
    return { status: 422, reason: 'fact_cannot_be_recorded', detail: 'Nothing was recorded.' };
  }
  if (error instanceof LedgerUnavailableError) {
    const detail = 'The outcome is not known: repeat with the same Idempotency-Key.';
    return { status: 503, reason: 'ledger_is_unavailable', detail };
  }
  if (error instanceof LedgerClockError) {
    return { status: 503, reason: 'clock_is_ahead_of_the_database', detail: 'Nothing recorded.' };
  }
  if (isDatabaseAway(error)) return { status: 503, reason: 'database_is_unavailable' };
  const detail = 'This is a bug; the logs have more under the same id.';
  return { status: 500, reason: 'internal_error', detail };
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  // Fastify's own errors, for requests that never reached Nest.
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}
