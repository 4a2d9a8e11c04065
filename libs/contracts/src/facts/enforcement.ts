import { Type, type Static } from '@sinclair/typebox';
import {
  CauseId,
  closed,
  Code,
  Instant,
  LedgerNameSchema,
  LegalTime,
  Position,
  PublicText,
  Sha256Hex,
  type NewFact,
} from '../envelope.js';

/** A measure id: SHA-256 of (cause, code, implementer), stable over decisions. */
export const MeasureId = Sha256Hex;

export const DecidedMeasure = closed({
  measure: MeasureId,
  code: Code,
  effect: Type.Union([Type.Literal('restriction'), Type.Literal('preference')]),
  implementer: Code,
  memorandum: Code,
  memorandumVersion: Type.Integer({ minimum: 1 }),
  row: Code,
  legalBasis: PublicText,
  /** The memorandum version's own legal interval; the answer evaluates it. */
  from: LegalTime,
  until: Type.Optional(LegalTime),
});

/** Level-triggered: the complete rows for one cause; the newest wins, empty means lifted. */
export const MeasuresDecided = closed({
  cause: closed({ ledger: LedgerNameSchema, id: CauseId }),
  list: Code,
  /** What it has seen: the cause's last fact, and the last fact of regulatory.reference, if any. */
  basedOn: closed({ cause: Position, reference: Type.Optional(Position) }),
  measures: Type.Array(DecidedMeasure, { maxItems: 200 }),
});

export const MeasureAcknowledged = closed({
  cause: closed({ ledger: LedgerNameSchema, id: CauseId }),
  measure: MeasureId,
  implementer: Code,
  /** Position of the decision that is acknowledged. */
  decision: Position,
  outcome: Type.Union([
    Type.Literal('applied'),
    Type.Literal('not-applied'),
    Type.Literal('lifted'),
  ]),
  /** A reason code, never text; required for not-applied. */
  reason: Type.Optional(Code),
  at: Instant,
});

export type MeasuresDecided = NewFact<
  'enforcement.measures-decided.v1',
  Static<typeof MeasuresDecided>
>;
export type MeasureAcknowledged = NewFact<
  'enforcement.measure-acknowledged.v1',
  Static<typeof MeasureAcknowledged>
>;
export type EnforcementFact = MeasuresDecided | MeasureAcknowledged;
