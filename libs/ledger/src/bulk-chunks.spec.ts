import { describe, expect, it } from '@jest/globals';
import { BULK_CHUNK_EVENTS_MAX, chunksOf } from './bulk-chunks.js';
import type { BulkCommand } from './ledger.js';
import { sampleCommand } from './sample-facts.fixture.js';

/** Commands that write so many events each. */
function commandsOf(...sizes: number[]): BulkCommand[] {
  return sizes.map((size, n) => {
    const command = sampleCommand(`key-${n}`, `case-${n}`, 0);
    const [written] = command.write;
    return { ...command, write: Array.from({ length: size }, () => written!) };
  });
}

describe('chunks of a bulk append', () => {
  const half = BULK_CHUNK_EVENTS_MAX / 2;

  it.each([
    ['nothing', [], []],
    ['what fits together', [half, half], [[half, half]]],
    ['a command that no longer fits: whole, in the next', [half, half, 1], [[half, half], [1]]],
    ['one larger than a chunk: by itself', [1, half * 3, 1], [[1], [half * 3], [1]]],
  ])('hold %s', (_, sizes, expected) => {
    const chunks = [...chunksOf(commandsOf(...sizes))];
    expect(chunks.map((chunk) => chunk.map(({ write }) => write.length))).toEqual(expected);
  });
});
