export * from './alias.js';
export * from './check-identifier.js';
export * from './declared-scheme.js';
export {
  NORMALISE_STEPS,
  type CheckedIdentifier,
  type IdentifierRefusal,
  type NormaliseStep,
  type SchemeDeclaration,
} from './scheme.js';
export { checkCharacterOf as residentIdCheckCharacterOf } from './resident-id.js';
export { bodyCheckCharacterOf, usccCheckCharacterOf } from './uscc.js';
export { leiRemainder } from './international.js';
export * from './generated.js';
