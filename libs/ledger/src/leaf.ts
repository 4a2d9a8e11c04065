import { hash } from 'node:crypto';

/** @returns the RFC 6962 leaf hash of a canonical text: SHA-256(0x00 ‖ UTF-8 bytes) */
export function leafHash(canonical: string): Buffer {
  return hash('sha256', `\0${canonical}`, 'buffer');
}

/** @returns the RFC 6962 node hash: SHA-256(0x01 ‖ left ‖ right) */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  scratch.set(left, 1);
  scratch.set(right, 33);
  return hash('sha256', scratch, 'buffer');
}

const scratch = Buffer.alloc(65);
scratch[0] = 1;

/** @returns the root of a tree without leaves: SHA-256 of nothing */
export function emptyRoot(): Buffer {
  return hash('sha256', '', 'buffer');
}
