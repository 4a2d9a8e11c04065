import { describe, expect, it } from '@jest/globals';
import { decodeToken, encodeToken, type ReceiptPoint } from './receipt.js';

const point: ReceiptPoint = {
  ledger: 'court',
  epoch: 1,
  position: 41,
  bucket: 7,
  aliasSequence: 3,
};
const tokenOf = (text: string) => Buffer.from(text, 'ascii').toString('base64url');

describe('a receipt token', () => {
  it.each([
    point,
    { ...point, ledger: 'regulatory' },
    { ...point, ledger: 'enforcement', epoch: 999_999_999 },
    { ...point, position: 0, bucket: 0, aliasSequence: 0 },
    { ...point, position: 999_999_999_999_999, bucket: 32 },
  ] as const)('names its point again: %j', (given) =>
    expect(decodeToken(encodeToken(given))).toEqual(given),
  );

  it.each([
    ['nothing', ''],
    ['spaces', '   '],
    ['a text of no meaning', 'hello'],
    ['another version', tokenOf('2.c.1.41.7.3')],
    ['an unknown ledger', tokenOf('1.x.1.41.7.3')],
    ['a bucket there is not', tokenOf('1.c.1.41.33.3')],
    ['a part too few', tokenOf('1.c.1.41.7')],
    ['a part too many', tokenOf('1.c.1.41.7.3.9')],
    ['a negative position', tokenOf('1.c.1.-1.7.3')],
    ['an exponent', tokenOf('1.c.1.1e9.7.3')],
    ['a position beyond safe integers', tokenOf('1.c.1.9007199254740993.7.3')],
    ['epoch 0', tokenOf('1.c.0.41.7.3')],
    ['a leading zero', tokenOf('1.c.1.041.7.3')],
    ['bytes behind', `${tokenOf('1.c.1.41.7.3')}AA`],
    ['characters that base64 skips', `${tokenOf('1.c.1.41.7.3')}!!`],
    ['padding', `${tokenOf('1.c.1.41.7.33')}=`],
    ['the UTF-8 of another script', Buffer.from('1.c.1.٤١.7.3').toString('base64url')],
  ])('is not made of %s', (_, token) => expect(decodeToken(token)).toBeUndefined());

  it('is one text per point: a token that decodes is the token that was encoded', () => {
    const decoded = decodeToken(encodeToken(point));
    expect(decoded && encodeToken(decoded)).toBe(encodeToken(point));
  });
});
