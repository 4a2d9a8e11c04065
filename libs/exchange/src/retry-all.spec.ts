import { describe, expect, it } from '@jest/globals';
import { retryEverySubject, type RetryAll } from './retry-all.js';

const parked = (subject: string) => ({ ledger: 'court' as const, subject });

/** What each subject's attempts come to, one after the other; an Error is thrown. */
function parts(attempts: Record<string, (boolean | Error)[]>, lists: (Error | null)[] = []) {
  const tried: string[] = [];
  const pauses: number[] = [];
  const given: RetryAll = {
    list: async () => {
      const failure = lists.shift();
      if (failure) throw failure;
      return Object.keys(attempts).map(parked);
    },
    retry: async ({ subject }) => {
      tried.push(subject);
      const result = attempts[subject]?.shift() ?? true;
      if (result instanceof Error) throw result;
      return result;
    },
    pause: async (ms) => void pauses.push(ms),
    isOver: () => pauses.length > 20,
  };
  return { given, tried, pauses };
}

const away = new Error('the ledger cannot be reached');

describe('trying again what waits in quarantine', () => {
  it('tries every subject, though the first one throws, and that one again later', async () => {
    const { given, tried, pauses } = parts({ a: [away, away, true], b: [true], c: [false] });
    expect(await retryEverySubject(given)).toEqual({ released: 2, waiting: 1 });
    expect(tried).toEqual(['a', 'b', 'c', 'a', 'a']);
    expect(pauses).toEqual([500, 1_000]);
  });

  it('asks again what waits when the database was away', async () => {
    const { given, tried } = parts({ a: [true] }, [away, null]);
    expect(await retryEverySubject(given)).toEqual({ released: 1, waiting: 0 });
    expect(tried).toEqual(['a']);
  });

  it('ends with the process', async () => {
    const { given, pauses } = parts({ a: Array.from({ length: 99 }, () => away) });
    expect(await retryEverySubject(given)).toEqual({ released: 0, waiting: 1 });
    expect(Math.max(...pauses)).toBe(30_000);
  });
});
