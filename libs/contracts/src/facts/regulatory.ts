import { Type, type Static } from '@sinclair/typebox';
import {
  closed,
  Code,
  Instant,
  LegalTime,
  PublicText,
  RandomId,
  SchemeName,
  Sha256Hex,
  StatedTime,
  type NewFact,
} from '../envelope.js';

export const ListKind = Type.Union([
  Type.Literal('restrictive'),
  Type.Literal('scrutiny'),
  Type.Literal('commendation'),
]);

/** Declared coverage: the schemes by which *every* entry can be found, where and since when. */
export const Coverage = closed({
  schemes: Type.Array(SchemeName, { minItems: 1, uniqueItems: true }),
  places: Type.Array(Code, { minItems: 1, uniqueItems: true }),
  from: LegalTime,
});

export const ListDeclared = closed({
  list: Code,
  kind: ListKind,
  title: PublicText,
  issuer: Code,
  jurisdiction: Code,
  coverage: Coverage,
});

export const MemorandumRow = closed({
  row: Code,
  list: Code,
  effect: Type.Union([Type.Literal('restriction'), Type.Literal('preference')]),
  measure: Code,
  implementer: Code,
  legalBasis: PublicText,
  /** `decided`: listings decided in Writ only; `taken-in`: also those a feed brought (I9). */
  admits: Type.Union([Type.Literal('decided'), Type.Literal('taken-in')]),
});

export const MemorandumRecorded = closed({
  memorandum: Code,
  memorandumVersion: Type.Integer({ minimum: 1 }),
  title: PublicText,
  effectiveFrom: LegalTime,
  until: Type.Optional(LegalTime),
  rows: Type.Array(MemorandumRow, { minItems: 0, maxItems: 200 }),
  /** Every list an earlier or this version names, so that a consumer knows what it touches. */
  lists: Type.Array(Code, { uniqueItems: true }),
});

/** One entry of another system's list; says what the source states and nothing more. */
export const ListingTakenIn = closed({
  listing: RandomId,
  list: Code,
  snapshot: Code,
  legalBasis: Type.Union([PublicText, Type.Literal('not-stated')]),
  effectiveFrom: StatedTime,
  /** First moment it no longer holds (a source's last day in force is converted by the feed). */
  until: StatedTime,
  observedAt: Instant,
  /** True for a BASELINE row: it began on or before the time observed. */
  onOrBefore: Type.Boolean(),
  instrument: Type.Literal('not-stated'),
  notice: Type.Literal('not-stated'),
});

export const ListingAmended = closed({
  listing: RandomId,
  list: Code,
  snapshot: Code,
  /**
   * `change`: from effectiveFrom on, or from observedAt where none is stated or it lies behind;
   * `correction`: the past was wrong as well.
   */
  nature: Type.Union([Type.Literal('change'), Type.Literal('correction')]),
  legalBasis: Type.Union([PublicText, Type.Literal('not-stated')]),
  effectiveFrom: StatedTime,
  until: StatedTime,
  observedAt: Instant,
});

export const ListingEnded = closed({
  listing: RandomId,
  list: Code,
  snapshot: Code,
  reason: Type.Union([Type.Literal('delisted-by-source'), Type.Literal('absent-from-snapshot')]),
  observedAt: Instant,
});

export const SnapshotTakenIn = closed({
  list: Code,
  snapshot: Code,
  digest: Sha256Hex,
  observedAt: Instant,
  listed: Type.Integer({ minimum: 0 }),
  amended: Type.Integer({ minimum: 0 }),
  ended: Type.Integer({ minimum: 0 }),
  refusedRows: Type.Integer({ minimum: 0 }),
  active: Type.Integer({ minimum: 0 }),
});

export type ListDeclared = NewFact<'regulatory.list-declared.v1', Static<typeof ListDeclared>>;
export type MemorandumRecorded = NewFact<
  'regulatory.memorandum-recorded.v1',
  Static<typeof MemorandumRecorded>
>;
export type ListingTakenIn = NewFact<
  'regulatory.listing-taken-in.v1',
  Static<typeof ListingTakenIn>
>;
export type ListingAmended = NewFact<
  'regulatory.listing-amended.v1',
  Static<typeof ListingAmended>
>;
export type ListingEnded = NewFact<'regulatory.listing-ended.v1', Static<typeof ListingEnded>>;
export type SnapshotTakenIn = NewFact<
  'regulatory.snapshot-taken-in.v1',
  Static<typeof SnapshotTakenIn>
>;

export type RegulatoryFact =
  | ListDeclared
  | MemorandumRecorded
  | ListingTakenIn
  | ListingAmended
  | ListingEnded
  | SnapshotTakenIn;
