import { checkImo, checkLei } from './international.js';
import { isPlainText, normalise } from './normalise.js';
import { checkResidentId } from './resident-id.js';
import {
  accepted,
  refused,
  type CheckedIdentifier,
  type NormaliseStep,
  type SchemeDeclaration,
} from './scheme.js';
import { checkUscc } from './uscc.js';

type BuiltIn = {
  steps: readonly NormaliseStep[];
  check: (normalised: string) => CheckedIdentifier;
};

const WRITTEN_LOOSELY: readonly NormaliseStep[] = ['width', 'no-spaces', 'no-hyphens', 'upper'];

const matching = (pattern: RegExp) => (value: string) =>
  pattern.test(value) ? accepted(value) : refused('identifier_is_malformed');

const BUILT_IN: Readonly<Record<string, BuiltIn>> = {
  'cn.resident-id': { steps: WRITTEN_LOOSELY, check: checkResidentId },
  'cn.uscc': { steps: WRITTEN_LOOSELY, check: checkUscc },
  lei: { steps: WRITTEN_LOOSELY, check: checkLei },
  imo: { steps: WRITTEN_LOOSELY, check: checkImo },
  'us.ofac-ent': {
    steps: ['width', 'no-spaces', 'no-leading-zeros'],
    check: matching(/^[0-9]{1,9}$/),
  },
};

/** Passports by issuing state (ISO 3166-1 alpha-2): `passport.FR`. */
const PASSPORT = /^passport\.[A-Z]{2}$/;
/** A source without identifiers: `<list>.record`, its own record id, taken as written. */
const RECORD = /^[a-z0-9][a-z0-9._:-]{0,110}\.record$/;

/** The one list of built-in schemes, families with their placeholder. */
export const BUILT_IN_SCHEMES: readonly string[] = [
  ...Object.keys(BUILT_IN),
  'passport.<CC>',
  '<list>.record',
];

/** @returns whether the scheme is checked by code of ours and cannot be declared as data */
export function isBuiltInScheme(scheme: string): boolean {
  return builtIn(scheme) !== undefined;
}

function builtIn(scheme: string): BuiltIn | undefined {
  if (Object.hasOwn(BUILT_IN, scheme)) return BUILT_IN[scheme];
  if (PASSPORT.test(scheme)) {
    return { steps: WRITTEN_LOOSELY, check: matching(/^[0-9A-Z]{4,20}$/) };
  }
  if (RECORD.test(scheme)) return { steps: ['trim'], check: accepted };
  return undefined;
}

/**
 * Is this an identifier of that scheme, and how is it written? Format errors are refused; what is
 * legally valid but irregular is accepted with flags.
 *
 * @param declared schemes declared as data, by name (identity keeps them)
 * @returns the normalised value, or why not and at which field of `{ scheme, value }`
 */
export function checkIdentifier(
  scheme: string,
  value: string,
  declared: ReadonlyMap<string, SchemeDeclaration> = new Map(),
): CheckedIdentifier {
  const ours = builtIn(scheme);
  const theirs = ours ? undefined : declared.get(scheme);
  if (!ours && !theirs) return refused('scheme_is_unknown');
  if (!isPlainText(value)) return refused('identifier_is_malformed');
  if (ours) return checkNormalised(normalise(value, ours.steps), ours.check);
  const { pattern, normalise: steps } = theirs!;
  return checkNormalised(normalise(value, steps), matching(new RegExp(pattern, 'u')));
}

/** Normalising may have emptied the value (only hyphens) or widened it (compatibility forms). */
function checkNormalised(normalised: string, check: BuiltIn['check']): CheckedIdentifier {
  return isPlainText(normalised) ? check(normalised) : refused('identifier_is_malformed');
}
