import { createHmac, createSecretKey } from 'node:crypto';

/** Seals what must not be readable: a keyed hash. */
export type Seal = (kind: 'record' | 'content' | 'listing', ...parts: readonly string[]) => string;

/** @param key the service's own key; without it no record id can be guessed back */
export function sealWith(key: Buffer): Seal {
  // A KeyObject: raw bytes cost several times as much on some versions of Node.
  const secret = createSecretKey(key);
  return (kind, ...parts) =>
    createHmac('sha256', secret)
      .update(JSON.stringify(['feed', kind, ...parts]))
      .digest('hex');
}
