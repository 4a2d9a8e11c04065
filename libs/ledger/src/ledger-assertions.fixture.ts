import assert from 'node:assert/strict';
import type { LedgerReader } from './ledger.js';

/** Reads to the end page by page. @returns positions in the order they came */
export async function tail(reader: LedgerReader, until: () => number | undefined, page = 97) {
  const seen: number[] = [];
  let after = -1;
  for (;;) {
    const { facts } = await reader.readFrom(after, page);
    for (const { position } of facts) {
      seen.push(position);
      after = Math.max(after, position);
    }
    const end = until();
    if (end !== undefined && after >= end - 1) return seen;
    if (facts.length === 0) await reader.grownBeyond(after + 1, 200);
  }
}

/** Asserts that positions came dense from 0, none skipped, none twice. */
export function assertDense(seen: readonly number[], acknowledged: readonly number[]): void {
  const once = new Set(seen);
  assert.equal(once.size, seen.length, 'a position came twice');
  const skipped = acknowledged.filter((position) => !once.has(position));
  assert.deepEqual(skipped, [], 'acknowledged events were skipped');
  assert.deepEqual(
    seen,
    seen.map((_, index) => index),
    'positions are not dense from 0',
  );
}

export async function assertVerifies(reader: LedgerReader): Promise<void> {
  const result = await reader.verify();
  assert.deepEqual(result.faults, []);
  assert.equal(result.ok, true);
  const head = await reader.head();
  assert.equal(result.size, head.size);
  assert.equal(result.root, head.root);
}
