import type { AnswerPosition, MeasureAnswer, RecordCause } from '@writ/contracts';
import {
  answer,
  answerUnknown,
  isInForce,
  isSettled,
  nothingStale,
  type NobodyStaleness,
  type Question,
  type SubjectRecord,
  type When,
} from '../answer/answer.js';
import { referenceOf, type Reference } from '../answer/reference.js';
import {
  referenceSetAside,
  stalenessOf,
  stalenessOfNobody,
  type Age,
} from '../answer/staleness.js';
import { causeKey, type Cause } from '../fold/cause.js';
import type { CourtListing } from '../fold/court-fold.js';
import type { MeasureDecision } from '../fold/enforcement-fold.js';
import type { ReferenceItem } from '../fold/reference-fold.js';
import { causeFromHistory } from '../fold/subject-state.js';
import type { Progress } from '../store/progress.js';
import type { KeptFact, SetAside } from './history.postgres.js';

/** What one transaction read about a subject (none: the identifier is nobody's). */
export type RecordRead = {
  subject?: string;
  history: readonly KeptFact[];
  items: readonly (readonly [string, ReferenceItem])[];
  /** What waits in quarantine: facts of the subject, lists and memoranda. */
  aside: readonly SetAside[];
  progress: Progress;
};

/** The times asked about; an age where what is asked for may not be there yet. */
export type RecordTimes = { known: AnswerPosition; when: When; age?: Age };

export type Described = {
  answers: MeasureAnswer[];
  causes: RecordCause[];
  history: KeptFact[];
  /** As for status: waiting can add nothing. */
  isSettled: boolean;
};

const ALL_FRESH: NobodyStaleness = { reference: [], aliases: [] };

/** The record as known at a position, and what it said of a legal time. */
export function describeRecord(
  read: RecordRead,
  { known, when, age }: RecordTimes,
  question: Question,
): Described {
  const reference = referenceOf(read.items, known['regulatory.reference']);
  const aside = read.aside.filter((one) => countsAt(one, known));
  const parked = aside.find(({ ledger, subject }) => ledger === 'regulatory' && subject === '');
  const referenceAside = parked ? referenceSetAside(parked.since) : undefined;
  if (read.subject === undefined) {
    const { reference: old, aliases } = age ? stalenessOfNobody(read.progress, age) : ALL_FRESH;
    const staleness = { reference: referenceAside ? [referenceAside, ...old] : old, aliases };
    const answers = answerUnknown(reference, question, when, staleness);
    const isSettled = old.length === 0 && aliases.length === 0;
    return { answers, causes: [], history: [], isSettled };
  }
  const history = read.history
    .filter(({ ledger, position }) => position <= known[ledger])
    .map((fact) => asKnownAt(fact, known));
  const standing = history.filter(({ knownUntil }) => knownUntil === undefined);
  const record = recordOf(
    standing,
    aside.find(({ subject }) => subject === read.subject),
  );
  const stale = age ? stalenessOf(read.progress, read.subject, age) : nothingStale;
  const staleness = referenceAside ? { ...stale, reference: referenceAside } : stale;
  return {
    answers: answer(record, reference, question, when, staleness),
    causes: record.causes.map((cause) => {
      const { ledger, id } = cause;
      const kept = standing.find((fact) => fact.ledger === ledger && fact.cause === id);
      const instrument = ledger === 'court' && kept ? instrumentOf(kept.data, read) : undefined;
      const described = describeCause(cause, record, reference, when);
      return instrument ? { ...described, instrument } : described;
    }),
    history,
    isSettled: isSettled(record, reference, when, staleness),
  };
}

/** Whether what waits is among the facts that were known. */
export function countsAt(
  { ledger, subject, firstPosition }: SetAside,
  known: AnswerPosition,
): boolean {
  const isReference = ledger === 'regulatory' && subject === '';
  return firstPosition <= known[isReference ? 'regulatory.reference' : ledger];
}

/** What replaced it later was not known yet. */
function asKnownAt(fact: KeptFact, known: AnswerPosition): KeptFact {
  if (fact.knownUntil === undefined || fact.knownUntil <= known[fact.ledger]) return fact;
  const { knownUntil: _, ...open } = fact;
  return open;
}

function recordOf(standing: readonly KeptFact[], aside: SetAside | undefined): SubjectRecord {
  const causes: Cause[] = [];
  const decisions: Record<string, MeasureDecision> = {};
  for (const { ledger, cause, data } of standing) {
    if (cause === undefined) continue;
    if (ledger === 'enforcement') decisions[cause] = data as MeasureDecision;
    const described = causeFromHistory(ledger, cause, data);
    if (described) causes.push(described);
  }
  return { causes, decisions, ...(aside ? { quarantined: { since: aside.since } } : {}) };
}

function describeCause(
  cause: Cause,
  { decisions }: SubjectRecord,
  reference: Reference,
  when: When,
): RecordCause {
  const { ledger, id, list, issuer, origin, segments, position, recordedAt } = cause;
  const decision = decisions[causeKey(ledger, id)];
  return {
    ledger,
    cause: id,
    list,
    listKind: reference.lists.get(list)?.kind ?? 'not-known',
    issuer,
    origin,
    segments: [...segments],
    inForce: isInForce(cause, when),
    position,
    recordedAt,
    measures: (decision?.measures ?? []).map((row) => ({
      measure: row.code,
      effect: row.effect,
      implementer: row.implementer,
      memorandum: row.memorandum,
      memorandumVersion: row.memorandumVersion,
      legalBasis: row.legalBasis,
      from: row.from,
      ...(row.until ? { until: row.until } : {}),
    })),
  };
}

function instrumentOf(data: unknown, { items }: RecordRead): RecordCause['instrument'] {
  const { case: caseId } = data as CourtListing;
  const item = items.find(([key]) => key === `case/${caseId}`)?.[1];
  if (item?.kind !== 'case') return undefined;
  const { kind, issuer, effectiveOn } = item.opened.instrument;
  return { case: caseId, kind, issuer, effectiveOn };
}
