import type { FeedDescription } from '@writ/feeds';
import { Problem } from '@writ/service-host';

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
    schemes: NonNullable<FeedDescription['schemes']>,
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

async function declared(
  url: string,
  scheme: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  const body = JSON.stringify(scheme);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const sent = { ...headers, 'content-type': 'application/json' };
  try {
    const answer = await fetch(url, { method: 'POST', headers: sent, body, signal });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    throw new Problem(503, 'identity_is_unavailable');
  }
}
