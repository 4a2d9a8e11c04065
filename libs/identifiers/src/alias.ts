import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

/**
 * The alias of an identifier: what is looked up instead of it. Without the deployment's key nobody
 * can compute it, so a list of all numbers of a country does not reveal who is in a table.
 *
 * A KeyObject, not raw bytes: Node 24 needs eight times as long for the latter.
 *
 * @returns 64 lower-case hex digits of HMAC-SHA-256 over scheme, a zero byte, normalised value
 */
export function aliasOf(key: KeyObject, scheme: string, normalised: string): string {
  return createHmac('sha256', key).update(`${scheme}\u0000${normalised}`).digest('hex');
}

/**
 * @param text content of the alias key file: 64 hex digits
 * @returns the key, or undefined when the file does not hold one
 */
export function aliasKeyFrom(text: string): KeyObject | undefined {
  const hex = text.trim();
  if (!/^[0-9a-f]{64}$/.test(hex)) return undefined;
  return createSecretKey(Buffer.from(hex, 'hex'));
}
