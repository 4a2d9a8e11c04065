import type { SchemeDeclaration } from '@writ/identifiers';

const TIMEOUT_MS = 2_000;

/**
 * Schemes declared as data, as the identity service at that origin serves them.
 *
 * @throws Error when it cannot be asked
 */
export async function fetchSchemes(baseUrl: string): Promise<SchemeDeclaration[]> {
  const answer = await fetch(`${baseUrl}/identity/v1/schemes`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) throw new Error(`identity answered ${answer.status}`);
  return ((await answer.json()) as { declared: SchemeDeclaration[] }).declared;
}
