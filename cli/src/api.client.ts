import { randomUUID } from 'node:crypto';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text as textOf } from 'node:stream/consumers';
import type { FactsPage, LedgerName } from '@writ/contracts';

/** What the service refused: an RFC 9457 document, or what else it answered. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: { type?: string; title?: string; detail?: string; field?: string },
  ) {
    super(problem.title ?? `the service answered ${status}`);
  }
}

/** Nobody answers there. */
export class NotReachable extends Error {}

/**
 * HTTP to a running system. Identifiers go in bodies, never in URLs. An answer may take as long as
 * it takes (`fetch` gives up after five minutes without one, a large import needs more).
 */
export class Api {
  constructor(readonly url: string) {}

  get<T>(path: string): Promise<T> {
    return this.call(path, { method: 'GET' });
  }

  post<T>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
    if (body === undefined) return this.call(path, { method: 'POST', headers });
    return this.call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }

  facts(ledger: LedgerName, after: number, limit: number, waitMs = 0): Promise<FactsPage> {
    return this.get(`/${ledger}/v1/facts?after=${after}&limit=${limit}&wait=${waitMs}`);
  }

  private async call<T>(path: string, init: Sent): Promise<T> {
    let answer: { status: number; text: string };
    try {
      answer = await exchange(new URL(`${this.url}${path}`), init);
    } catch {
      const hint = 'is it running? (npm start, or --embedded)';
      throw new NotReachable(`nobody answers at ${this.url}: ${hint}`);
    }
    const { status, text } = answer;
    const body = jsonOf(text);
    if (status >= 200 && status < 300 && body !== undefined) return body as T;
    throw new Refused(status, (body ?? {}) as Refused['problem']);
  }
}

type Sent = { method: string; headers?: Record<string, string>; body?: string };

function exchange(
  url: URL,
  { method, headers = {}, body }: Sent,
): Promise<{ status: number; text: string }> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  // A connection each: one that lies idle may be closed as it is used again.
  const options: RequestOptions = { method, headers: { ...headers, ...length }, agent: false };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Headers of a command that records; a new key each time: asking again is another command. */
export function recordingHeaders(authority: string): Record<string, string> {
  return {
    'writ-authority': authority,
    'writ-actor': 'system:writ-cli',
    'idempotency-key': randomUUID(),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
