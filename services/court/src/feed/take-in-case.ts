import { createHash } from 'node:crypto';
import { record, refuse, type Decision } from '@writ/decider';
import type { SourceCase } from '@writ/feeds';
import { compareMoney, endOnFullPerformance, isZero, remainder, sameCurrency } from '@writ/law';
import type { CaseFile } from '../case/case-file.js';
import type { Obligation } from '../case/case.js';
import {
  caseStream,
  courtFact,
  listingStream,
  nowOf,
  type CourtContext,
  type CourtWrite,
} from '../court-context.js';

/** The copy of a register a case comes from. */
export type CasesCopy = {
  list: string;
  snapshot: string;
  observedAt: string;
  zone: string;
  /** No copy of the register was taken in before. */
  isFirst: boolean;
};

export type TakeInCaseRefusal =
  'owed_amount_has_changed' | 'paid_amount_has_shrunk' | 'currency_has_changed';

/** What another system's row says, and of whom. */
export type CaseRow = { entry: SourceCase; subject: string };

/** @returns the id of a record's case; under the service's key, so that nobody learns the record */
export const caseIdOf = ({ record }: Pick<SourceCase, 'record'>): string => record.slice(0, 32);

/** @returns the reference under which identity keeps the case number */
export const numberRefOf = (caseId: string): string => idOf(caseId, 'number');

const listingIdOf = (caseId: string): string => `${caseId}-1`;

/**
 * One row of a register against the case as it is known: what the row says that the ledger does
 * not. Part payment changes nothing but what is owed; full payment ends the listing; what the
 * source has annulled is void as if never; what never led to a listing is not taken in at all.
 *
 * @returns nothing to record where the row says nothing new
 */
export function takeInCase(
  file: CaseFile,
  row: CaseRow,
  copy: CasesCopy,
  context: CourtContext,
): Decision<CourtWrite, TakeInCaseRefusal> {
  const { entry } = row;
  if (file.case.status === 'unknown') {
    if (entry.standing === 'neverListed') return record();
    const owed = { amount: entry.owed, performed: { ...entry.owed, amount: '0' } };
    return record(
      opened(row, copy, context),
      listed(row, copy, context),
      ...paid({ ...owed, fulfilled: false }, row, copy, context),
      ...ended(row, copy, context, { isFulfilled: false }),
    );
  }
  const [obligation] = file.case.obligations.values();
  if (obligation?.amount === undefined || obligation.performed === undefined) {
    throw new Error('a case taken in has one obligation, to pay');
  }
  const { amount, performed } = obligation;
  if (!sameCurrency(entry.owed, amount)) return refuse('currency_has_changed');
  if (compareMoney(entry.owed, amount) !== 0) return refuse('owed_amount_has_changed');
  const total = entry.paid?.amount ?? { ...amount, amount: '0' };
  if (total !== 'not-stated' && !obligation.fulfilled && compareMoney(total, performed) < 0) {
    return refuse('paid_amount_has_shrunk');
  }
  const payments = paid({ ...obligation, amount, performed }, row, copy, context);
  const [listing] = file.listings;
  const isVoid = listing?.status === 'annulled' || listing?.status === 'retracted';
  if (isVoid) return record(...payments);
  const isFulfilled = listing?.status !== 'listed';
  return record(...payments, ...ended(row, copy, context, { isFulfilled }));
}

function opened({ entry, subject }: CaseRow, copy: CasesCopy, context: CourtContext): CourtWrite {
  const { list, snapshot, observedAt } = copy;
  const id = caseIdOf(entry);
  const event = courtFact(context, 'court.case-taken-in.v1', subject, {
    case: id,
    list,
    snapshot,
    caseNumberRef: numberRefOf(id),
    obligation: idOf(id, 'obligation'),
    amount: entry.owed,
    openedOn: entry.openedOn,
    observedAt,
    instrument: 'not-stated',
    notice: 'not-stated',
  });
  return { stream: caseStream(id), event };
}

function listed({ entry, subject }: CaseRow, copy: CasesCopy, context: CourtContext): CourtWrite {
  const { list, snapshot, observedAt, isFirst } = copy;
  const id = caseIdOf(entry);
  const { legalBasis, effectiveFrom } = entry.terms;
  const event = courtFact(context, 'court.listing-taken-in.v1', subject, {
    listing: listingIdOf(id),
    list,
    snapshot,
    case: id,
    obligations: [idOf(id, 'obligation')],
    legalBasis,
    effectiveFrom,
    observedAt,
    onOrBefore: isFirst && effectiveFrom === 'not-stated',
    instrument: 'not-stated',
    notice: 'not-stated',
  });
  return { stream: listingStream(listingIdOf(id)), event };
}

type Owed = Required<Pick<Obligation, 'amount' | 'performed' | 'fulfilled'>>;

/** What was paid since it was last looked at, and whether that was the rest of it. */
function paid(
  { performed, fulfilled }: Owed,
  { entry, subject }: CaseRow,
  { snapshot, observedAt }: CasesCopy,
  context: CourtContext,
): CourtWrite[] {
  const { paid: payment } = entry;
  if (!payment) return [];
  const id = caseIdOf(entry);
  const stream = caseStream(id);
  const amount =
    payment.amount === 'not-stated' ? payment.amount : remainder(payment.amount, performed);
  const isNew = amount === 'not-stated' ? !fulfilled : !isZero(amount);
  const performance = idOf(id, 'performance', performed.amount);
  const about = { case: id, obligation: idOf(id, 'obligation'), performance };
  const writes: CourtWrite[] = [];
  if (isNew) {
    const { on: performedOn, dated } = payment;
    const data = { ...about, amount, performedOn, dated, snapshot, observedAt };
    const event = courtFact(context, 'court.performance-taken-in.v1', subject, data);
    writes.push({ stream, event });
  }
  if (entry.fulfilled && !fulfilled) {
    const event = courtFact(context, 'court.obligation-fulfilled.v1', subject, about);
    writes.push({ stream, event });
  }
  return writes;
}

/** The end of the listing, if the row says one: void, or paid as the list's law ends it. */
function ended(
  { entry, subject }: CaseRow,
  { list, zone, observedAt }: CasesCopy,
  context: CourtContext,
  { isFulfilled }: { isFulfilled: boolean },
): CourtWrite[] {
  const listing = listingIdOf(caseIdOf(entry));
  const stream = listingStream(listing);
  if (entry.standing !== 'listed') {
    const data = { listing, list, reason: 'instrument-quashed', annulledAt: observedAt } as const;
    return [{ stream, event: courtFact(context, 'court.listing-annulled.v1', subject, data) }];
  }
  if (isFulfilled || !entry.fulfilled || !entry.paid) return [];
  const reason = endOnFullPerformance(context.law, list, nowOf(context));
  if (reason === undefined) return [];
  const effectiveFrom = { date: entry.paid.on, zone };
  const data = { listing, list, reason, effectiveFrom };
  return [{ stream, event: courtFact(context, 'court.subject-delisted.v1', subject, data) }];
}

function idOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
