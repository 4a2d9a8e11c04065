import { describe, expect, it } from '@jest/globals';
import { LEDGERS, REFERENCE_BUCKET, type LedgerName } from '@writ/contracts';
import { referenceOf } from '../answer/reference.js';
import { everyBucket } from '../answer/staleness.js';
import { progressOf } from '../store/progress.js';
import { answerStatus, bucketsReached, hasReached } from './answer-status.js';

/** Where buckets stand, as the statement tells it: everything else stands nowhere. */
function standing(...buckets: [ledger: LedgerName, bucket: number, epoch: number, upTo: number][]) {
  const lines = buckets.map(
    ([ledger, bucket, epoch, upTo]) =>
      `${LEDGERS.indexOf(ledger)} ${bucket} ${epoch} ${upTo} ${upTo} - - - -`,
  );
  return progressOf(['a', '4 -', ...lines].join('\n'));
}

const ofBucket = (bucket: number) => bucket.toString(16).padStart(2, '0').repeat(16);
const nobody = {};

describe('a receipt', () => {
  const subject = ofBucket(0);
  const snapshot = { progress: standing(['court', 0, 2, 7]), found: [{ subject }] };
  const point = { ledger: 'court', epoch: 2, position: 7, bucket: 0, aliasSequence: 4 } as const;

  it.each([
    ['at the very place', {}, 'reached'],
    ['before it', { position: 3 }, 'reached'],
    ['behind it', { position: 8 }, 'not-yet'],
    ['whose aliases are not there', { aliasSequence: 5 }, 'not-yet'],
    ['of an epoch that ended', { epoch: 1 }, 'another-epoch'],
    ['of an epoch not heard of yet', { epoch: 3 }, 'not-yet'],
  ] as const)('%s', (_, given, reached) =>
    expect(hasReached([{ ...point, ...given }], snapshot)).toBe(reached),
  );

  it('about nobody is reached in its own bucket', () =>
    expect(hasReached([point], { ...snapshot, found: [nobody] })).toBe('reached'));

  it('about nobody waits for lists and memoranda too: coverage rests on them', () => {
    const listing = { epoch: 1, position: 9, bucket: 3, aliasSequence: 0 };
    const reached = (reference: number) => {
      const progress = standing(
        ['regulatory', 3, 1, 9],
        ['regulatory', REFERENCE_BUCKET, 1, reference],
      );
      return hasReached([{ ...listing, ledger: 'regulatory' }], { progress, found: [nobody] });
    };
    expect(reached(7)).toBe('not-yet');
    expect(reached(9)).toBe('reached');
  });

  it('of a restored ledger is not reached by a bucket that stands further in the lost past', () => {
    const restored = { ...point, position: 120, bucket: 3 };
    const found = [{ subject: ofBucket(5) }];
    const reached = (epoch: number) =>
      hasReached([restored], {
        progress: standing(['court', 3, 2, 120], ['court', 5, epoch, 150]),
        found,
      });
    expect(reached(1)).toBe('not-yet');
    expect(reached(2)).toBe('reached');
    // Whoever has heard of a newer one knows that the receipt's own has ended.
    expect(reached(3)).toBe('another-epoch');
  });

  it('is reached by what counts entries once every bucket has', () => {
    const buckets = everyBucket('court').map(
      (bucket) => ['court', bucket, bucket === 9 ? 1 : 2, 150] as ['court', number, number, number],
    );
    const progress = standing(...buckets);
    expect(bucketsReached(progress, point, everyBucket('court'))).toBe('not-yet');
    expect(bucketsReached(progress, point, [0, 1])).toBe('reached');
  });
});

describe('the position of an answer', () => {
  const age = { now: new Date('2026-03-02T09:00:00Z'), maxAgeMs: 60_000 };
  const progress = standing(
    ['court', 0, 1, 50],
    ['court', 1, 1, 80],
    ['regulatory', 0, 1, 20],
    ['regulatory', 1, 1, 30],
    ['regulatory', REFERENCE_BUCKET, 1, 10],
    ['enforcement', 0, 1, 5],
    ['enforcement', 1, 1, 6],
  );
  const positionsOf = (...subjects: (string | undefined)[]) => {
    const asked = subjects.map(() => {
      return { who: { subject: ofBucket(0) }, question: { measures: [] } };
    });
    const found = subjects.map((subject) => ({ ...(subject ? { subject } : {}), state: {} }));
    const snapshot = { progress, referenceRoot: '', found };
    const { answers, position } = answerStatus(asked, snapshot, referenceOf([]), age);
    return { each: answers.map((one) => one.position), position };
  };
  const first = { court: 50, regulatory: 20, enforcement: 5, 'regulatory.reference': 10 };
  const second = { court: 80, regulatory: 30, enforcement: 6, 'regulatory.reference': 10 };

  it('is that of its own subject, whatever it was asked with; that of all is the lowest', () =>
    expect(positionsOf(ofBucket(1), ofBucket(0))).toEqual({
      each: [second, first],
      position: first,
    }));

  it('does not fall behind its subject where lists and memoranda do', () =>
    expect(positionsOf(ofBucket(1)).position).toEqual(second));

  it('about nobody is one that every bucket has reached', () => {
    const nowhere = { court: -1, regulatory: -1, enforcement: -1, 'regulatory.reference': 10 };
    expect(positionsOf(undefined, ofBucket(1)).each).toEqual([nowhere, second]);
  });
});
