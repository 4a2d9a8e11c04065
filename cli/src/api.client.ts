import { randomUUID } from 'node:crypto';
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

/** HTTP to a running system. Identifiers go in bodies, never in URLs. */
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

  private async call<T>(path: string, init: RequestInit): Promise<T> {
    let answer: Response;
    let text: string;
    try {
      answer = await fetch(`${this.url}${path}`, init);
      text = await answer.text();
    } catch {
      const hint = 'is it running? (npm start, or --embedded)';
      throw new NotReachable(`nobody answers at ${this.url}: ${hint}`);
    }
    const body = jsonOf(text);
    if (answer.ok && body !== undefined) return body as T;
    throw new Refused(answer.status, (body ?? {}) as Refused['problem']);
  }
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
