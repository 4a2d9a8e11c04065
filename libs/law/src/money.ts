import type { Money } from '@writ/contracts';

/**
 * Money as decimal text with a currency, at most four digits after the point; counted in
 * ten-thousandths as bigint, so that no cent is ever rounded. Two currencies never meet: callers
 * refuse beforehand with `sameCurrency`; arithmetic across currencies is a bug and throws.
 */
const SCALE = 4;

function unitsOf(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(SCALE, '0'));
}

function scaleOf(amount: string): number {
  return amount.split('.')[1]?.length ?? 0;
}

function textOf(units: bigint, scaleMin: number): string {
  const digits = units.toString().padStart(SCALE + 1, '0');
  const whole = digits.slice(0, -SCALE);
  let fraction = digits.slice(-SCALE);
  while (fraction.length > scaleMin && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

function assertSameCurrency(a: Money, b: Money): void {
  if (!sameCurrency(a, b)) throw new TypeError(`cannot reckon ${a.currency} with ${b.currency}`);
}

/** @returns whether two amounts can be compared at all */
export function sameCurrency(a: Money, b: Money): boolean {
  return a.currency === b.currency;
}

/** @returns whether the text is an amount: digits, at most 18 before and 4 after the point */
export function isAmount(text: string): boolean {
  return /^(0|[1-9]\d{0,17})(\.\d{1,4})?$/.test(text);
}

/** @returns an amount of nothing in that currency */
export function noMoney(currency: string): Money {
  return { amount: '0', currency };
}

/** @returns whether it is nothing, however many zeros it is written with */
export function isZero(money: Money): boolean {
  return unitsOf(money.amount) === 0n;
}

/**
 * The sum, written with as many digits after the point as the longer of the two.
 *
 * @throws TypeError across currencies
 */
export function addMoney(a: Money, b: Money): Money {
  assertSameCurrency(a, b);
  const scale = Math.max(scaleOf(a.amount), scaleOf(b.amount));
  return { amount: textOf(unitsOf(a.amount) + unitsOf(b.amount), scale), currency: a.currency };
}

/**
 * What is left of `a` after `b`; nothing when `b` is more.
 *
 * @throws TypeError across currencies
 */
export function remainder(a: Money, b: Money): Money {
  assertSameCurrency(a, b);
  const left = unitsOf(a.amount) - unitsOf(b.amount);
  const scale = Math.max(scaleOf(a.amount), scaleOf(b.amount));
  return { amount: textOf(left > 0n ? left : 0n, scale), currency: a.currency };
}

/**
 * Negative, zero or positive as `a` is less than, equal to or more than `b`.
 *
 * @throws TypeError across currencies
 */
export function compareMoney(a: Money, b: Money): number {
  assertSameCurrency(a, b);
  const difference = unitsOf(a.amount) - unitsOf(b.amount);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
