import type { MeasureAnswer } from '@writ/contracts';
import { movedOn, sortOut } from '@writ/exchange';
import { MemoryProjection, type Sorter } from './projection.fixture.js';
import type { Parts } from './run.fixture.js';

/** Takes what comes behind its place, whatever should have come before it. */
const withoutPrev: Sorter = (places, delivery) => {
  const sorted = delivery.buckets.map((bucket, index) => {
    const place = places[index]!;
    const fresh = bucket.facts.filter(({ position }) => position > place.place);
    return { fresh, moved: movedOn(place, fresh) };
  });
  return {
    fresh: sorted.flatMap(({ fresh }) => fresh),
    moved: sorted.map(({ moved }) => moved),
    applied: { gaps: [], stopped: [] },
  };
};

/** Folds whatever joins on to anything, also what it has folded before. */
const withoutPlace: Sorter = (places, delivery) => {
  const { moved, applied } = sortOut(places, delivery);
  const gaps = new Set(applied.gaps.map(({ ledger, bucket }) => `${ledger}/${bucket}`));
  const fresh = delivery.buckets
    .filter(({ ledger, bucket }) => !gaps.has(`${ledger}/${bucket}`))
    .flatMap(({ facts }) => facts);
  return { fresh, moved, applied };
};

/** Moves on over the end of a listing without folding it. */
const withoutDelistings: Sorter = (places, delivery) => {
  const sorted = sortOut(places, delivery);
  const fresh = sorted.fresh.filter(({ type }) => type !== 'court.subject-delisted.v1');
  return { ...sorted, fresh };
};

/** Takes what nobody has looked at yet for nothing. */
class Hasty extends MemoryProjection {
  override answer(subject: string, measure: string, now: string): MeasureAnswer {
    const told = super.answer(subject, measure, now);
    return told.answer === 'UNDETERMINED' ? { measure, answer: 'NOT_RESTRICTED' } : told;
  }
}

/** Counts a cause that it once told of, for as long as it lives. */
class Stubborn extends MemoryProjection {
  private readonly told = new Map<string, MeasureAnswer>();

  override answer(subject: string, measure: string, now: string): MeasureAnswer {
    const told = this.told.get(subject) ?? super.answer(subject, measure, now);
    if (told.answer === 'RESTRICTED') this.told.set(subject, told);
    return told;
  }
}

/** Each is caught, and by which invariant. */
export const BROKEN: readonly [string, Parts, RegExp][] = [
  [
    'a consumer without prev',
    { projection: () => new MemoryProjection(withoutPrev) },
    /I1|taken in/,
  ],
  [
    'a consumer without place',
    { projection: () => new MemoryProjection(withoutPlace) },
    /I1|taken in/,
  ],
  [
    'a fold without delistings',
    { projection: () => new MemoryProjection(withoutDelistings) },
    /I1|I2/,
  ],
  ['an answer that does not wait', { projection: () => new Hasty() }, /I3/],
  ['an answer that remembers', { projection: () => new Stubborn() }, /I2|resurfaced/],
  ['a decision after its place', { placeFirst: true }, /at rest|never opened/],
];
