import { checkCharacterOf } from './resident-id.js';
import { bodyCheckCharacterOf, usccCheckCharacterOf } from './uscc.js';

/**
 * A resident identity number that belongs to nobody: well formed, but no province has code 99.
 *
 * @param n 0 … 99,999,999; equal n, equal number
 */
export function generatedResidentId(n: number): string {
  const day = String(1 + (n % 28)).padStart(2, '0');
  const month = String(1 + (Math.floor(n / 28) % 12)).padStart(2, '0');
  const year = 1950 + (Math.floor(n / 336) % 50);
  const sequence = String(Math.floor(n / 16_800) % 1000).padStart(3, '0');
  const area = `99${String(9999 - Math.floor(n / 16_800_000)).padStart(4, '0')}`;
  const body = `${area}${year}${month}${day}${sequence}`;
  return `${body}${checkCharacterOf(body)}`;
}

/**
 * A unified social credit code that belongs to nobody: well formed, but no region has code 999999.
 *
 * @param n 0 … 99,999,999; equal n, equal code
 */
export function generatedUscc(n: number): string {
  const body = String(n).padStart(8, '0');
  const code = `91999999${body}${bodyCheckCharacterOf(body)}`;
  return `${code}${usccCheckCharacterOf(code)}`;
}
