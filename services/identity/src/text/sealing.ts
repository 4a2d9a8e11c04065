import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

/** What a sealed text is bound to: moved to another row it cannot be opened. */
export type SealedPlace = { owner: string; ref: string; kind: string };

const FORMAT = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;
export const DATA_KEY_BYTES = 32;
/** RFC 3394 §2.2.3.1: the integrity check of an unwrapped key. */
const KEY_WRAP_IV = Buffer.alloc(8, 0xa6);

/**
 * Seals a text: AES-256-GCM, bound to its place.
 *
 * @param dataKey the owner's own key, 32 bytes
 * @param nonce 12 random bytes, never used before under this key
 * @returns format byte, nonce, tag, ciphertext
 */
export function seal(dataKey: Buffer, place: SealedPlace, text: string, nonce: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', dataKey, nonce);
  cipher.setAAD(associatedData(place));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), sealed]);
}

/** @throws Error when key, place or a single bit is another than when it was sealed */
export function open(dataKey: Buffer, place: SealedPlace, sealed: Buffer): string {
  if (sealed[0] !== FORMAT) throw new Error('a sealed text of an unknown format');
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', dataKey, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(place));
  decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
  const text = Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]);
  return text.toString('utf8');
}

function associatedData({ owner, ref, kind }: SealedPlace): Buffer {
  return Buffer.from(JSON.stringify([owner, ref, kind]), 'utf8');
}

/**
 * Wraps an owner's data key (AES-256-KW, RFC 3394) under a key derived from the key file and the
 * owner: no nonce to run out of, and a wrapped key moved to another owner does not unwrap.
 */
export function wrapDataKey(keyFile: Buffer, owner: string, dataKey: Buffer): Buffer {
  const cipher = createCipheriv('id-aes256-wrap', wrappingKey(keyFile, owner), KEY_WRAP_IV);
  return Buffer.concat([cipher.update(dataKey), cipher.final()]);
}

/** @throws Error when the key file or the owner is another */
export function unwrapDataKey(keyFile: Buffer, owner: string, wrapped: Buffer): Buffer {
  const decipher = createDecipheriv('id-aes256-wrap', wrappingKey(keyFile, owner), KEY_WRAP_IV);
  return Buffer.concat([decipher.update(wrapped), decipher.final()]);
}

function wrappingKey(keyFile: Buffer, owner: string): Buffer {
  return createHmac('sha256', keyFile).update(`wrap:${owner}`).digest();
}

/**
 * The reference of a name: the same name of the same subject is kept once, and the reference says
 * nothing to whoever lacks the key file.
 *
 * @returns 32 hex digits
 */
export function nameRef(keyFile: Buffer, subject: string, name: string): string {
  const mac = createHmac('sha256', keyFile).update(`name:${subject}:${name}`).digest('hex');
  return mac.slice(0, 32);
}

/** @returns what a database remembers of a key file, to tell a wrong one: 64 hex digits */
export function keyDigest(name: string, key: Buffer): string {
  return createHmac('sha256', key).update(`this is ${name}.key`).digest('hex');
}
