import { describe, expect, it } from '@jest/globals';
import { inLanes } from './lanes.js';

/** Runs work that takes a few turns each and notes when each began and ended. */
async function notesOf(lanes: (string | undefined)[], most: number, failing?: number) {
  const notes: string[] = [];
  let running = 0;
  let mostRunning = 0;
  const ended = inLanes(lanes, most, async (index) => {
    notes.push(`begin ${index}`);
    mostRunning = Math.max(mostRunning, ++running);
    await Promise.resolve();
    running--;
    notes.push(`end ${index}`);
    if (index === failing) throw new Error('failed');
  });
  const error = await ended.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return { notes, mostRunning, running, error };
}

describe('work in lanes', () => {
  it('is side by side in several', async () => {
    const { notes, mostRunning } = await notesOf([undefined, 'a', 'b'], 8);
    expect(notes.slice(0, 3)).toEqual(['begin 0', 'begin 1', 'begin 2']);
    expect(mostRunning).toBe(3);
  });

  it('keeps its order in one', async () => {
    const { notes } = await notesOf(['a', 'b', 'a', 'a'], 8);
    const ofLane = notes.filter((note) => !note.endsWith(' 1'));
    expect(ofLane).toEqual(['begin 0', 'end 0', 'begin 2', 'end 2', 'begin 3', 'end 3']);
  });

  it('is never more at a time than said', async () => {
    const { notes, mostRunning } = await notesOf(Array.from({ length: 9 }), 2);
    expect({ mostRunning, notes: notes.length }).toEqual({ mostRunning: 2, notes: 18 });
  });

  it('that fails is told when nothing runs any more', async () => {
    const { error, running } = await notesOf(['a', 'b', 'c'], 3, 1);
    expect(error).toEqual(new Error('failed'));
    expect(running).toBe(0);
  });
});
