import { describe, expect, it } from '@jest/globals';
import { record, refuse, type Decision } from './decision.js';
import { handle, type AppendCommand, type Ledger, type ReadStream } from './handle.js';
import type { StreamWrite } from './handle.js';

type Event = { name: string };

/** A ledger that keeps streams in a map and can be made to conflict n times first. */
function ledgerWith(
  streams: Record<string, Event[]>,
  keys: Record<string, { fingerprint: string; events: Event[] }> = {},
  conflicts: string[] = [],
) {
  const appended: AppendCommand<Event>[] = [];
  const left = [...conflicts];
  const ledger: Ledger<Event, Event> = {
    readStream: (stream) => {
      const events = streams[stream] ?? [];
      return Promise.resolve({ stream, version: events.length, events });
    },
    findKey: (key) => Promise.resolve(keys[key]),
    append: (command) => {
      const stream = left.shift();
      if (stream !== undefined) return Promise.resolve({ outcome: 'conflict', stream });
      const known = keys[command.key];
      if (known && known.fingerprint !== command.fingerprint) {
        return Promise.resolve({ outcome: 'refused', reason: 'key_reused_with_another_body' });
      }
      if (known) return Promise.resolve({ outcome: 'known', events: known.events });
      appended.push(command);
      return Promise.resolve({
        outcome: 'recorded',
        events: command.write.map(({ event }) => event),
      });
    },
  };
  return { ledger, appended };
}

const command = { key: 'k', fingerprint: 'f' };
const waits = () => {
  const attempts: number[] = [];
  return {
    attempts,
    jitter: (attempt: number) => {
      attempts.push(attempt);
      return Promise.resolve();
    },
  };
};
const write = (stream: string, name: string): StreamWrite<Event> => ({ stream, event: { name } });

/** Looks at two streams, writes one of them. */
const listUnlessPaid = async (
  read: ReadStream<Event>,
): Promise<Decision<StreamWrite<Event>, 'obligation_is_performed'>> => {
  const paid = (await read('case-1')).some(({ name }) => name === 'paid');
  await read('listing-1');
  return paid ? refuse('obligation_is_performed') : record(write('listing-1', 'listed'));
};

describe('handle', () => {
  it('reads a stream once, however often the decision asks for it', async () => {
    const streams = { 'case-1': [{ name: 'opened' }] };
    const { ledger, appended } = ledgerWith(streams);
    const asksTwice = async (read: ReadStream<Event>) => {
      const before = await read('case-1');
      // Somebody else pays between the two reads.
      streams['case-1'] = [...before, { name: 'paid' }];
      const after = await read('case-1');
      return record(write('case-1', `listed after ${after.length}`));
    };
    await handle(ledger, command, asksTwice, waits());
    expect(appended[0]).toMatchObject({
      expect: [{ stream: 'case-1', version: 1 }],
      write: [write('case-1', 'listed after 1')],
    });
  });

  it('expects every stream the decision looked at, not only the one it writes', async () => {
    const { ledger, appended } = ledgerWith({ 'case-1': [{ name: 'opened' }] });
    const result = await handle(ledger, command, listUnlessPaid, waits());
    expect(result).toEqual({ kind: 'recorded', events: [{ name: 'listed' }], repeated: false });
    expect(appended[0]?.expect).toEqual([
      { stream: 'case-1', version: 1 },
      { stream: 'listing-1', version: 0 },
    ]);
  });

  it('reads and decides again after a conflict of our own, at most five times', async () => {
    const twice = ledgerWith({}, {}, ['case-1', 'case-1']);
    const patience = waits();
    const result = await handle(twice.ledger, command, listUnlessPaid, patience);
    expect(result.kind).toBe('recorded');
    expect(patience.attempts).toEqual([1, 2]);

    const always = ledgerWith({}, {}, Array<string>(9).fill('case-1'));
    const given = await handle(always.ledger, command, listUnlessPaid, waits());
    expect(given).toEqual({ kind: 'refused', refusal: { reason: 'too_much_contention' } });
  });

  it('never retries a version that a client named', async () => {
    const named = [{ stream: 'case-1', version: 1 }];
    const moved = ledgerWith({ 'case-1': [{ name: 'opened' }, { name: 'noticed' }] });
    const stale = { kind: 'refused', refusal: { reason: 'version_is_stale' } };
    const before = { ...waits(), named };
    expect(await handle(moved.ledger, command, listUnlessPaid, before)).toEqual(stale);
    expect(moved.appended).toEqual([]);

    const moving = ledgerWith({ 'case-1': [{ name: 'opened' }] }, {}, ['case-1']);
    const during = { ...waits(), named };
    expect(await handle(moving.ledger, command, listUnlessPaid, during)).toEqual(stale);
    expect(during.attempts).toEqual([]);
  });

  it('answers a retry with its first answer, though the state would now refuse it', async () => {
    const first = { fingerprint: 'f', events: [{ name: 'listed' }] };
    const { ledger, appended } = ledgerWith({ 'case-1': [{ name: 'paid' }] }, { k: first });
    const result = await handle(ledger, command, listUnlessPaid, waits());
    expect(result).toEqual({ kind: 'recorded', events: first.events, repeated: true });
    expect(appended).toEqual([]);
  });

  it.each([
    ['when the decision would record', {}],
    ['when the decision would refuse', { 'case-1': [{ name: 'paid' }] }],
  ])('refuses the key with another body %s', async (_when, streams) => {
    const keys = { k: { fingerprint: 'another', events: [{ name: 'listed' }] } };
    const { ledger } = ledgerWith(streams, keys);
    const result = await handle(ledger, command, listUnlessPaid, waits());
    expect(result).toEqual({
      kind: 'refused',
      refusal: { reason: 'key_reused_with_another_body' },
    });
  });

  it('hands a refusal on as data and records nothing', async () => {
    const { ledger, appended } = ledgerWith({ 'case-1': [{ name: 'paid' }] });
    const result = await handle(ledger, command, listUnlessPaid, waits());
    expect(result).toEqual({ kind: 'refused', refusal: { reason: 'obligation_is_performed' } });
    expect(appended).toEqual([]);
  });

  it('accepts a command that changes nothing without appending', async () => {
    const { ledger, appended } = ledgerWith({});
    const result = await handle(ledger, command, () => Promise.resolve(record<never>()), waits());
    expect(result).toEqual({ kind: 'recorded', events: [], repeated: false });
    expect(appended).toEqual([]);
  });

  it('lets a bug throw', async () => {
    const { ledger } = ledgerWith({});
    const bug = () => Promise.reject(new TypeError('not a function'));
    await expect(handle(ledger, command, bug, waits())).rejects.toThrow(TypeError);
  });
});
