import { createHash } from 'node:crypto';
import { Problem } from './problem.js';

const TIMEOUT_MS = 10_000;

/**
 * Registers the schemes a feed brings along with the identity service. Registering one again as it
 * is changes nothing.
 *
 * @param baseUrl origin of the identity service
 * @throws Problem 503 when identity is down, 422 when it knows the scheme otherwise
 */
export function httpSchemes(baseUrl: string) {
  return async (
    schemes: readonly { scheme: string; pattern: string; normalise: string[] }[],
    headers: Readonly<Record<string, string>>,
  ): Promise<void> => {
    for (const [index, scheme] of schemes.entries()) {
      const status = await declared(`${baseUrl}/identity/v1/schemes`, scheme, headers);
      if (status >= 500) throw new Problem(503, 'identity_is_unavailable');
      if (status >= 400) {
        throw new Problem(422, 'scheme_declaration_is_refused', `/description/schemes/${index}`);
      }
    }
  };
}

/**
 * Declares a list with the regulators' service, unless somebody has declared it already.
 *
 * @param baseUrl origin of the regulators' service
 * @throws Problem 503 when it is down, 422 when it refuses the declaration
 */
export async function declareListAt(
  baseUrl: string,
  declaration: object,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const key = createHash('sha256').update(JSON.stringify(declaration)).digest('hex');
  const own = { ...headers, 'idempotency-key': key, 'if-none-match': '*' };
  const away = 'regulatory_is_unavailable';
  const status = await declared(`${baseUrl}/regulatory/v1/lists`, declaration, own, away);
  if (status >= 500) throw new Problem(503, away);
  if (status < 400 || status === 412) return;
  throw new Problem(422, 'list_declaration_is_refused', '/description/list');
}

async function declared(
  url: string,
  scheme: unknown,
  headers: Readonly<Record<string, string>>,
  away = 'identity_is_unavailable',
): Promise<number> {
  const body = JSON.stringify(scheme);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const sent = { ...headers, 'content-type': 'application/json' };
  try {
    const answer = await fetch(url, { method: 'POST', headers: sent, body, signal });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    throw new Problem(503, away);
  }
}
