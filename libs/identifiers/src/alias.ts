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
 * @param bytes content of `alias.key`: 32 random bytes
 * @throws RangeError when it is another length
 */
export function aliasKeyFrom(bytes: Buffer): KeyObject {
  if (bytes.length !== 32) throw new RangeError('an alias key has 32 bytes');
  return createSecretKey(bytes);
}
