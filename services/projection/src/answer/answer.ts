import type { Answer, AnswerCause, LegalTime, MeasureAnswer, Undetermined } from '@writ/contracts';
import { inForce } from '@writ/law';
import { causeKey, type Cause } from '../fold/cause.js';
import type { MeasureDecision } from '../fold/enforcement-fold.js';
import { laterInstant, segmentAt } from '../fold/segment.js';
import { isCovered } from './coverage.js';
import { isAssessed, isOvertaken, notAssessedSince } from './assessed.js';
import { holdsRow, type Reference } from './reference.js';
import { subjectSetAside } from './staleness.js';

/** The measure asked for when none is named. */
export const ANY_MEASURE = 'any';

/** What is asked, apart from about whom. */
export type Question = {
  /** Of the identifier asked by; absent when asked by subject id. */
  scheme?: string;
  place?: string;
  /** None = any. */
  measures: readonly string[];
};

/** All that is known of the subject asked about. */
export type SubjectRecord = {
  causes: readonly Cause[];
  /** Cause key → newest decision. */
  decisions: Readonly<Record<string, MeasureDecision>>;
  quarantined?: { since: string };
};

/** Why an answer about a subject cannot rest on what is known, before looking at it. */
export type Staleness = {
  /** Lists and memoranda set aside: what follows from a listing is not known. */
  reference?: Undetermined;
  /** Listing ledgers and the alias copy, where too old. */
  listing: readonly Undetermined[];
  /** Counts only while a restrictive cause is in force. */
  enforcement?: Undetermined;
};

/** The same about an identifier of nobody: coverage rests on the reference, the rest on aliases. */
export type NobodyStaleness = {
  /** Lists and memoranda set aside, or too old. */
  reference: readonly Undetermined[];
  aliases: readonly Undetermined[];
};

export const nothingStale: Staleness = { listing: [] };

/** The legal time asked about: now, or as it was (or will be) at another. */
export type When = { now: string } | { asOf: LegalTime };

/** @returns the time asked about as a legal time */
export function legalTimeOf(when: When): LegalTime {
  return 'now' in when ? { instant: when.now } : when.asOf;
}

/**
 * The answer rules, per measure, the first that applies (design, "Answers"):
 *
 * 1. subject or reference quarantined, or what the answer rests on is too old: UNDETERMINED
 * 2. the measure is imposed for an undisputed cause in force: RESTRICTED
 * 3. a restrictive cause in force is disputed, not assessed or its list not folded: UNDETERMINED
 * 4. outside every list's coverage: NOT_COVERED
 * 5. NOT_RESTRICTED
 *
 * A cause that has ended in its own ledger counts for nothing at once, whatever enforcement has
 * recorded; so does a memorandum row that no longer holds. Scrutiny and commendation listings never
 * change an answer.
 */
export function answer(
  record: SubjectRecord,
  reference: Reference,
  question: Question,
  when: When,
  staleness: Staleness = nothingStale,
): MeasureAnswer[] {
  const causes = restrictiveInForce(record.causes, reference, when);
  const at = legalTimeOf(when);
  const stale = tooOld(record, causes.length > 0, staleness);
  const open = causes.flatMap((cause) => undeterminedBy(cause, record, reference));
  const asked = question.measures.length > 0 ? question.measures : [ANY_MEASURE];
  return asked.map((measure) => {
    if (stale.length > 0) return undetermined(measure, stale);
    const imposed = causes
      .filter(({ disputed }) => !disputed)
      .flatMap((cause) => imposedBy(cause, record, reference, measure, at));
    if (imposed.length > 0) return { measure, answer: 'RESTRICTED', causes: imposed };
    if (open.length > 0) return undetermined(measure, open);
    return { measure, answer: notRestricted(reference, question, measure, at) };
  });
}

/**
 * The answer about a well-formed identifier that belongs to nobody known: outside every coverage
 * NOT_COVERED, else NOT_RESTRICTED if the alias copy is current. Nothing without the reference.
 */
export function answerUnknown(
  reference: Reference,
  question: Question,
  when: When,
  staleness: NobodyStaleness,
): MeasureAnswer[] {
  const at = legalTimeOf(when);
  const asked = question.measures.length > 0 ? question.measures : [ANY_MEASURE];
  return asked.map((measure) => {
    if (staleness.reference.length > 0) return undetermined(measure, staleness.reference);
    const outcome = notRestricted(reference, question, measure, at);
    const { aliases } = staleness;
    if (outcome === 'NOT_COVERED' || aliases.length === 0) return { measure, answer: outcome };
    return undetermined(measure, aliases);
  });
}

/**
 * Whether waiting can add nothing, as `settled` asks: all that is read is current, and enforcement
 * has looked at every restrictive cause in force; also where one cause alone restricts already,
 * since the others belong to the answer. What no waiting mends (quarantine, a dispute) is settled.
 */
export function isSettled(
  record: SubjectRecord,
  reference: Reference,
  when: When,
  staleness: Staleness = nothingStale,
): boolean {
  const causes = restrictiveInForce(record.causes, reference, when);
  if (staleness.listing.length > 0) return false;
  if (causes.length > 0 && staleness.enforcement) return false;
  return causes.every((cause) =>
    undeterminedBy(cause, record, reference).every(({ reason }) => !SETTLED_BY_WAITING.has(reason)),
  );
}

const SETTLED_BY_WAITING = new Set(['cause_is_not_assessed', 'list_is_not_declared_yet']);

/**
 * Whether a cause holds. "Now" is never before what is recorded: a ledger's clock may run ahead of
 * the asker's by moments; a listing it recorded holds by then, an end it recorded has come (I2).
 */
export function isInForce(cause: Cause, when: When): boolean {
  if ('asOf' in when) return segmentAt(cause.segments, when.asOf) !== undefined;
  const instant = laterInstant(when.now, cause.notBefore);
  return segmentAt(cause.segments, { instant }) !== undefined;
}

/** A list not folded yet may be restrictive: until it is known it counts as such. */
function restrictiveInForce(causes: readonly Cause[], reference: Reference, when: When): Cause[] {
  return causes.filter((cause) => {
    const kind = reference.lists.get(cause.list)?.kind;
    if (kind !== undefined && kind !== 'restrictive') return false;
    return isInForce(cause, when);
  });
}

function tooOld(record: SubjectRecord, restrictive: boolean, staleness: Staleness): Undetermined[] {
  const reasons: Undetermined[] = [];
  if (record.quarantined) reasons.push(subjectSetAside(record.quarantined.since));
  if (staleness.reference) reasons.push(staleness.reference);
  reasons.push(...staleness.listing);
  if (restrictive && staleness.enforcement) reasons.push(staleness.enforcement);
  return reasons;
}

function undeterminedBy(cause: Cause, record: SubjectRecord, reference: Reference): Undetermined[] {
  const since = cause.recordedAt;
  if (!reference.lists.has(cause.list)) {
    return [{ reason: 'list_is_not_declared_yet', since, mustAct: 'regulatory' }];
  }
  if (cause.disputed) return [{ reason: 'cause_is_disputed', since, mustAct: cause.issuer }];
  const decision = record.decisions[causeKey(cause.ledger, cause.id)];
  if (isAssessed(cause, decision, reference)) return [];
  const late = notAssessedSince(cause, decision, reference);
  return [{ reason: 'cause_is_not_assessed', since: late, mustAct: 'enforcement' }];
}

/**
 * What the newest decision imposes for a cause. Where a fact about its list came after what the
 * decision rests on, only rows that still hold restrict: enforcement may be away for long.
 */
function imposedBy(
  cause: Cause,
  record: SubjectRecord,
  reference: Reference,
  measure: string,
  at: LegalTime,
): AnswerCause[] {
  const decision = record.decisions[causeKey(cause.ledger, cause.id)];
  if (!decision) return [];
  const { ledger, id, list, issuer, origin } = cause;
  const overtaken = isOvertaken(cause, decision, reference);
  const remedy = origin === 'decided' ? 'perform-the-obligation' : 'ask-the-issuer';
  return decision.measures
    .filter(({ effect, code }) => effect === 'restriction' && asksFor(measure, code))
    .filter(({ from, until }) => inForce(from, until, at))
    .filter((row) => !overtaken || holdsRow(reference, list, row, at))
    .map(({ code, legalBasis }) => {
      return { ledger, cause: id, list, issuer, measure: code, legalBasis, remedy };
    });
}

function asksFor(measure: string, code: string): boolean {
  return measure === ANY_MEASURE || measure === code;
}

function notRestricted(
  reference: Reference,
  question: Question,
  measure: string,
  at: LegalTime,
): Answer {
  const asked = measure === ANY_MEASURE ? undefined : measure;
  return isCovered(reference, question, asked, at) ? 'NOT_RESTRICTED' : 'NOT_COVERED';
}

function undetermined(measure: string, reasons: readonly Undetermined[]): MeasureAnswer {
  return { measure, answer: 'UNDETERMINED', undetermined: [...reasons] };
}
