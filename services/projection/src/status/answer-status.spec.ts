import { describe, expect, it } from '@jest/globals';
import { progressOf } from '../store/progress.js';
import { hasReached } from './answer-status.js';

const AT_SEVEN = '0 0 2 7 7 - - - -';

describe('a receipt', () => {
  const subject = '00'.repeat(16);
  const snapshot = {
    progress: progressOf(['a', '4 -', AT_SEVEN].join('\n')),
    referenceRoot: '',
    found: [{ subject, state: {} }],
  };
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
    expect(hasReached([point], { ...snapshot, found: [{ state: {} }] })).toBe('reached'));
});
