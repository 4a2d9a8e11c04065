import { describe, expect, it } from '@jest/globals';
import { isBoundedPattern } from './bounded-pattern.js';

describe('a pattern that runs over every row', () => {
  it.each([
    '^(SUM|NOTE|Total geral)',
    '^liste_(?<observed>\\d\\d\\.\\d\\d\\.\\d{4})\\.csv',
    '^(?<observed>\\d{4}-\\d{2}-\\d{2})_(?<snapshot>[0-9a-f]{12})_',
    '^(?<observed>[0-9-]{10})',
    '^Übersicht, Stand: .{1,40}$',
    '^a?b?$',
    '^[|)]$',
    '^',
  ])('may be %s', (pattern) => expect(isBoundedPattern(pattern)).toBe(true));

  it.each([
    'SUM',
    '^(a+)+$',
    '^.*SUM',
    '^a{2,}$',
    '^(a|b){3}$',
    '^(a|b)?$',
    '^(a|(b|c))$',
    '^a|b',
    '^(a|a)(a|a)(a|a)b$',
    '^a?a?a?$',
    '^a{0,9}a{0,9}(a|b)$',
    '^(?=a)',
    '^(?<!a)b',
    '^(a)\\1$',
    '^a$b',
    `^${'a'.repeat(200)}`,
  ])('may not be %s', (pattern) => expect(isBoundedPattern(pattern)).toBe(false));
});
