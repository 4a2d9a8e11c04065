import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact } from '@writ/contracts';
import { DeliveryInbox } from './delivery-inbox.js';
import type { Applied, Delivery, FactConsumer, StoppedBucket } from './fact-source.js';

const fact = (bucket: number, position: number): DeliveredFact => {
  const type = 'court.subject-listed.v1';
  return { ledger: 'court', epoch: 1, position, bucket, prev: -1, type, canonical: '{}' };
};
const entry = (bucket: number, ...positions: number[]) => {
  const facts = positions.map((position) => fact(bucket, position));
  return { ledger: 'court' as const, bucket, facts };
};

/** A consumer whose transactions end when told. */
function heldConsumer() {
  const calls: { buckets: number[]; end: (applied?: Applied) => void; fail: () => void }[] = [];
  const consumer: FactConsumer = {
    name: 'test',
    ledgers: ['court'],
    places: async (keys) => keys.map((key) => ({ ...key, epoch: 0, place: -1, upTo: -1 })),
    apply: ({ buckets }: Delivery) =>
      new Promise<Applied>((resolve, reject) => {
        calls.push({
          buckets: buckets.map(({ bucket }) => bucket),
          end: (applied = { gaps: [] }) => resolve(applied),
          fail: () => reject(new Error('the database is away')),
        });
      }),
  };
  return { consumer, calls };
}

function inboxOn(consumer: FactConsumer, lanes = 2) {
  const alarms: StoppedBucket[] = [];
  const fetcher = { fetch: async () => [] };
  const pause = async () => undefined;
  const onAlarm = (stopped: StoppedBucket) => void alarms.push(stopped);
  return { inbox: new DeliveryInbox({ consumer, fetcher, pause, onAlarm, lanes }), alarms };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the inbox of a consumer', () => {
  it('puts all that came in during a transaction into the next', async () => {
    const { consumer, calls } = heldConsumer();
    const { inbox } = inboxOn(consumer, 1);
    [1, 2, 3].forEach((bucket) => inbox.put(entry(bucket, bucket)));
    calls[0]?.end();
    await settle();
    expect(calls.map(({ buckets }) => buckets)).toEqual([[1], [2, 3]]);
  });

  it('lets a slow bucket hold up nobody but itself', async () => {
    const { consumer, calls } = heldConsumer();
    const { inbox } = inboxOn(consumer, 2);
    inbox.put(entry(1, 1));
    inbox.put(entry(1, 2));
    inbox.put(entry(2, 3));
    calls[1]?.end();
    await settle();
    inbox.put(entry(3, 4));
    expect(calls.map(({ buckets }) => buckets)).toEqual([[1], [2], [3]]);
  });

  it('tells that facts are applied only when they are, and tries again until then', async () => {
    const { consumer, calls } = heldConsumer();
    const { inbox } = inboxOn(consumer);
    let isDone = false;
    inbox.put({ ...entry(1, 1), done: () => (isDone = true) });
    calls[0]?.fail();
    await settle();
    expect([isDone, inbox.trouble, inbox.outstanding()]).toEqual([
      false,
      'the database is away',
      1,
    ]);
    calls[1]?.end();
    await settle();
    expect([isDone, inbox.trouble, inbox.outstanding()]).toEqual([true, undefined, 0]);
  });

  it('stops a bucket that the ledger contradicts, alarms once and says no facts are applied', async () => {
    const { consumer, calls } = heldConsumer();
    const { inbox, alarms } = inboxOn(consumer);
    let isDone = false;
    inbox.put({ ...entry(1, 9), done: () => (isDone = true) });
    calls[0]?.end({ gaps: [{ ledger: 'court', bucket: 1, place: -1, epoch: 0, before: 9 }] });
    await settle();
    inbox.put(entry(1, 10));
    const stopped = { ledger: 'court', bucket: 1, reason: 'message_is_not_in_the_ledger' };
    expect(alarms).toEqual([{ ...stopped, position: 9 }]);
    expect([isDone, calls.length, inbox.outstanding()]).toEqual([false, 1, 0]);
  });

  it('keeps watermarks for the next transaction or the next flush', async () => {
    const { consumer, calls } = heldConsumer();
    const { inbox } = inboxOn(consumer);
    const at = '2026-03-01T00:00:00.000Z';
    const key = { ledger: 'court' as const, bucket: 1 };
    inbox.put({ ...key, facts: [], watermark: { ...key, epoch: 1, upTo: 0, last: -1, at } });
    expect(calls).toHaveLength(0);
    inbox.flushWatermarks();
    expect(calls.map(({ buckets }) => buckets)).toEqual([[1]]);
  });

  it('forgets what waits for buckets that went to another process', async () => {
    const { consumer, calls } = heldConsumer();
    const { inbox } = inboxOn(consumer, 1);
    inbox.put(entry(1, 1));
    inbox.put(entry(2, 2));
    inbox.drop(({ bucket }) => bucket === 2);
    calls[0]?.end();
    await settle();
    expect([calls.length, inbox.outstanding()]).toEqual([1, 0]);
  });
});
