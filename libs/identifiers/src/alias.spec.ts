import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { aliasKeyFrom, aliasOf } from './alias.js';

const HEX = '0f'.repeat(32);
const key = aliasKeyFrom(`${HEX}\n`)!;

describe('an alias', () => {
  it('is the HMAC of scheme, zero byte, normalised value', () => {
    const expected = createHmac('sha256', Buffer.from(HEX, 'hex'))
      .update('cn.uscc')
      .update(Buffer.of(0))
      .update('X1')
      .digest('hex');
    expect(aliasOf(key, 'cn.uscc', 'X1')).toBe(expected);
  });

  it('differs by scheme, value and key', () => {
    const other = aliasKeyFrom('1e'.repeat(32))!;
    const aliases = [
      aliasOf(key, 'a', 'bc'),
      aliasOf(key, 'ab', 'c'),
      aliasOf(key, 'a', 'bd'),
      aliasOf(other, 'a', 'bc'),
    ];
    expect(new Set(aliases).size).toBe(4);
  });

  it.each(['', 'short', '0F'.repeat(32), '0f'.repeat(33)])('takes no key from %j', (text) =>
    expect(aliasKeyFrom(text)).toBeUndefined(),
  );
});
