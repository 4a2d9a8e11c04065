import { Problem } from './problem.js';

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
