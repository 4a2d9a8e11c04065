import { describe, expect, it } from '@jest/globals';
import { parsePostmasterPid } from './postmaster-pid.js';

describe('postmaster.pid', () => {
  it('names who holds a data directory', () => {
    const text = '4711\n/data/postgres\n1790000000\n5432\n\n127.0.0.1\n  1 2\nready   \n';
    expect(parsePostmasterPid(text)).toEqual({
      pid: 4711,
      dataDirectory: '/data/postgres',
      startedAt: 1_790_000_000,
      port: 5432,
    });
  });

  it.each(['', '4711', '4711\n/data', 'not a pid\n/data\n1\n5432\n'])(
    'says nothing when torn',
    (text) => expect(parsePostmasterPid(text)).toBeUndefined(),
  );
});
