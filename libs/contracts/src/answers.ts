import type { Identifier } from './identity-api.js';
import { LEDGERS, type LedgerName } from './envelope.js';

/** `POST /projection/v1/status` */
export type StatusQuestion = {
  identifier?: Identifier;
  /** Instead of an identifier, by those who hold one. */
  subject?: string;
  /** Measure codes; none = any. */
  measures?: string[];
  place?: string;
};
export type StatusRequest = {
  subjects: StatusQuestion[];
  purpose: string;
  /** Receipt tokens; the answer waits until it stands at or behind each. */
  atLeast?: string[];
  /**
   * Also wait until all that is read is current and enforcement has assessed every restrictive
   * cause in force.
   */
  settled?: boolean;
  /** Seconds without a watermark after which a ledger counts as stale; default 60. */
  maxAge?: number;
  /** Milliseconds to wait for atLeast/settled before 503; default 5,000. */
  timeout?: number;
  /** Journal even a plain NOT_RESTRICTED and return the answer id. */
  receipt?: boolean;
};

/**
 * Ledger → position up to which what was read counts; `regulatory.reference` apart: lists and
 * memoranda are read from a bucket of their own, which stands where it stands. Opaque to callers;
 * as `knownAt` it is read again as it was.
 */
export type AnswerPosition = Record<LedgerName | 'regulatory.reference', number>;

export const POSITION_KEYS = [...LEDGERS, 'regulatory.reference'] as const;

export type Answer = 'RESTRICTED' | 'NOT_RESTRICTED' | 'UNDETERMINED' | 'NOT_COVERED';

export type AnswerCause = {
  ledger: LedgerName;
  cause: string;
  list: string;
  issuer: string;
  measure: string;
  legalBasis: string;
  /** What ends it, in a word: e.g. `perform-the-obligation`, `ask-the-issuer`. */
  remedy: string;
};

export type MeasureAnswer = {
  /** The measure asked for, or `any`. */
  measure: string;
  answer: Answer;
  /** RESTRICTED: why; no more than a counter needs. */
  causes?: AnswerCause[];
  /** UNDETERMINED: why, since when, who must act. */
  undetermined?: Undetermined[];
};

export type SubjectAnswer = {
  measures: MeasureAnswer[];
  /** Exactly what this answer rests on: subjects of one batch may stand at different places. */
  position: AnswerPosition;
  /** Set when the answer was journalled. */
  answerId?: string;
};

/**
 * How current what was read is: ledger → time of the last watermark, and when the copy of the
 * aliases was last known to be whole. Null: never yet.
 */
export type CurrentTo = Record<LedgerName | 'aliases', string | null>;

/** Why something cannot be answered: since when (`never-current`, or an instant), who must act. */
export type Undetermined = { reason: string; since: string; mustAct: string };

export type StatusResponse = {
  answers: SubjectAnswer[];
  /** Up to where every answer counts at least: of several the lowest. Each has its own. */
  position: AnswerPosition;
  currentTo: CurrentTo;
};
