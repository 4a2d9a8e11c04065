import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact } from '@writ/contracts';
import type { Delivery } from '@writ/exchange';
import { idOf, subjectListed } from '../testing/made-up-facts.js';
import { MadeUpLedgers } from '../testing/made-up-ledgers.js';
import { catchUp } from './catch-up.js';

/** What a catch-up asked for and handed over, of a ledger of ten facts. */
function caughtUp(after: number, upTo: number) {
  const ledgers = new MadeUpLedgers(() => new Date('2026-02-01T00:00:00Z'));
  for (let number = 0; number < 10; number++) {
    ledgers.record(subjectListed(idOf('subject', number), `${idOf('case', number)}-1`));
  }
  const fetched: number[] = [];
  const applied: DeliveredFact[] = [];
  const done = catchUp({
    ledger: 'court',
    fetcher: {
      fetch: (ledger, from) => {
        fetched.push(from);
        return ledgers.fetch(ledger, from, 4);
      },
    },
    consumer: {
      apply: ({ buckets }: Delivery) => {
        applied.push(...buckets.flatMap(({ facts }) => facts));
        return Promise.resolve({ gaps: [], parked: [] });
      },
    },
    after,
    upTo,
    wanted: () => true,
    onFolded: () => {},
  });
  return { done, fetched, applied };
}

describe('catching up', () => {
  it('folds what lies between, page by page', async () => {
    const { done, fetched, applied } = caughtUp(1, 7);
    expect(await done).toBe(7);
    expect(fetched).toEqual([1, 5]);
    const positions = applied.map(({ position }) => position).sort((a, b) => a - b);
    expect(positions).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it.each([
    ['nothing is new', 7, 7],
    ['the ledger is empty', -1, -1],
    ['it stands further already', 9, 7],
  ])('asks for no page where %s: nobody would hear of its failure', async (_, after, upTo) => {
    const { done, fetched } = caughtUp(after, upTo);
    expect(await done).toBe(after);
    expect(fetched).toEqual([]);
  });
});
