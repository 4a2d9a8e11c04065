import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact } from '@writ/contracts';
import { leafOf, type StoredPlace } from './join-on.js';
import { fetchPositions } from './projecting-consumer.postgres.js';
import { splitParked } from './set-aside.js';
import { factOf, sortOut, UnreadableFact } from './sort-out.js';

const fact = (position: number, subject = 'a', type = 'known'): DeliveredFact => {
  return { ledger: 'court', epoch: 1, position, bucket: 1, prev: -1, type, subject, canonical: '' };
};
const understands = (type: string) => type === 'known';
const positions = (facts: readonly { position: number }[]) => facts.map((f) => f.position);

describe('parting what must wait from what can be folded', () => {
  it('parks a fact of an unknown version and all later ones of its subject', () => {
    const fresh = [fact(1), fact(2, 'a', 'new'), fact(3, 'b'), fact(4)];
    const { foldable, parkings } = splitParked(fresh, new Set(), new Map(), understands);
    expect(positions(foldable)).toEqual([1, 3]);
    expect(parkings).toEqual([
      { fact: fresh[1], reason: 'fact_version_unknown' },
      { fact: fresh[3], reason: 'fact_version_unknown' },
    ]);
  });

  it('parks from the poison on, not before it', () => {
    const fresh = [fact(1), fact(2), fact(3)];
    const poison = new Map([['court/a', fact(2)]]);
    const { foldable, parkings } = splitParked(fresh, new Set(), poison, understands);
    expect([positions(foldable), positions(parkings.map((p) => p.fact))]).toEqual([[1], [2, 3]]);
  });

  it('parks everything of a subject that waits already, and of no other ledger', () => {
    const other = { ...fact(3), ledger: 'regulatory' as const };
    const { foldable } = splitParked(
      [fact(1), other],
      new Set(['court/a']),
      new Map(),
      understands,
    );
    expect(foldable).toEqual([other]);
  });
});

describe('a delivery', () => {
  it('may not hold a bucket twice', () => {
    const bucket = { ledger: 'court' as const, bucket: 1, facts: [] };
    const place = { ledger: 'court' as const, bucket: 1, epoch: 0, place: -1, upTo: -1 };
    expect(() => sortOut([place, place], { buckets: [bucket, bucket] })).toThrow('twice');
  });
});

describe('reading the text of a fact', () => {
  const subject = `01${'00'.repeat(15)}`;
  const envelope = { epoch: 1, ledger: 'court', position: 9, subject, type: 'known' };
  const delivered = (text: string) => ({ ...fact(9, subject), canonical: text });

  it('takes the one that its envelope names', () =>
    expect(factOf(delivered(JSON.stringify(envelope)))).toEqual(envelope));

  it.each([
    ['that is cut', '{"epoch":1,"led'],
    ['of another ledger', JSON.stringify({ ...envelope, ledger: 'regulatory' })],
    ['of another epoch', JSON.stringify({ ...envelope, epoch: 2 })],
    ['of another position', JSON.stringify({ ...envelope, position: 8 })],
    ['of another type', JSON.stringify({ ...envelope, type: 'new' })],
    ['of another subject', JSON.stringify({ ...envelope, subject: subject.replace('01', '21') })],
    ['of no subject', JSON.stringify({ ...envelope, subject: undefined })],
  ])('refuses one %s', (_, text) => {
    expect(() => factOf(delivered(text))).toThrow(UnreadableFact);
  });

  it('refuses a subject of another bucket', () => {
    const elsewhere = { ...delivered(JSON.stringify(envelope)), bucket: 2 };
    expect(() => factOf(elsewhere)).toThrow(UnreadableFact);
  });
});

describe('what waits of a subject is fetched by position', () => {
  const waits = { consumer: 'test', ledger: 'court' as const, subject: 'a', bucket: 1 };
  const quarantined = { ...waits, firstPosition: 2, reason: 'fact_is_poison' as const };
  const parked = { ...quarantined, factType: 'known', since: '', positions: [4, 2] };
  const last = fact(5, 'b');
  const place: StoredPlace = {
    ...{ ledger: 'court', bucket: 1, epoch: 1, place: 5, upTo: 5 },
    leaf: leafOf(last),
  };
  const holding = (...facts: DeliveredFact[]) => ({
    fetch: async (_: unknown, after: number) => facts.filter(({ position }) => position > after),
  });

  it('in order', async () => {
    const facts = await fetchPositions(holding(fact(2), fact(4), last), place, parked);
    expect(positions(facts)).toEqual([2, 4]);
  });

  it.each([
    ['another subject there', [fact(2), fact(4, 'c'), last], 'does not hold 4'],
    ['a later epoch there', [{ ...fact(2), epoch: 2 }, fact(4), last], 'does not hold 2'],
    ['another fact at our place', [fact(2), fact(4), { ...last, canonical: '{}' }], 'contradicts'],
    ['nothing at our place', [fact(2), fact(4)], 'contradicts'],
  ])('and refused when a restored ledger has %s', async (_, facts, message) => {
    await expect(fetchPositions(holding(...facts), place, parked)).rejects.toThrow(message);
  });
});
