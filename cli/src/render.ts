import type {
  LegalTime,
  MeasureAnswer,
  RecordCause,
  RecordResponse,
  RootResponse,
  StatusResponse,
} from '@writ/contracts';

/** A status as a person reads it. */
export function statusText({ answers }: StatusResponse): string {
  return answers.flatMap(({ measures }) => measures.flatMap(answerLines)).join('\n');
}

function answerLines({ measure, answer, causes = [], undetermined = [] }: MeasureAnswer): string[] {
  return [
    `${measure}  ${answer}`,
    ...causes.map(
      ({ list, issuer, measure: code, legalBasis, remedy }) =>
        `  ${code} for ${list} (${issuer}); ${legalBasis}; remedy: ${remedy}`,
    ),
    ...undetermined.map(
      ({ reason, since, mustAct }) => `  ${reason} since ${since}; to act: ${mustAct}`,
    ),
  ];
}

/** @returns whether an answer is missing only because the system has just been started */
export function isCatchingUp(measures: readonly MeasureAnswer[]): boolean {
  return measures.some(({ undetermined = [] }) =>
    undetermined.some(({ reason }) => reason.endsWith('_not_current')),
  );
}

/** A credit record as a person reads it. */
export function recordText(record: RecordResponse): string {
  const { subject, asOf, position, answers, causes, history } = record;
  const known = Object.entries(position).map(([ledger, at]) => `${ledger}:${at}`);
  return [
    subject === undefined ? 'no subject is known by that identifier' : `subject ${subject}`,
    `as of ${timeText(asOf)}, as known at ${known.join(',')}`,
    ...answers.flatMap(answerLines),
    ...causes.flatMap(causeLines),
    ...history.map(
      ({ ledger, position: at, recordedAt, type, cause }) =>
        `${recordedAt}  ${ledger}/${at}  ${type}${cause === undefined ? '' : `  ${cause}`}`,
    ),
  ].join('\n');
}

/** Legal times that the source does not state. */
const OBSERVED = { at: ' (observed)', 'on-or-before': ' or before (observed)' };

function causeLines({ ledger, cause, list, origin, inForce, segments, measures }: RecordCause) {
  return [
    `cause ${ledger} ${cause} on ${list}, ${origin}, ${inForce ? 'in force' : 'not in force'}`,
    ...segments.map(({ from, until, basis, fromObserved, untilObserved }) => {
      const begins = `${timeText(from)}${fromObserved ? OBSERVED[fromObserved] : ''}`;
      const ends = until ? `${timeText(until)}${untilObserved ? ' (observed)' : ''}` : 'open';
      return `  ${begins} – ${ends}  ${basis}`;
    }),
    ...measures.map(
      ({ measure, effect, implementer, legalBasis }) =>
        `  ${effect} ${measure} by ${implementer}; ${legalBasis}`,
    ),
  ];
}

/** @returns a legal time as given */
export function timeText(time: LegalTime): string {
  return 'instant' in time ? time.instant : `${time.date} (${time.zone})`;
}

/** The root of the state, and under it where each ledger stands. */
export function rootText({ root, foldVersion, buckets }: RootResponse): string {
  const folded = new Map<string, number>();
  for (const { position } of buckets) {
    for (const [ledger, at] of Object.entries(position)) {
      folded.set(ledger, Math.max(folded.get(ledger) ?? -1, at));
    }
  }
  const at = [...folded].map(([ledger, position]) => `${ledger}:${position}`).join(',');
  return `${root}\nfold version ${foldVersion}, newest facts folded ${at}`;
}
