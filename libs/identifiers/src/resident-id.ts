import { accepted, refused, type CheckedIdentifier } from './scheme.js';

/** GB 11643: weight i is 2^(17 − i) mod 11. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] as const;
const CHECK_CHARACTERS = '10X98765432';

/** In the 15-digit form these sequence numbers marked people born before 1900. */
const BORN_BEFORE_1900 = /^99[6-9]$/;

/**
 * Resident identity number (GB 11643): 6 digits area, 8 birth date, 3 sequence, 1 check character.
 * The 15-digit form before 1999 has no century and no check; it is rewritten to 18, so that both
 * forms of one number are one alias.
 *
 * @param value already narrow, upper-case and without spaces
 */
export function checkResidentId(value: string): CheckedIdentifier {
  if (/^[1-9][0-9]{14}$/.test(value)) return checkLegacy(value);
  if (!/^[1-9][0-9]{16}[0-9X]$/.test(value)) return refused('identifier_is_malformed');
  if (!isRealDate(value.slice(6, 14))) return refused('birth_date_does_not_exist');
  if (checkCharacterOf(value) !== value[17]) return refused('checksum_does_not_match');
  return accepted(value);
}

function checkLegacy(value: string): CheckedIdentifier {
  const century = BORN_BEFORE_1900.test(value.slice(12)) ? '18' : '19';
  const body = `${value.slice(0, 6)}${century}${value.slice(6)}`;
  if (!isRealDate(body.slice(6, 14))) return refused('birth_date_does_not_exist');
  return accepted(`${body}${checkCharacterOf(body)}`, 'legacy-15-digits');
}

/** @returns the check character over the first 17 digits */
export function checkCharacterOf(digits: string): string {
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(digits[index]), 0);
  return CHECK_CHARACTERS.charAt(sum % 11);
}

function isRealDate(yyyymmdd: string): boolean {
  const year = Number(yyyymmdd.slice(0, 4));
  const month = Number(yyyymmdd.slice(4, 6));
  const day = Number(yyyymmdd.slice(6, 8));
  const date = new Date(Date.UTC(year, month - 1, day));
  const survives = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return year >= 1800 && survives;
}
