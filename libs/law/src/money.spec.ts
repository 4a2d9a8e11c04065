import { describe, expect, it } from '@jest/globals';
import type { Money } from '@writ/contracts';
import fc from 'fast-check';
import {
  addMoney,
  compareMoney,
  isAmount,
  isZero,
  noMoney,
  remainder,
  sameCurrency,
} from './money.js';

const yuan = (amount: string): Money => ({ amount, currency: 'CNY' });

const anyYuan = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 16n }), fc.integer({ min: 0, max: 4 }))
  .map(([whole, digits]) => {
    const text = whole.toString().padStart(digits + 1, '0');
    return yuan(digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`);
  });

describe('money', () => {
  it.each([
    ['0.1', '0.2', '0.3'],
    ['1000000000000.01', '0.99', '1000000000001.00'],
    ['5', '0.0001', '5.0001'],
    ['0', '0', '0'],
  ])('%s and %s make %s', (a, b, sum) => expect(addMoney(yuan(a), yuan(b))).toEqual(yuan(sum)));

  it.each([
    ['100.00', '99.99', '0.01'],
    ['100.00', '100', '0.00'],
    ['100', '250.5', '0.0'],
  ])('of %s after %s is left %s', (a, b, left) =>
    expect(remainder(yuan(a), yuan(b))).toEqual(yuan(left)),
  );

  it('knows equal amounts however they are written', () => {
    expect(compareMoney(yuan('100'), yuan('100.0000'))).toBe(0);
    expect(compareMoney(yuan('9'), yuan('10'))).toBeLessThan(0);
    expect(isZero(yuan('0.0000'))).toBe(true);
    expect(isZero(yuan('0.0001'))).toBe(false);
    expect(isZero(noMoney('CNY'))).toBe(true);
  });

  it('never reckons across currencies', () => {
    const euro = { amount: '1', currency: 'EUR' };
    expect(sameCurrency(yuan('1'), euro)).toBe(false);
    expect(() => addMoney(yuan('1'), euro)).toThrow(TypeError);
    expect(() => remainder(yuan('1'), euro)).toThrow(TypeError);
    expect(() => compareMoney(yuan('1'), euro)).toThrow(TypeError);
  });

  it.each(['', '-1', '01', '1.', '.5', '1.00001', '1e3', '1,000', '1234567890123456789', 'NaN'])(
    'takes no amount for %s',
    (text) => expect(isAmount(text)).toBe(false),
  );

  it('adds and takes away without losing a ten-thousandth', () =>
    fc.assert(
      fc.property(anyYuan, anyYuan, (a, b) => {
        expect(addMoney(a, b)).toEqual(addMoney(b, a));
        expect(compareMoney(remainder(addMoney(a, b), b), a)).toBe(0);
        expect(isAmount(addMoney(a, b).amount)).toBe(true);
      }),
    ));

  it('leaves nothing exactly when at least all was given', () =>
    fc.assert(
      fc.property(anyYuan, anyYuan, (owed, given) =>
        expect(isZero(remainder(owed, given))).toBe(compareMoney(given, owed) >= 0),
      ),
    ));
});
