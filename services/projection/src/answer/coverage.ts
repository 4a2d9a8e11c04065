import type { LegalTime } from '@writ/contracts';
import { hasBegun } from '@writ/law';
import { imposesAt, type DeclaredList, type Reference } from './reference.js';

/**
 * Whether any restrictive list's declared coverage takes in scheme, place, time and measure: only
 * then does "no listing found" mean "not restricted". A measure is covered by a list when a
 * memorandum in force imposes it for that list.
 *
 * @param asked scheme (absent: asked by subject id, every scheme will do) and place (absent: any)
 * @param measure code, or undefined for any
 */
export function isCovered(
  reference: Reference,
  asked: { scheme?: string; place?: string },
  measure: string | undefined,
  at: LegalTime,
): boolean {
  for (const [list, declared] of reference.lists) {
    if (declared.kind !== 'restrictive') continue;
    if (!covers(declared, asked, at)) continue;
    if (measure === undefined || imposesAt(reference, list, measure, at)) return true;
  }
  return false;
}

function covers(
  { coverage }: DeclaredList,
  { scheme, place }: { scheme?: string; place?: string },
  at: LegalTime,
): boolean {
  if (scheme !== undefined && !coverage.schemes.includes(scheme)) return false;
  if (place !== undefined && !coverage.places.some((covered) => isWithin(place, covered))) {
    return false;
  }
  return hasBegun(coverage.from, at);
}

/** Places are codes from the whole to the part: `cn` takes in `cn-31` and `cn-31.0115`. */
function isWithin(place: string, covered: string): boolean {
  if (!place.startsWith(covered)) return false;
  const next = place.charAt(covered.length);
  return next === '' || next === '-' || next === '.';
}
