import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { authoritiesOf, decideBatch, predictBatch, streamsOf } from './batch.js';
import { prepareCommand } from './prepare-command.js';
import { sampleCommand } from './sample-facts.fixture.js';
import { emptySequence, type SequenceState } from './sequence.js';

const CLOCK = '2026-03-02T09:00:00.000Z';
const command = (key: string, stream: string, version: number, events = 1) =>
  prepareCommand('court', () => undefined, sampleCommand(key, stream, version, events));

function readyFor(commands: ReturnType<typeof command>[]): SequenceState {
  const state = emptySequence('court', 1);
  for (const authority of authoritiesOf(commands)) state.authorities.set(authority, 0);
  return state;
}

describe('a predicted batch', () => {
  it('is the batch that reading under the lock would have decided', () => {
    const lengths = fc.array(fc.tuple(fc.nat(5), fc.integer({ min: 1, max: 3 })), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(lengths, (writes) => {
        const at = new Map<string, number>();
        const commands = writes.map(([n, events], index) => {
          const stream = `case-${n}`;
          const version = at.get(stream) ?? 0;
          at.set(stream, version + events);
          return command(`k${index}`, stream, version, events);
        });
        const locked = readyFor(commands);
        const versions = new Map(streamsOf(commands).map((stream) => [stream, 0]));
        const decided = decideBatch(locked, commands, versions, new Map(), CLOCK);
        const predicted = predictBatch(readyFor(commands), commands, undefined, CLOCK);
        expect(predicted?.batch).toEqual(decided);
        expect(predicted?.guards).toEqual({ present: [], absent: [] });
      }),
    );
  });

  it('guards what it took at its word', () => {
    const seen = command('a', 'case-1', 4);
    const read = { ...command('b', 'case-2', 0), expect: [{ stream: 'case-2', version: 0 }, { stream: 'case-3', version: 2 }] }; // prettier-ignore
    const predicted = predictBatch(readyFor([seen, read]), [seen, read], undefined, CLOCK);
    expect(predicted?.guards).toEqual({
      present: [
        { stream: 'case-1', version: 4 },
        { stream: 'case-3', version: 2 },
      ],
      absent: [{ stream: 'case-3', version: 3 }],
    });
  });

  it.each([
    ['a command stale within the batch', [command('a', 'case-1', 0), command('b', 'case-1', 0)]],
    ['one stale against what is in flight', [command('a', 'case-9', 0)]],
  ])('is none with %s', (_what, commands) => {
    const inFlight = new Map([['case-9', 1]]);
    expect(predictBatch(readyFor(commands), commands, inFlight, CLOCK)).toBeUndefined();
  });

  it('is none for an authority whose last number is not known', () => {
    const commands = [command('a', 'case-1', 0)];
    expect(predictBatch(emptySequence('court', 1), commands, undefined, CLOCK)).toBeUndefined();
  });
});

describe('a batch', () => {
  it('has no time before the last', () => {
    const commands = [command('a', 'case-1', 0)];
    const state = { ...readyFor(commands), recordedAt: '2027-01-01T00:00:00.000Z' };
    const batch = decideBatch(state, commands, new Map([['case-1', 0]]), new Map(), CLOCK);
    expect(batch.recordedAt).toBe('2027-01-01T00:00:00.000Z');
  });

  it('decides a key before a version, and each command alone', () => {
    const commands = [
      command('a', 'case-1', 0),
      command('a', 'case-1', 0),
      { ...command('a', 'case-1', 0), fingerprint: 'another' },
      command('b', 'case-1', 0),
      command('c', 'case-1', 1),
    ];
    const versions = new Map([['case-1', 0]]);
    const batch = decideBatch(readyFor(commands), commands, versions, new Map(), CLOCK);
    const kinds = batch.verdicts.map(({ kind }) => kind);
    expect(kinds).toEqual(['recorded', 'known', 'key_reused', 'conflict', 'recorded']);
    expect(batch.events.map(({ position, version }) => [position, version])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });
});
