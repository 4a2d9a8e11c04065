import type { TObject } from '@sinclair/typebox';
import { envelopeSchema, type LedgerName } from './envelope.js';
import * as court from './facts/court.js';
import * as enforcement from './facts/enforcement.js';
import * as regulatory from './facts/regulatory.js';

/** One line per fact: who records it, whether it concerns a subject, what it says. */
export type CatalogueLine = {
  ledger: LedgerName;
  subject: 'required' | 'absent';
  summary: string;
  schema: TObject;
};

function line<T extends string>(
  type: T,
  subject: CatalogueLine['subject'],
  data: TObject,
  summary: string,
): Record<T, CatalogueLine> {
  const ledger = type.split('.')[0] as LedgerName;
  const entry = { ledger, subject, summary, schema: envelopeSchema(type, subject, data) };
  return { [type]: entry } as unknown as Record<T, CatalogueLine>;
}

/** Every fact Writ knows, every version of it. Readers accept all; only the newest is written. */
export const CATALOGUE = {
  ...line('court.subject-listed.v1', 'required', court.SubjectListed, 'A court listed a subject.'),
  ...line(
    'court.obligation-fulfilled.v1',
    'required',
    court.ObligationFulfilled,
    'What was owed has been performed in full.',
  ),
  ...line(
    'court.subject-delisted.v1',
    'required',
    court.SubjectDelisted,
    'A listing ended, from now on.',
  ),
  ...line('court.listing-annulled.v1', 'required', court.ListingAnnulled, 'A listing never was.'),
  ...line(
    'court.case-opened.v1',
    'absent',
    court.CaseOpened,
    'A court opened an enforcement case.',
  ),
  ...line(
    'court.obligation-established.v1',
    'required',
    court.ObligationEstablished,
    'An instrument obliges a subject.',
  ),
  ...line('court.notice-served.v1', 'required', court.NoticeServed, 'Notice reached the subject.'),
  ...line(
    'court.performance-recorded.v1',
    'required',
    court.PerformanceRecorded,
    'An obligation was performed, in part or in full.',
  ),
  ...line(
    'court.listing-corrected.v1',
    'required',
    court.ListingCorrected,
    'What a listing should have said from the start.',
  ),
  ...line(
    'court.listing-retracted.v1',
    'required',
    court.ListingRetracted,
    'A listing was recorded by mistake and never was.',
  ),
  ...line(
    'court.obligation-corrected.v1',
    'required',
    court.ObligationCorrected,
    'What was owed from the start.',
  ),
  ...line(
    'court.performance-reversed.v1',
    'required',
    court.PerformanceReversed,
    'A performance did not last; what it ended stays ended.',
  ),
  ...line(
    'court.case-taken-in.v1',
    'required',
    court.CaseTakenIn,
    'Another system has a case against a subject; taken in as stated.',
  ),
  ...line(
    'court.listing-taken-in.v1',
    'required',
    court.ListingTakenIn,
    'That system lists the debtor of such a case.',
  ),
  ...line(
    'court.performance-taken-in.v1',
    'required',
    court.PerformanceTakenIn,
    'What was paid in such a case, dated by the source or by a rule.',
  ),
  ...line(
    'court.cases-taken-in.v1',
    'absent',
    court.CasesTakenIn,
    'A dated copy of a register of cases was taken in whole.',
  ),
  ...line(
    'regulatory.list-declared.v1',
    'absent',
    regulatory.ListDeclared,
    'A list, its kind and what it covers.',
  ),
  ...line(
    'regulatory.memorandum-recorded.v1',
    'absent',
    regulatory.MemorandumRecorded,
    'A version of a memorandum: which measures follow from which lists.',
  ),
  ...line(
    'regulatory.listing-taken-in.v1',
    'required',
    regulatory.ListingTakenIn,
    'Another system lists a subject; taken in as stated.',
  ),
  ...line(
    'regulatory.listing-amended.v1',
    'required',
    regulatory.ListingAmended,
    'The source changed or corrected an entry.',
  ),
  ...line(
    'regulatory.listing-ended.v1',
    'required',
    regulatory.ListingEnded,
    'The source no longer lists the entry.',
  ),
  ...line(
    'regulatory.snapshot-taken-in.v1',
    'absent',
    regulatory.SnapshotTakenIn,
    'A dated copy of a list was taken in whole.',
  ),
  ...line(
    'enforcement.measures-decided.v1',
    'required',
    enforcement.MeasuresDecided,
    'The complete measures that follow from one cause.',
  ),
  ...line(
    'enforcement.measure-acknowledged.v1',
    'required',
    enforcement.MeasureAcknowledged,
    'An implementer applied, did not apply, or lifted a measure.',
  ),
} satisfies Record<string, CatalogueLine>;

export type FactType = keyof typeof CATALOGUE;

/** @returns whether this build understands facts of that type and version */
export function isKnownFactType(type: string): type is FactType {
  return Object.hasOwn(CATALOGUE, type);
}
