import { createHmac } from 'node:crypto';
import type { Actor, NewFact } from '@writ/contracts';
import { canonicalJson } from './canonical-json.js';
import { Problem } from './problem.js';

/** What a recording request says beside its body. Get it with `@Command()`. */
export type CommandContext = {
  /** The authority the event speaks for: `Writ-Authority`. */
  authority: string;
  /** `Writ-Actor`; unverified until authentication comes. */
  actor: Actor;
  /** `Idempotency-Key` hashed together with authority and actor: what `handle` takes. */
  key: string;
  /** Of method, path and body: what `handle` takes. */
  fingerprint: string;
  /** W3C trace id, or a new one: 32 hex digits. */
  correlation: string;
  /** Spread into every new fact: authority, actor, source api or intake, correlation. */
  envelope: Pick<NewFact, 'authority' | 'actor' | 'source' | 'correlation'>;
  /**
   * An id for something new (a case, a reference): 32 hex digits, the same on every retry of this
   * command and different for every name.
   */
  derive(name: string): string;
};

export type RecordingRequest = {
  method: string;
  /** Without query string. */
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: unknown;
  /** How it came; default: over HTTP. */
  arrival?: 'api' | 'intake';
};

const CODE = /^[a-z0-9][a-z0-9._:-]{0,119}$/;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,200}$/;

/**
 * @param key the service's own key, 32 bytes: nothing of what is hashed can be guessed back
 * @param newId taken as correlation when the request carries no trace
 * @throws Problem 400 naming the header at fault
 */
export function commandContext(
  request: RecordingRequest,
  key: Buffer,
  newId: () => string,
): CommandContext {
  const authority = authorityOf(header(request, 'writ-authority'));
  const actor = actorOf(header(request, 'writ-actor'));
  const idempotencyKey = header(request, 'idempotency-key');
  if (!idempotencyKey) {
    throw new Problem(400, 'idempotency_key_is_missing', '/headers/idempotency-key');
  }
  if (!IDEMPOTENCY_KEY.test(idempotencyKey)) {
    throw new Problem(400, 'idempotency_key_is_malformed', '/headers/idempotency-key');
  }
  const hmac = (...parts: readonly string[]) =>
    createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex');
  const scope = hmac('scope', authority, actor.kind, actor.id, idempotencyKey);
  const correlation = correlationOf(request.headers, newId);
  const { method, path, body, arrival = 'api' } = request;
  return {
    authority,
    actor,
    key: scope,
    fingerprint: hmac('fingerprint', method, path, canonicalJson(body ?? null)),
    correlation,
    envelope: { authority, actor, source: { kind: arrival }, correlation },
    derive: (name) => hmac('derived', scope, name).slice(0, 32),
  };
}

/** @returns the trace id of a W3C `traceparent`, or a new id */
export function correlationOf(headers: RecordingRequest['headers'], newId: () => string): string {
  const traceparent = headers['traceparent'];
  const match = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(
    typeof traceparent === 'string' ? traceparent : '',
  );
  return match?.[1] !== undefined && match[1] !== '0'.repeat(32) ? match[1] : newId();
}

/**
 * Who speaks, of a request whose commands have keys of their own.
 *
 * @returns the two headers, checked
 * @throws Problem 400 naming the header at fault
 */
export function speakerOf(headers: RecordingRequest['headers']): {
  'writ-authority': string;
  'writ-actor': string;
} {
  const authority = authorityOf(header({ headers }, 'writ-authority'));
  const actor = header({ headers }, 'writ-actor');
  actorOf(actor);
  return { 'writ-authority': authority, 'writ-actor': actor ?? '' };
}

function authorityOf(value: string | undefined): string {
  if (!value) throw new Problem(400, 'authority_is_missing', '/headers/writ-authority');
  if (!CODE.test(value)) {
    throw new Problem(400, 'authority_is_malformed', '/headers/writ-authority');
  }
  return value;
}

function actorOf(value: string | undefined): Actor {
  if (!value) throw new Problem(400, 'actor_is_missing', '/headers/writ-actor');
  const [kind, id] = [value.split(':', 1)[0], value.slice(value.indexOf(':') + 1)];
  if ((kind !== 'person' && kind !== 'system') || !CODE.test(id)) {
    throw new Problem(400, 'actor_is_malformed', '/headers/writ-actor');
  }
  return { kind, id, verified: false };
}

function header(request: Pick<RecordingRequest, 'headers'>, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
