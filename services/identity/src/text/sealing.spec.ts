import { describe, expect, it } from '@jest/globals';
import { keyDigest, nameRef, open, seal, unwrapDataKey, wrapDataKey } from './sealing.js';

const keyFile = Buffer.alloc(32, 1);
const dataKey = Buffer.alloc(32, 2);
const nonce = Buffer.alloc(12, 3);
const place = { owner: 'a'.repeat(32), ref: 'b'.repeat(32), kind: 'name' };
const text = 'A made-up name 某某';

describe('a sealed text', () => {
  it('opens under its key at its place', () =>
    expect(open(dataKey, place, seal(dataKey, place, text, nonce))).toBe(text));

  it('may be empty or long', () => {
    for (const each of ['', 'x'.repeat(100_000)]) {
      expect(open(dataKey, place, seal(dataKey, place, each, nonce))).toBe(each);
    }
  });

  it.each([
    ['another owner', { ...place, owner: 'c'.repeat(32) }],
    ['another reference', { ...place, ref: 'c'.repeat(32) }],
    ['another kind', { ...place, kind: 'remark' }],
  ])('does not open at %s', (_, other) => {
    expect(() => open(dataKey, other, seal(dataKey, place, text, nonce))).toThrow();
  });

  it('does not open under another key', () =>
    expect(() => open(keyFile, place, seal(dataKey, place, text, nonce))).toThrow());

  it('does not open with one bit changed, wherever', () => {
    const sealed = seal(dataKey, place, text, nonce);
    for (let index = 0; index < sealed.length; index++) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => open(dataKey, place, changed)).toThrow();
    }
  });

  it('does not open cut short', () =>
    expect(() =>
      open(dataKey, place, seal(dataKey, place, text, nonce).subarray(0, 20)),
    ).toThrow());
});

describe('a wrapped key', () => {
  const wrapped = wrapDataKey(keyFile, place.owner, dataKey);

  it('unwraps under its key file for its owner', () =>
    expect(unwrapDataKey(keyFile, place.owner, wrapped)).toEqual(dataKey));

  it('unwraps neither under another key file nor for another owner', () => {
    expect(() => unwrapDataKey(dataKey, place.owner, wrapped)).toThrow();
    expect(() => unwrapDataKey(keyFile, 'c'.repeat(32), wrapped)).toThrow();
  });
});

describe('what the database may see of names and keys', () => {
  it('is a reference that differs by subject, name and key', () => {
    const refs = [
      nameRef(keyFile, place.owner, text),
      nameRef(keyFile, 'c'.repeat(32), text),
      nameRef(keyFile, place.owner, 'Another'),
      nameRef(dataKey, place.owner, text),
    ];
    expect(new Set(refs).size).toBe(4);
    expect(refs[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(nameRef(keyFile, place.owner, text)).toBe(refs[0]);
  });

  it('is a digest that differs by key and by name of the file', () =>
    expect(
      new Set([keyDigest('a', keyFile), keyDigest('b', keyFile), keyDigest('a', dataKey)]).size,
    ).toBe(3));
});
