import { accepted, refused, type CheckedIdentifier } from './scheme.js';

/** Legal entity identifier (ISO 17442): 18 characters and two check digits, mod 97 = 1. */
export function checkLei(value: string): CheckedIdentifier {
  if (!/^[0-9A-Z]{18}[0-9]{2}$/.test(value)) return refused('identifier_is_malformed');
  return leiRemainder(value) === 1 ? accepted(value) : refused('checksum_does_not_match');
}

/** @returns the number a text of digits and letters (A = 10) spells, mod 97 (ISO 7064) */
export function leiRemainder(value: string): number {
  let remainder = 0;
  for (const character of value) {
    const digit = Number.parseInt(character, 36);
    remainder = (remainder * (digit < 10 ? 10 : 100) + digit) % 97;
  }
  return remainder;
}

/** Ship number of the International Maritime Organization, with or without the letters IMO. */
export function checkImo(value: string): CheckedIdentifier {
  const digits = value.replace(/^IMO/, '');
  if (!/^[0-9]{7}$/.test(digits)) return refused('identifier_is_malformed');
  const sum = [7, 6, 5, 4, 3, 2].reduce(
    (total, weight, index) => total + weight * Number(digits[index]),
    0,
  );
  return String(sum % 10) === digits[6] ? accepted(digits) : refused('checksum_does_not_match');
}
