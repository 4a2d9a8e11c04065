/** What is done to a value before it is matched, in the order given. */
export const NORMALISE_STEPS = [
  'width',
  'trim',
  'no-spaces',
  'no-hyphens',
  'no-dots',
  'no-slashes',
  'no-leading-zeros',
  'upper',
  'lower',
] as const;
export type NormaliseStep = (typeof NORMALISE_STEPS)[number];

/** A scheme declared as data, so that a new country needs no code. */
export type SchemeDeclaration = {
  scheme: string;
  /** Anchored regular expression over the normalised value (see `patternRefusal`). */
  pattern: string;
  normalise: readonly NormaliseStep[];
};

export type IdentifierRefusal =
  | 'scheme_is_unknown'
  | 'identifier_is_malformed'
  | 'birth_date_does_not_exist'
  | 'checksum_does_not_match';

export type CheckedIdentifier =
  | {
      ok: true;
      /** The one way of writing it; what the alias is computed from. */
      normalised: string;
      /** What a reader should know: `checksum-exception`, `legacy-15-digits`. */
      flags: readonly string[];
    }
  | { ok: false; reason: IdentifierRefusal; field: '/scheme' | '/value' };

/** Well formed, and the one way of writing it. */
export function accepted(normalised: string, ...flags: string[]): CheckedIdentifier {
  return { ok: true, normalised, flags };
}

/** Not an identifier of that scheme. */
export function refused(reason: IdentifierRefusal): CheckedIdentifier {
  return { ok: false, reason, field: reason === 'scheme_is_unknown' ? '/scheme' : '/value' };
}
