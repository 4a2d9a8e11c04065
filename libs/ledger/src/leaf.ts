import { hash } from 'node:crypto';

/*
 * Hashes are lower-case hex throughout: Node makes such a text in half the time of a Buffer, which
 * has memory outside the heap to be freed, and it is what facts, roots and answers say.
 */

/** @returns the RFC 6962 leaf hash of a canonical text, hex: SHA-256(0x00 ‖ UTF-8 bytes) */
export function leafHash(canonical: string): string {
  return hash('sha256', `\0${canonical}`, 'hex');
}

/** @returns the RFC 6962 node hash of two hashes, all in hex: SHA-256(0x01 ‖ left ‖ right) */
export function nodeHash(left: string, right: string): string {
  scratch.write(left, 1, 'hex');
  scratch.write(right, 33, 'hex');
  return hash('sha256', scratch, 'hex');
}

const scratch = Buffer.alloc(65);
scratch[0] = 1;

/** @returns the root of a tree without leaves, hex: SHA-256 of nothing */
export function emptyRoot(): string {
  return hash('sha256', '', 'hex');
}
