import type { NormaliseStep } from './scheme.js';

/** Longest value of any scheme, in UTF-16 units. */
export const VALUE_LENGTH_MAX = 200;

const STEPS: Record<NormaliseStep, (value: string) => string> = {
  // Full-width digits and letters of East Asian forms mean the same as the narrow ones.
  width: (value) => value.normalize('NFKC'),
  trim: (value) => value.trim(),
  'no-spaces': (value) => value.replace(/\s/gu, ''),
  'no-hyphens': (value) => value.replace(/\p{Pd}/gu, ''),
  'no-dots': (value) => value.replaceAll('.', ''),
  'no-slashes': (value) => value.replaceAll('/', ''),
  'no-leading-zeros': (value) => value.replace(/^0+(?=.)/u, ''),
  upper: (value) => value.toUpperCase(),
  lower: (value) => value.toLowerCase(),
};

/** @returns the value after each step in the order given */
export function normalise(value: string, steps: readonly NormaliseStep[]): string {
  return steps.reduce((text, step) => STEPS[step](text), value);
}

/**
 * @returns whether a value can be an identifier at all: not empty, not longer than any scheme
 *   allows, no control characters, no lone surrogates
 */
export function isPlainText(value: string): boolean {
  if (value.trim() === '' || value.length > VALUE_LENGTH_MAX) return false;
  return !/[\p{Cc}\p{Cs}]/u.test(value);
}
