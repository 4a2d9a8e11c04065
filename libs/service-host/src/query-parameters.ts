import { Problem } from './problem.js';

/**
 * A query has no parameter but these, and each once: a misspelt bound is no bound.
 *
 * @throws Problem 400 naming the parameter
 */
export function onlyParameters(
  query: Readonly<Record<string, unknown>>,
  parameters: readonly string[],
): void {
  for (const [name, value] of Object.entries(query)) {
    if (!parameters.includes(name) || typeof value !== 'string') {
      throw new Problem(400, 'query_is_malformed', `/query/${name}`);
    }
  }
}

/**
 * A whole number of a query string.
 *
 * @throws Problem 400 naming the parameter
 */
export function wholeNumber(
  query: Readonly<Record<string, unknown>>,
  parameter: string,
  bounds: { least: number; most: number; absent: number },
): number {
  const text = query[parameter];
  if (text === undefined) return bounds.absent;
  const value = typeof text === 'string' && /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < bounds.least || value > bounds.most) {
    throw new Problem(400, 'query_is_malformed', `/query/${parameter}`);
  }
  return value;
}
