import { hash } from 'node:crypto';
import type { LedgerName } from '@writ/contracts';

/**
 * The state root: per ledger and bucket the sum mod 2^256 of SHA-256(owner ‖ ledger ‖ canonical
 * state) over all owners (subjects; in the reference bucket the item's key). A sum does not depend
 * on order and moves by what changed alone. A subject's state is a product of one component per
 * ledger, so the ledgers' sums are kept apart and move without waiting for one another; the root of
 * a bucket is the sum of the three, the total that of all buckets.
 */
const MODULUS = 1n << 256n;

export const EMPTY_ROOT = '0'.repeat(64);

/** @returns the summand of one owner's component; 0 while there is none */
export function summandOf(owner: string, ledger: LedgerName, state: string | undefined): bigint {
  if (state === undefined) return 0n;
  return BigInt(`0x${hash('sha256', `${owner}\n${ledger}\n${state}`, 'hex')}`);
}

/** @returns a root after a difference (may be negative) was added: 64 hex digits */
export function movedRoot(root: string, difference: bigint): string {
  const sum = (BigInt(`0x${root}`) + difference) % MODULUS;
  return (sum < 0n ? sum + MODULUS : sum).toString(16).padStart(64, '0');
}

/** @returns the sum of several roots */
export function sumOfRoots(roots: readonly string[]): string {
  return roots.reduce((sum, root) => movedRoot(sum, BigInt(`0x${root}`)), EMPTY_ROOT);
}
