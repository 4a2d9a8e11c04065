import { emptyRoot, nodeHash } from './leaf.js';

/** Height of a tile: 2^8 hashes each. */
export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 1 << TILE_HEIGHT;
/** Of a hash in hex. */
const HASH_DIGITS = 64;

/** A completed tile: 256 consecutive hashes of one tile level, and the root over them. */
export type Tile = {
  /** 0: leaves; 1: roots of tiles of level 0; … */
  level: number;
  /** Number of the tile within its level, from 0. */
  index: number;
  /** 256 × 64 hex digits. */
  hashes: string;
  /** Hex. */
  root: string;
};

/**
 * What must be remembered of an append-only RFC 6962 tree to go on: the roots of its complete
 * subtrees (the frontier) and the hashes of the tiles not yet complete. `appendLeaf` changes it.
 */
export type MerkleTree = {
  size: number;
  /** By height; set where the binary digit of `size` is 1. */
  peaks: (string | undefined)[];
  /** By tile level: the hashes of the tile begun. */
  partial: string[][];
};

/** @returns a tree without leaves */
export function emptyTree(): MerkleTree {
  return { size: 0, peaks: [], partial: [] };
}

/** Adds one leaf hash. @returns the tiles that it completed (usually none) */
export function appendLeaf(tree: MerkleTree, leaf: string): Tile[] {
  const tiles: Tile[] = [];
  const { peaks } = tree;
  let node = leaf;
  let height = 0;
  beginTileHash(tree, 0, node);
  for (let left = peaks[0]; left !== undefined; left = peaks[height]) {
    node = nodeHash(left, node);
    peaks[height] = undefined;
    height++;
    if (height % TILE_HEIGHT === 0) {
      const level = height / TILE_HEIGHT;
      tiles.push(completeTile(tree, level - 1, node));
      beginTileHash(tree, level, node);
    }
  }
  peaks[height] = node;
  tree.size++;
  return tiles;
}

function beginTileHash(tree: MerkleTree, level: number, hash: string): void {
  (tree.partial[level] ??= []).push(hash);
}

function completeTile(tree: MerkleTree, level: number, root: string): Tile {
  const hashes = (tree.partial[level] ?? []).join('');
  if (hashes.length !== TILE_WIDTH * HASH_DIGITS) throw new Error('a tile lacks hashes');
  tree.partial[level] = [];
  // `size` is still that before the leaf: its quotient is the number of this tile.
  return { level, index: Math.floor(tree.size / TILE_WIDTH ** (level + 1)), hashes, root };
}

/** @returns the frontier in hex: its hashes, that of the largest subtree first */
export function frontierOf(tree: MerkleTree): string {
  let frontier = '';
  for (let height = tree.peaks.length - 1; height >= 0; height--) {
    const peak = tree.peaks[height];
    if (peak !== undefined) frontier += peak;
  }
  return frontier;
}

/**
 * @param frontier of a tree with `size` leaves, as `frontierOf` gave it
 * @param partial per tile level the hashes of the tile begun, in hex, one after the other
 * @throws when the digits are not of a tree of that size
 */
export function treeOf(size: number, frontier: string, partial: readonly string[]): MerkleTree {
  const tree: MerkleTree = { size, peaks: peaksOf(size, frontier), partial: [] };
  for (const [level, hashes] of partial.entries()) tree.partial[level] = split(hashes);
  for (let level = 0, rest = size; rest > 0; level++, rest = Math.floor(rest / TILE_WIDTH)) {
    if ((tree.partial[level]?.length ?? 0) !== rest % TILE_WIDTH) {
      throw new Error(`the begun tile of level ${level} does not fit the size`);
    }
  }
  return tree;
}

function peaksOf(size: number, frontier: string): (string | undefined)[] {
  const hashes = split(frontier).reverse();
  const peaks: (string | undefined)[] = [];
  let next = 0;
  for (let height = 0, rest = size; rest > 0; height++, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) peaks[height] = hashes[next++];
  }
  if (next !== hashes.length || frontier.length % HASH_DIGITS !== 0) {
    throw new Error('the frontier does not fit the size');
  }
  return peaks;
}

function split(digits: string): string[] {
  const hashes: string[] = [];
  for (let at = 0; at < digits.length; at += HASH_DIGITS) {
    hashes.push(digits.slice(at, at + HASH_DIGITS));
  }
  return hashes;
}

/** @returns the RFC 6962 root of the tree with that frontier (`frontierOf`), in hex */
export function rootOfFrontier(frontier: string): string {
  const peaks = split(frontier);
  const smallest = peaks.pop();
  if (smallest === undefined) return emptyRoot();
  return peaks.reduceRight((right, left) => nodeHash(left, right), smallest);
}
