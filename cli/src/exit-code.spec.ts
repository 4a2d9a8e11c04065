import { describe, expect, it } from '@jest/globals';
import { exitOfAnswers, exitOfStatus } from './exit-code.js';

describe('exit codes', () => {
  it.each([
    [['NOT_RESTRICTED'], 0],
    [['RESTRICTED'], 10],
    [['UNDETERMINED'], 11],
    [['NOT_COVERED'], 12],
    [['NOT_RESTRICTED', 'NOT_COVERED', 'UNDETERMINED', 'RESTRICTED'], 10],
    [['NOT_COVERED', 'UNDETERMINED', 'NOT_RESTRICTED'], 11],
    [['NOT_RESTRICTED', 'NOT_COVERED'], 12],
  ] as const)('answers %j exit %i', (answers, code) => expect(exitOfAnswers(answers)).toBe(code));

  it.each([
    [400, 1],
    [422, 1],
    [500, 5],
    [503, 4],
  ])('HTTP %i exits %i', (status, code) => expect(exitOfStatus(status)).toBe(code));
});
