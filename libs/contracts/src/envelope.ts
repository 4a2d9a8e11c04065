import { Type, type Static, type TObject, type TProperties } from '@sinclair/typebox';

/** Every schema is closed: an unknown field is an error, never silently kept. */
export const closed = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

const ID_PATTERN = '^[a-z0-9][a-z0-9._:-]{0,119}$';

/** A random 128-bit id: 32 lower-case hex digits. */
export const RandomId = Type.String({ pattern: '^[0-9a-f]{32}$' });
export const SubjectId = RandomId;
/** A code of ours or of an authority (list, measure, implementer, rule …): never personal. */
export const Code = Type.String({ pattern: ID_PATTERN });
/** A listing id: the case's id and the listing's number within it, or a random id. */
export const CauseId = Type.String({ pattern: '^[0-9a-f]{32}(-[1-9][0-9]{0,3})?$' });
/** An identifier scheme: a code, or one with a country in it (`passport.FR`). */
export const SchemeName = Type.String({ pattern: '^[a-z0-9][A-Za-z0-9._:-]{0,119}$' });
export const Position = Type.Integer({ minimum: 0 });
export const Instant = Type.String({
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,6})?Z$',
});
export const LocalDate = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' });
/** Public text of an authority (a list's title, a legal basis): never about a subject. */
export const PublicText = Type.String({ minLength: 1, maxLength: 500 });
export const Sha256Hex = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** A legal time as given: a local date in a zone, or an instant. */
export const LegalTime = Type.Union([
  closed({ date: LocalDate, zone: Type.String({ pattern: '^[A-Za-z]+(/[A-Za-z0-9_+-]+)*$' }) }),
  closed({ instant: Instant }),
]);
/** What a source states, or that it states nothing; never filled in (invariant I9). */
export const StatedTime = Type.Union([LegalTime, Type.Literal('not-stated')]);

export const Money = closed({
  amount: Type.String({ pattern: '^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,4})?$' }),
  currency: Type.String({ pattern: '^[A-Z]{3}$' }),
});

export const LedgerNameSchema = Type.Union([
  Type.Literal('court'),
  Type.Literal('regulatory'),
  Type.Literal('enforcement'),
]);

export const Actor = closed({
  kind: Type.Union([Type.Literal('person'), Type.Literal('system')]),
  id: Code,
  onBehalfOf: Type.Optional(Code),
  verified: Type.Boolean(),
});

export const Source = Type.Union([
  closed({ kind: Type.Literal('api') }),
  closed({ kind: Type.Literal('intake') }),
  closed({ kind: Type.Literal('system') }),
  closed({ kind: Type.Literal('feed'), digest: Sha256Hex, row: Type.Integer({ minimum: 0 }) }),
]);

export const Rules = closed({ pack: Code, version: Type.Integer({ minimum: 1 }) });

export type LedgerName = Static<typeof LedgerNameSchema>;
export type LegalTime = Static<typeof LegalTime>;
export type StatedTime = Static<typeof StatedTime>;
export type Money = Static<typeof Money>;
export type Actor = Static<typeof Actor>;
export type Source = Static<typeof Source>;
export type Rules = Static<typeof Rules>;

export const LEDGERS: readonly LedgerName[] = ['court', 'regulatory', 'enforcement'];

/** What a decision proposes; the sequencer adds ledger, epoch, position, stream, version … */
export type NewFact<T extends string = string, D = unknown> = {
  type: T;
  authority: string;
  actor: Actor;
  source: Source;
  rules: Rules;
  subject?: string;
  occurredAt?: string;
  causedBy?: { ledger: LedgerName; position: number };
  correlation: string;
  data: D;
};

/** A recorded fact: all of it is hashed, all of it is what Kafka carries. */
export type Fact<T extends string = string, D = unknown> = NewFact<T, D> & {
  leafVersion: 1;
  ledger: LedgerName;
  epoch: number;
  position: number;
  stream: string;
  version: number;
  authoritySeq: number;
  recordedAt: string;
};

/** The closed JSON Schema of one fact type's whole envelope. */
export function envelopeSchema<T extends string, D extends TObject>(
  type: T,
  subject: 'required' | 'absent',
  data: D,
) {
  return closed({
    leafVersion: Type.Literal(1),
    ledger: LedgerNameSchema,
    epoch: Type.Integer({ minimum: 1 }),
    position: Position,
    stream: Type.String({ pattern: '^[a-z][a-z-]*-[a-z0-9][a-z0-9._:-]{0,150}$' }),
    version: Type.Integer({ minimum: 1 }),
    type: Type.Literal(type),
    authority: Code,
    authoritySeq: Type.Integer({ minimum: 1 }),
    actor: Actor,
    source: Source,
    rules: Rules,
    ...(subject === 'required' ? { subject: SubjectId } : {}),
    occurredAt: Type.Optional(Instant),
    recordedAt: Instant,
    causedBy: Type.Optional(closed({ ledger: LedgerNameSchema, position: Position })),
    correlation: Type.String({ pattern: '^[0-9a-f]{32}$' }),
    data,
  });
}
