import { Type, type Static } from '@sinclair/typebox';
import { SUBJECT_BUCKETS } from './bucket.js';
import {
  CauseId,
  closed,
  Code,
  Instant,
  LegalTime,
  Money,
  Position,
  RandomId,
  SubjectId,
} from './envelope.js';
import { DecidedMeasure } from './facts/enforcement.js';

/** Newest position of that ledger's bucket when the state was read; -1: none yet. */
const Folded = Type.Integer({ minimum: -1 });

const CourtListing = closed({
  list: Code,
  issuer: Code,
  case: RandomId,
  obligations: Type.Array(RandomId),
  /** Of a listing taken in: its legal basis as stated, or `not-stated`. */
  ground: Type.String(),
  effectiveFrom: LegalTime,
  until: Type.Optional(LegalTime),
  /** Present where another system's register listed it; how its start is known. */
  takenIn: Type.Optional(
    closed({
      fromObserved: Type.Optional(Type.Union([Type.Literal('at'), Type.Literal('on-or-before')])),
    }),
  ),
  end: Type.Optional(
    Type.Union([
      closed({ kind: Type.Literal('delisted'), reason: Code, effectiveFrom: LegalTime }),
      closed({ kind: Type.Literal('annulled'), reason: Code }),
      closed({ kind: Type.Literal('retracted'), reason: Code }),
    ]),
  ),
  position: Position,
  recordedAt: Instant,
});

const Obligation = closed({
  case: RandomId,
  kind: Code,
  amount: Type.Optional(Money),
  /** Currency → performed so far. */
  performed: Type.Record(Type.String(), Type.String()),
  performances: Type.Integer({ minimum: 0 }),
  fulfilled: Type.Boolean(),
});

const Segment = closed({
  from: LegalTime,
  until: Type.Optional(LegalTime),
  basis: Type.String(),
  fromObserved: Type.Optional(Type.Union([Type.Literal('at'), Type.Literal('on-or-before')])),
  untilObserved: Type.Optional(Type.Literal(true)),
});

const TakenInListing = closed({
  list: Code,
  issuer: Code,
  segments: Type.Array(Segment),
  firstObservedAt: Instant,
  onOrBefore: Type.Boolean(),
  observedAt: Instant,
  /** Why, where it has ended. */
  ended: Type.Optional(
    Type.Union([Type.Literal('delisted-by-source'), Type.Literal('absent-from-snapshot')]),
  ),
  position: Position,
  recordedAt: Instant,
});

const Decision = closed({
  list: Code,
  basedOn: closed({ cause: Position, reference: Type.Optional(Position) }),
  measures: Type.Array(DecidedMeasure),
  position: Position,
});

/** Key of a bucket's `StateMark`; every other key is a subject id. */
export const STATE_MARK_KEY = 'bucket';

/**
 * How far `projection.state` is whole in one bucket (= partition): of every subject there the topic
 * holds the state of these positions, or a newer one. Whoever begins with the topic goes on with
 * the facts behind them.
 */
export const StateMark = closed({
  bucket: Type.Integer({ minimum: 0, maximum: SUBJECT_BUCKETS - 1 }),
  foldVersion: Type.Integer({ minimum: 1 }),
  position: closed({ court: Folded, regulatory: Folded, enforcement: Folded }),
  /** When it was written; facts behind the positions were published later, or not long before. */
  at: Instant,
});
export type StateMark = Static<typeof StateMark>;

/**
 * A subject's folded state on `projection.state`, canonical text. One component per ledger that
 * says anything of the subject; a subject without any is a tombstone. Delivered at least once: a
 * message with lower positions than one seen before is old and is dropped.
 */
export const SubjectStateMessage = closed({
  subject: SubjectId,
  /** The shape of `state` is that of this fold version. */
  foldVersion: Type.Integer({ minimum: 1 }),
  position: closed({ court: Folded, regulatory: Folded, enforcement: Folded }),
  state: closed({
    court: Type.Optional(
      closed({
        listings: Type.Record(CauseId, CourtListing),
        obligations: Type.Record(RandomId, Obligation),
      }),
    ),
    regulatory: Type.Optional(closed({ listings: Type.Record(CauseId, TakenInListing) })),
    /** Per cause, `<ledger>/<id>`, the newest decision. */
    enforcement: Type.Optional(closed({ decisions: Type.Record(Type.String(), Decision) })),
  }),
});
export type SubjectStateMessage = Static<typeof SubjectStateMessage>;
