import { record, refuse, type Decision } from '@writ/decider';
import { NORMALISE_STEPS, type SchemeDeclaration } from './scheme.js';

export type DeclarationRefusal =
  | 'scheme_is_built_in'
  | 'scheme_must_be_a_code'
  | 'pattern_must_be_anchored_and_bounded'
  | 'normalise_step_is_unknown';

const SCHEME_NAME = /^[a-z0-9][A-Za-z0-9._:-]{0,79}$/;
const PATTERN_LENGTH_MAX = 300;
/** Each may be tried at every place of the value: three keep the work below its cube. */
const VARIABLE_QUANTIFIERS_MAX = 3;

const ATOM = String.raw`(?:\[\^?(?:[^\\\]\[]|\\[-\\\]\[dw./])+\]|\\[dw./\\-]|[A-Za-z0-9 :_/@#-])`;
const QUANTIFIER = String.raw`(?:\?|\{[0-9]{1,3}\}|\{[0-9]{1,3},[0-9]{1,3}\})?`;
const ALTERNATIVE = new RegExp(String.raw`^\^(?:${ATOM}${QUANTIFIER})+\$$`, 'u');

/**
 * May this scheme be declared? A pattern is `^…$`, or several with `|` between; inside stand
 * characters, classes and bounded repetitions (`?`, `{n}`, `{n,m}`), no groups, so that no
 * declaration can make a look-up slow.
 */
export function declareScheme(
  declaration: SchemeDeclaration,
  isBuiltIn: (scheme: string) => boolean,
): Decision<SchemeDeclaration, DeclarationRefusal> {
  if (!SCHEME_NAME.test(declaration.scheme)) return refuse('scheme_must_be_a_code', '/scheme');
  if (isBuiltIn(declaration.scheme)) return refuse('scheme_is_built_in', '/scheme');
  if (!isBoundedPattern(declaration.pattern)) {
    return refuse('pattern_must_be_anchored_and_bounded', '/pattern');
  }
  const unknown = declaration.normalise.findIndex((step) => !NORMALISE_STEPS.includes(step));
  if (unknown >= 0) return refuse('normalise_step_is_unknown', `/normalise/${unknown}`);
  return record(declaration);
}

function isBoundedPattern(pattern: string): boolean {
  if (pattern.length > PATTERN_LENGTH_MAX) return false;
  return pattern.split('|').every((alternative) => {
    const variable = alternative.match(/\?|\{[0-9]+,[0-9]+\}/g)?.length ?? 0;
    return (
      variable <= VARIABLE_QUANTIFIERS_MAX && ALTERNATIVE.test(alternative) && compiles(alternative)
    );
  });
}

function compiles(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
