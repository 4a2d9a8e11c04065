import type {
  AliasesPage,
  BindRequest,
  ResolveRequest,
  ResolveResponse,
  SealTextsRequest,
} from '@writ/contracts';
import { Problem, problemOf } from './problem.js';

/** The identity service as others see it. Every call may throw Problem 503. */
export type IdentityClient = {
  resolve(request: ResolveRequest, correlation: string): Promise<ResolveResponse>;
  sealTexts(request: SealTextsRequest, correlation: string): Promise<void>;
  /** Before a fact ties a subject to a case: texts of the case are erased with its subjects. */
  bind(request: BindRequest, correlation: string): Promise<void>;
  /** Alias changes after a sequence; `waitMs` > 0 long-polls. */
  aliases(after: number, limit: number, waitMs: number): Promise<AliasesPage>;
};

const TIMEOUT_MS = 10_000;
const REF_IS_TAKEN = 'ref_reused_with_another_text';

/**
 * @param baseUrl origin of the identity service
 * @param caller service that asks; identity logs everyone who looks
 */
export function httpIdentityClient(baseUrl: string, caller: string): IdentityClient {
  const call = async <T>(path: string, init: RequestInit, timeoutMs: number): Promise<T> => {
    let answer: Response;
    try {
      answer = await fetch(`${baseUrl}${path}`, {
        ...init,
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (answer.status < 500) return await bodyOf<T>(answer);
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem(503, 'identity_is_unavailable');
    }
    throw new Problem(503, 'identity_is_unavailable');
  };
  const post = <T>(path: string, body: unknown, correlation: string): Promise<T> =>
    call(
      path,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'writ-actor': `system:${caller}`,
          traceparent: `00-${correlation}-${correlation.slice(0, 16)}-00`,
        },
        body: JSON.stringify(body),
      },
      TIMEOUT_MS,
    );
  return {
    resolve: (request, correlation) =>
      // A refused subject is an outcome here: callers name the field of their own body.
      post('/identity/v1/resolve', { partial: true, ...request }, correlation),
    sealTexts: async (request, correlation) => {
      try {
        await post('/identity/v1/texts', request, correlation);
      } catch (error) {
        const isTaken = error instanceof Problem && error.reason === REF_IS_TAKEN;
        // References are derived from the command's key: another text is another body under it.
        throw isTaken ? problemOf({ reason: 'key_reused_with_another_body' }) : error;
      }
    },
    bind: (request, correlation) => post('/identity/v1/bindings', request, correlation),
    aliases: (after, limit, waitMs) =>
      call(
        `/identity/v1/aliases?after=${after}&limit=${limit}&wait=${waitMs}`,
        {},
        TIMEOUT_MS + waitMs,
      ),
  };
}

/** A refusal of identity's is the caller's own: it goes on as it came. */
async function bodyOf<T>(answer: Response): Promise<T> {
  const body: unknown = await answer.json();
  if (answer.ok) return body as T;
  const { type, field } = body as { type?: string; field?: string };
  const reason = (type ?? '').replace('urn:writ:problem:', '').replaceAll('-', '_');
  const status = answer.status === 409 || answer.status === 422 ? answer.status : 400;
  throw new Problem(status, reason || 'identity_refused', field);
}
