import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact, Watermark } from '@writ/contracts';
import { isCurrent, joinOn, leafOf, movedOn, type StoredPlace } from './join-on.js';

const at = (place: number, epoch = 1): StoredPlace => {
  return { ledger: 'court', bucket: 3, epoch: place < 0 ? 0 : epoch, place, upTo: place };
};

const fact = (position: number, prev: number, epoch = 1): DeliveredFact => {
  const type = 'court.subject-listed.v1';
  return { ledger: 'court', bucket: 3, epoch, position, prev, type, canonical: '{}' };
};

const watermark = (last: number, upTo: number, epoch = 1): Watermark => {
  return { ledger: 'court', bucket: 3, epoch, upTo, last, at: '2026-03-01T00:00:00.000Z' };
};

describe('joining a delivery on to a place', () => {
  it('takes what follows without a hole', () => {
    const facts = [fact(4, -1), fact(9, 4)];
    expect(joinOn(at(-1), { facts })).toEqual({ fresh: facts });
  });

  it('drops what was applied, and the same fact twice in one delivery', () => {
    const facts = [fact(4, -1), fact(9, 4), fact(9, 4), fact(12, 9)];
    expect(joinOn(at(4), { facts }).fresh.map(({ position }) => position)).toEqual([9, 12]);
  });

  it.each([
    ['at the start', at(-1), [fact(9, 4)], 9],
    ['after the place', at(4), [fact(12, 9)], 12],
    ['in the middle', at(4), [fact(9, 4), fact(15, 12)], 15],
  ])('finds a gap %s and applies nothing', (_, place, facts, before) => {
    const { place: position, epoch } = place;
    const gap = { ledger: 'court', bucket: 3, place: position, epoch, before };
    expect(joinOn(place, { facts })).toEqual({ fresh: [], gap });
  });

  it('has the ledger asked before an epoch begins, and takes it from the ledger', () => {
    const facts = [fact(9, 4, 2)];
    expect(joinOn(at(4), { facts }).gap).toMatchObject({ before: 9 });
    expect(joinOn(at(4), { facts, verified: true }).fresh).toEqual(facts);
  });

  it('stops when a later epoch has another fact where we already were', () => {
    const stop = { reason: 'consumer_holds_more_than_the_ledger', position: 9 };
    expect(joinOn(at(9), { facts: [fact(7, 4, 2)] })).toEqual({ fresh: [], stop });
  });

  it('stops at another fact than the one at the place, though of the same epoch', () => {
    const place = { ...at(9), leaf: leafOf({ canonical: '{"was":"here"}' }) };
    const stop = { reason: 'ledger_holds_another_fact', position: 9 };
    expect(joinOn(place, { facts: [fact(9, 4)] })).toEqual({ fresh: [], stop });
    const same = { ...fact(9, 4), canonical: '{"was":"here"}' };
    expect(joinOn(place, { facts: [same] })).toEqual({ fresh: [] });
  });

  it('stops at a fact of a past epoch', () => {
    const stop = { reason: 'message_is_of_a_past_epoch', position: 12 };
    expect(joinOn(at(9, 2), { facts: [fact(12, 9, 1)] })).toEqual({ fresh: [], stop });
  });

  it.each([
    ['covers our place and does not know it', at(9), watermark(4, 20)],
    ['is of a later epoch that ends before our place', at(9), watermark(4, 6, 2)],
  ])('stops at a watermark that %s', (_, place, mark) => {
    const { stop } = joinOn(place, { facts: [], watermark: mark });
    expect(stop).toEqual({ reason: 'consumer_holds_more_than_the_ledger', position: 9 });
  });

  it.each([
    ['is older than our place', watermark(4, 8)],
    ['knows our place', watermark(9, 20)],
    ['is of a past epoch', watermark(4, 20, 0)],
  ])('minds no watermark that %s', (_, mark) => {
    expect(joinOn(at(9), { facts: [], watermark: mark })).toEqual({ fresh: [] });
  });
});

describe('moving a place on', () => {
  it('goes to the last fact, its epoch and leaf, and as far as is known to be empty', () => {
    const moved = movedOn(at(4), [fact(9, 4, 2)], { upTo: 30, epoch: 2 });
    const leaf = leafOf({ canonical: '{}' });
    expect(moved).toEqual({ ...at(9, 2), upTo: 30, leaf, ledgerEpoch: 2 });
  });

  it.each([
    ['a fact', [fact(9, 4, 2)], {}, 9],
    ['a watermark that is not reached', [], { watermark: watermark(9, 20, 2) }, 4],
    ['a watermark that is reached', [], { watermark: watermark(4, 20, 2) }, 20],
    ['a page without facts', [], { upTo: 11, epoch: 2 }, 11],
  ])('forgets what was known of a past epoch at %s of a later one', (_, fresh, told, upTo) => {
    const known = movedOn(at(4), [], { watermark: watermark(4, 500), upTo: 500, epoch: 1 });
    expect(known.upTo).toBe(500);
    const moved = movedOn(known, fresh, told);
    expect([moved.upTo, moved.ledgerEpoch]).toEqual([upTo, 2]);
    expect(moved.watermark?.upTo).not.toBe(500);
    // What comes late of the past epoch says nothing of this one.
    const late = movedOn(moved, [], { watermark: watermark(4, 600), upTo: 600, epoch: 1 });
    expect(late).toEqual(moved);
  });

  it('compares watermarks by epoch first: after a restore the ledger is smaller', () => {
    const before = movedOn(at(4), [], { watermark: watermark(9, 500) });
    const after = movedOn(before, [], { watermark: watermark(4, 6, 2) });
    expect([isCurrent(before), isCurrent(after)]).toEqual([false, true]);
    expect(after.watermark).toMatchObject({ epoch: 2, upTo: 6 });
  });

  it('keeps the newer watermark, whichever comes last', () => {
    const newer = movedOn(at(4), [], { watermark: watermark(4, 20) });
    expect(movedOn(newer, [], { watermark: watermark(4, 10) }).watermark?.upTo).toBe(20);
  });

  it('is current exactly when nothing that a watermark tells of is missing', () => {
    const behind = movedOn(at(4), [], { watermark: watermark(9, 20) });
    expect([isCurrent(at(4)), isCurrent(behind)]).toEqual([false, false]);
    expect(behind.upTo).toBe(4);
    const current = movedOn(behind, [fact(9, 4)], { watermark: watermark(9, 20) });
    expect([isCurrent(current), current.upTo]).toEqual([true, 20]);
  });
});
