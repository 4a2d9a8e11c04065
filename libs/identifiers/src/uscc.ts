import { accepted, refused, type CheckedIdentifier } from './scheme.js';

/** GB 32100-2015: digits and letters without I, O, S, V, Z. */
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** Weight i is 3^i mod 31. */
const WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28] as const;

/** GB 11714, the body code within: all 26 letters count, A = 10. */
const BODY_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BODY_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2] as const;
const BODY_CHECK_CHARACTERS = '0123456789X';

const FORM = /^[0-9A-HJ-NP-RTUWXY]{2}[0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$/;

/**
 * Unified social credit code (GB 32100-2015): 1 authority, 1 type, 6 region, 9 body, 1 check.
 *
 * Codes given out in pilots before the standard are legally valid and fail its check, while the
 * body code within passes its own (GB 11714). Such a code is accepted and flagged
 * `checksum-exception` (whoever lists by it needs evidence); where both checks fail it is a slip.
 *
 * @param value already narrow, upper-case and without spaces
 */
export function checkUscc(value: string): CheckedIdentifier {
  if (!FORM.test(value)) return refused('identifier_is_malformed');
  const bodyHolds = bodyCheckCharacterOf(value.slice(8, 16)) === value[16];
  if (usccCheckCharacterOf(value) === value[17]) {
    return bodyHolds ? accepted(value) : accepted(value, 'body-checksum-exception');
  }
  return bodyHolds ? accepted(value, 'checksum-exception') : refused('checksum_does_not_match');
}

/** @returns the check character over the first 17 characters */
export function usccCheckCharacterOf(code: string): string {
  const sum = weigh(code, ALPHABET, WEIGHTS);
  // Without the outer `mod 31` a sum divisible by 31 would point behind the alphabet.
  return ALPHABET.charAt((31 - (sum % 31)) % 31);
}

/** @returns the GB 11714 check character over the first 8 characters of a body code */
export function bodyCheckCharacterOf(body: string): string {
  const sum = weigh(body, BODY_ALPHABET, BODY_WEIGHTS);
  return BODY_CHECK_CHARACTERS.charAt((11 - (sum % 11)) % 11);
}

function weigh(text: string, alphabet: string, weights: readonly number[]): number {
  return weights.reduce((sum, weight, index) => {
    return sum + weight * alphabet.indexOf(text.charAt(index));
  }, 0);
}
