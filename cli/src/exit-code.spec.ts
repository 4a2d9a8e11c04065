import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { EXIT, exitOfAnswers, exitOfStatus } from './exit-code.js';
import { HELP } from './help.js';

describe('exit codes', () => {
  it('are all in --help and in the README, and no others are', () => {
    const codes = Object.values(EXIT).sort((a, b) => a - b);
    const [, told = ''] = HELP.split('Exit codes\n');
    const helped = [...told.matchAll(/(?:^| {2})\s*(\d+)  /gm)].map(([, code]) => Number(code));
    expect(helped.sort((a, b) => a - b)).toEqual(codes);
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const written = [...readme.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
    expect(written).toEqual(codes);
  });

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
