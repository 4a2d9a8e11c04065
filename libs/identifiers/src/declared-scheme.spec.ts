import { describe, expect, it } from '@jest/globals';
import { record, refuse } from '@writ/decider';
import { isBuiltInScheme } from './check-identifier.js';
import { declareScheme } from './declared-scheme.js';
import type { SchemeDeclaration } from './scheme.js';

const declaration = (change: Partial<SchemeDeclaration> = {}): SchemeDeclaration => ({
  scheme: 'zz.company-number',
  pattern: '^[0-9]{8}$',
  normalise: ['width', 'trim', 'no-dots'],
  ...change,
});
const declare = (change: Partial<SchemeDeclaration> = {}) =>
  declareScheme(declaration(change), isBuiltInScheme);

describe('declaring a scheme', () => {
  it.each([
    '^[0-9]{8}$',
    '^[A-Z]{2}[0-9]{6,9}[0-9X]?$',
    '^[0-9]{14}$|^[0-9]{11}$',
    '^\\d{3}/\\d{4}$',
    '^[^a-z]{3}$',
  ])('accepts %s', (pattern) =>
    expect(declare({ pattern })).toEqual(record(declaration({ pattern }))),
  );

  it.each([
    '[0-9]{8}',
    '^[0-9]+$',
    '^(a|a)*$',
    '^.*$',
    '^[0-9]{8}',
    '^[z-a]{2}$',
    '^a{9,1}$',
    '^(?=a)a$',
    '^\\1$',
    '^a?a?a?a?a?a?$',
    `^${'a'.repeat(400)}$`,
    '',
    '|',
  ])('refuses the pattern %s', (pattern) =>
    expect(declare({ pattern })).toEqual(
      refuse('pattern_must_be_anchored_and_bounded', '/pattern'),
    ),
  );

  it.each([
    [{ scheme: 'cn.uscc' }, 'scheme_is_built_in', '/scheme'],
    [{ scheme: 'passport.ZZ' }, 'scheme_is_built_in', '/scheme'],
    [{ scheme: 'zz.any.record' }, 'scheme_is_built_in', '/scheme'],
    [{ scheme: 'Not A Code' }, 'scheme_must_be_a_code', '/scheme'],
    [{ normalise: ['trim', 'rot13'] as never }, 'normalise_step_is_unknown', '/normalise/1'],
  ] as const)('refuses %j', (change, reason, field) =>
    expect(declare(change)).toEqual(refuse(reason, field)),
  );
});
