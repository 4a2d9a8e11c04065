import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { aliasKeyFrom, aliasOf } from './alias.js';

const BYTES = Buffer.alloc(32, 0x0f);
const key = aliasKeyFrom(BYTES);

describe('an alias', () => {
  it('is the HMAC of scheme, zero byte, normalised value', () => {
    const expected = createHmac('sha256', BYTES)
      .update('cn.uscc')
      .update(Buffer.of(0))
      .update('X1')
      .digest('hex');
    expect(aliasOf(key, 'cn.uscc', 'X1')).toBe(expected);
  });

  it('differs by scheme, value and key', () => {
    const other = aliasKeyFrom(Buffer.alloc(32, 0x1e));
    const aliases = [
      aliasOf(key, 'a', 'bc'),
      aliasOf(key, 'ab', 'c'),
      aliasOf(key, 'a', 'bd'),
      aliasOf(other, 'a', 'bc'),
    ];
    expect(new Set(aliases).size).toBe(4);
  });

  it.each([0, 31, 33, 64])('has no key of %i bytes', (length) =>
    expect(() => aliasKeyFrom(Buffer.alloc(length))).toThrow(RangeError),
  );
});
