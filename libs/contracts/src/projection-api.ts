import type { AnswerPosition, CurrentTo, MeasureAnswer, Undetermined } from './answers.js';
import type { LedgerName, LegalTime } from './envelope.js';
import type { Identifier } from './identity-api.js';

/**
 * When: legal time (`asOf`, default now) and ledger time (`knownAt`, default everything known).
 *
 * `asOf`: an instant, or a local date (`zone` says whose, default UTC; it only matters where a date
 * meets an instant). `knownAt`: an instant, a local date (the end of that day in `zone`), or an
 * answer's position; a ledger left out of the map stands where it stood when the others were
 * recorded, `regulatory.reference` left out where `regulatory` does. A position not folded yet is
 * waited for (503 `position_not_reached`, never an older answer). What is too old to tell
 * (`maxAge`, as for status) is undetermined: without `knownAt`, and for an instant that it does
 * not reach.
 */
export type Times = {
  asOf?: string;
  zone?: string;
  knownAt?: string | Partial<AnswerPosition>;
};

/** `POST /projection/v1/record`: identifiers never stand in an URL. */
export type RecordRequest = Times & {
  identifier?: Identifier;
  subject?: string;
  /** Kept in the journal with who looked, at whom, and at what position. */
  purpose: string;
  measures?: string[];
  place?: string;
  /** As for status. */
  atLeast?: string[];
  settled?: boolean;
  maxAge?: number;
  timeout?: number;
};

/** One stretch of legal time [from, until). */
export type RecordSegment = {
  from: LegalTime;
  until?: LegalTime;
  basis: string;
  /** `from` is the time observed: the source states no legal date. */
  fromObserved?: 'at' | 'on-or-before';
  untilObserved?: true;
};

export type RecordCause = {
  ledger: LedgerName;
  cause: string;
  list: string;
  listKind: 'restrictive' | 'scrutiny' | 'commendation' | 'not-known';
  issuer: string;
  origin: 'decided' | 'taken-in';
  segments: RecordSegment[];
  /** At the legal time asked about. */
  inForce: boolean;
  /** Position of its last fact known. */
  position: number;
  recordedAt: string;
  /** The instrument it rests on, where Writ decided it. */
  instrument?: { case: string; kind: string; issuer: string; effectiveOn: LegalTime };
  /** Measures decided for it, in force or not, as known. */
  measures: {
    measure: string;
    effect: 'restriction' | 'preference';
    implementer: string;
    memorandum: string;
    memorandumVersion: number;
    legalBasis: string;
    from: LegalTime;
    until?: LegalTime;
  }[];
};

export type RecordResponse = {
  /** Undefined: the identifier belongs to nobody known. */
  subject?: string;
  asOf: LegalTime;
  /** What was known. */
  position: AnswerPosition;
  currentTo: CurrentTo;
  answers: MeasureAnswer[];
  causes: RecordCause[];
  /** Every fact known, oldest first within each ledger. */
  history: {
    ledger: LedgerName;
    position: number;
    recordedAt: string;
    type: string;
    cause?: string;
    /** From this position on something else is known of that cause. */
    knownUntil?: number;
    /** How the cause stood from then on, or what the fact says. */
    data: unknown;
  }[];
};

/** `GET /projection/v1/lists/{list}?asOf=&zone=&knownAt=&atLeast=&maxAge=&timeout=` */
export type ListCounts = {
  list: string;
  kind: string;
  /** Entries in force. */
  listings: number;
  subjects: number;
  asOf: LegalTime;
  /** One position for all buckets. */
  position: AnswerPosition;
  currentTo: CurrentTo;
  /** Subjects set aside: their newest facts are not counted. */
  quarantined: number;
  /** Present when what was counted may not be what holds: too old, or set aside. */
  undetermined?: Undetermined[];
};

/** `GET /projection/v1/lists/{list}/entries?…&limit=&cursor=`; the cursor pins the times. */
export type ListEntries = {
  list: string;
  asOf: LegalTime;
  position: AnswerPosition;
  currentTo: CurrentTo;
  /** As for counts. Pages after the first are pinned: they say nothing new. */
  undetermined?: Undetermined[];
  entries: { ledger: LedgerName; listing: string; subject: string }[];
  /** Absent on the last page. */
  cursor?: string;
};

/** `GET /projection/v1/root` */
export type RootResponse = {
  /** Of the set that answers; another than the build's until a rebuild is accepted. */
  foldVersion: number;
  /** 64 hex digits: the sum of all buckets' roots mod 2^256. */
  root: string;
  buckets: { bucket: number; root: string; position: Record<LedgerName, number> }[];
};

/** `GET /projection/v1/answers/{answerId}`: an answer as it was given; not who asked, nor why. */
export type JournalledAnswer = {
  answerId: string;
  /** At the counter, or with the whole record. */
  asked: 'status' | 'record';
  answeredAt: string;
  /** Null: the identifier belonged to nobody known. */
  subject: string | null;
  scheme: string | null;
  place: string | null;
  position: AnswerPosition;
  answers: MeasureAnswer[];
};

/** `POST /projection/v1/rebuild` starts one (202), `GET` tells how far the newest has come. */
export type RebuildReport = {
  rebuild: string;
  /**
   * Under the live set's own fold version `equal` or `unequal`: an alarm, nothing is switched.
   * Under another one `equal` or `different`, and it waits until somebody accepts it.
   */
  state: 'folding' | 'comparing' | 'equal' | 'unequal' | 'different' | 'accepted' | 'failed';
  /** Of the rebuilt set, and of the live one beside which it was folded. */
  foldVersion: number;
  liveFoldVersion: number;
  startedAt: string;
  endedAt?: string;
  /** Facts folded so far, and how many the ledgers held when last asked. */
  folded: number;
  total: number;
  root?: string;
  /** Buckets whose roots differ, at equal positions. */
  unequal?: { ledger: LedgerName; bucket: number; live: string; rebuilt: string }[];
  /** Another fold version only: how many lines `GET /projection/v1/rebuild/differences` has. */
  differences?: number;
  /** Where the two were compared: all of every bucket is folded up to there. */
  comparedAt?: Record<LedgerName, number>;
  accepted?: RebuildAcceptance & { actor: string; at: string };
  trouble?: string;
};

/** `POST /projection/v1/rebuild/acceptance`: who answers for the difference, by code. */
export type RebuildAcceptance = { by: string };

/** `GET /projection/v1/rebuild/differences?limit=&cursor=`, by subject (or reference key). */
export type RebuildDifferences = {
  rebuild: string;
  differences: {
    /** Subject id, or the key of a thing without subject (`list/…`). */
    owner: string;
    ledger: LedgerName;
    /** As the live set had it; absent: nothing. */
    live?: unknown;
    rebuilt?: unknown;
  }[];
  /** Absent on the last page. */
  cursor?: string;
};
