import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FileRefusal } from './source-table.js';

/** Largest source, unpacked. A packed file can be a thousand times as large as it looks. */
export const UNPACKED_BYTES_MAX = 256 * 1024 * 1024;

const inflate = promisify(gunzip);

export type Unpacked =
  { ok: true; bytes: Buffer; digest: string } | { ok: false; reason: FileRefusal };

/**
 * A source's bytes, unpacked where they are gzip (told by their first bytes, not by the name).
 *
 * @param bytesMax largest source, unpacked; a test's may be smaller
 * @returns also the SHA-256 of the unpacked bytes: what facts name as the file's digest
 */
export async function unpack(
  name: string,
  given: Buffer,
  bytesMax = UNPACKED_BYTES_MAX,
): Promise<Unpacked> {
  if (given.length === 0) return { ok: false, reason: 'file_is_empty' };
  const packed = given[0] === 0x1f && given[1] === 0x8b;
  if (!packed) {
    if (name.endsWith('.gz')) return { ok: false, reason: 'file_is_not_gzip' };
    return digested(given, bytesMax);
  }
  try {
    return digested(await inflate(given, { maxOutputLength: bytesMax }), bytesMax);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') return { ok: false, reason: 'file_is_too_large' };
    return { ok: false, reason: code === 'Z_BUF_ERROR' ? 'file_is_cut_off' : 'file_is_damaged' };
  }
}

function digested(bytes: Buffer, bytesMax: number): Unpacked {
  if (bytes.length > bytesMax) return { ok: false, reason: 'file_is_too_large' };
  if (bytes.length === 0) return { ok: false, reason: 'file_is_empty' };
  return { ok: true, bytes, digest: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * @param text base64 as it came
 * @returns the bytes, or undefined when the text is not base64
 */
export function fromBase64(text: string): Buffer | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  // Decoding passes over what is not base64: then fewer bytes come out than went in.
  const whole = text.length % 4 === 0 && bytes.length === (text.length / 4) * 3 - padding;
  return whole ? bytes : undefined;
}
