import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalText } from './canonical.js';

type Json = string | number | boolean | Json[] | { [key: string]: Json };

const text = fc.string({ unit: 'binary' }).filter((s) => !s.includes('\0'));
const value = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.array(tie('any'), { maxLength: 5 }),
    fc.dictionary(text, tie('any'), { maxKeys: 6 }),
  ) as fc.Arbitrary<Json>,
})).any;

/** RFC 8785 as one would write it down, sharing nothing with ours. */
function simple(json: Json): string {
  if (Array.isArray(json)) return '[' + json.map(simple).join() + ']';
  if (typeof json !== 'object') return JSON.stringify(json === 0 ? 0 : json);
  const units = (s: string) => Array.from({ length: s.length }, (_, i) => s.charCodeAt(i));
  const before = (a: string, b: string): number => {
    const [x, y] = [units(a), units(b)];
    const at = x.findIndex((unit, i) => unit !== y[i]);
    return at === -1 ? x.length - y.length : (x[at] ?? 0) - (y[at] ?? -1);
  };
  const keys = Object.keys(json).sort(before);
  return '{' + keys.map((key) => JSON.stringify(key) + ':' + simple(json[key]!)).join() + '}';
}

describe('canonical text', () => {
  it('is what a simple implementation writes', () => {
    fc.assert(fc.property(value, (json) => expect(canonicalText(json)).toBe(simple(json))));
  });

  it('is read back as the same value, and written again as the same text', () => {
    fc.assert(
      fc.property(value, (json) => {
        const written = canonicalText(json);
        expect(canonicalText(JSON.parse(written))).toBe(written);
      }),
    );
  });

  it('sorts by UTF-16 code units and escapes as RFC 8785 says', () => {
    const sample = {
      '\u20ac': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '\ud83d\ude02': 5,
      '\u0080': '\u000f"\\',
    };
    expect(canonicalText(sample)).toBe(
      '{"\\r":2,"1":4,"\u0080":"\\u000f\\"\\\\","\u20ac":1,"\ud83d\ude02":5,"\ufb33":3}',
    );
  });

  it.each([
    ['a fraction', { a: 1.5 }, 'number_is_not_a_safe_integer', '/a'],
    ['an unsafe integer', [2 ** 53], 'number_is_not_a_safe_integer', '/0'],
    ['NaN', NaN, 'number_is_not_a_safe_integer', ''],
    ['U+0000', { a: ['x\0'] }, 'text_holds_a_nul', '/a/0'],
    ['U+0000 in a name', { 'a\0': 1 }, 'text_holds_a_nul', '/a\0'],
    ['a lone surrogate', { a: '\ud800' }, 'text_holds_a_lone_surrogate', '/a'],
    ['null', { a: null }, 'value_is_not_json', '/a'],
    ['a date', new Date(0), 'value_is_not_json', ''],
    ['a bigint', 1n, 'value_is_not_json', ''],
    ['a hole', [, 1], 'value_is_not_json', '/0'],
  ])('refuses %s', (_what, input, reason, field) => {
    expect(() => canonicalText(input)).toThrow(expect.objectContaining({ reason, field }));
  });

  it('refuses what is nested too deeply', () => {
    const deep = JSON.parse('['.repeat(40) + ']'.repeat(40)) as unknown;
    expect(() => canonicalText(deep)).toThrow('value_is_nested_too_deeply');
  });
});
