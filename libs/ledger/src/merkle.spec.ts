import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { leafHash } from './leaf.js';
import {
  appendLeaf,
  emptyTree,
  frontierOf,
  rootOfFrontier,
  treeOf,
  type MerkleTree,
  type Tile,
} from './merkle.js';

const sha = (...parts: Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** RFC 6962, section 2.1, word for word. */
function naiveRoot(leaves: readonly string[]): string {
  if (leaves.length === 0) return sha();
  if (leaves.length === 1) return leaves[0]!;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  const [left, right] = [naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k))];
  return sha(Buffer.of(1), Buffer.from(left, 'hex'), Buffer.from(right, 'hex'));
}

const leavesOf = (count: number) => Array.from({ length: count }, (_, n) => leafHash(`leaf ${n}`));

function grow(tree: MerkleTree, leaves: readonly string[]): Tile[] {
  return leaves.flatMap((leaf) => appendLeaf(tree, leaf));
}

describe('the tree', () => {
  it('hashes a leaf as RFC 6962 does', () => {
    expect(leafHash('é')).toEqual(sha(Buffer.of(0), Buffer.from('é')));
  });

  it('has the root of the naive tree', () => {
    fc.assert(
      fc.property(fc.nat(1_100), (count) => {
        const leaves = leavesOf(count);
        const tree = emptyTree();
        grow(tree, leaves);
        expect(rootOfFrontier(frontierOf(tree))).toEqual(naiveRoot(leaves));
      }),
      { numRuns: 40 },
    );
  });

  it('goes on from what is stored as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat(900), fc.nat(600), (before, after) => {
        const leaves = leavesOf(before + after);
        const whole = emptyTree();
        grow(whole, leaves.slice(0, before));
        const partial = whole.partial.map((hashes) => hashes.join(''));
        const resumed = treeOf(before, frontierOf(whole), partial);
        expect(grow(resumed, leaves.slice(before))).toEqual(grow(whole, leaves.slice(before)));
        expect(frontierOf(resumed)).toEqual(frontierOf(whole));
      }),
      { numRuns: 30 },
    );
  });

  it('gives each tile once, complete: 256 hashes and the root over them', () => {
    const leaves = leavesOf(256 * 256 + 300);
    const tiles = grow(emptyTree(), leaves);
    const names = tiles.map(({ level, index }) => `${level}/${index}`);
    expect(names).toHaveLength(258);
    expect(new Set(names).size).toBe(258);
    expect(names.slice(-3)).toEqual(['0/255', '1/0', '0/256']);
    for (const { level, index, hashes, root } of tiles) {
      const split = Array.from({ length: 256 }, (_, n) => hashes.slice(n * 64, n * 64 + 64));
      expect(naiveRoot(split)).toEqual(root);
      if (level === 0) expect(split[0]).toEqual(leaves[index * 256]);
    }
    const upper = tiles.find(({ level }) => level === 1);
    const lower = tiles.filter(({ level, index }) => level === 0 && index < 256);
    expect(upper?.hashes).toEqual(lower.map(({ root }) => root).join(''));
  });

  it('refuses a frontier of another size', () => {
    const tree = emptyTree();
    grow(tree, leavesOf(5));
    expect(() => treeOf(7, frontierOf(tree), [])).toThrow('does not fit');
    expect(() => treeOf(5, frontierOf(tree), [])).toThrow('begun tile');
  });
});
