import type { CourtFact, LegalTime, NewFact } from '@writ/contracts';
import { localDateAt, rulesOf, type RulePack } from '@writ/law';
import type { StreamWrite } from '@writ/decider';

/** What a decision is told beside its command: who acts, when, where, under which law. */
export type CourtContext = {
  envelope: Pick<NewFact, 'authority' | 'actor' | 'source' | 'correlation'>;
  now: Date;
  /** The court's own zone: what "today" means, and where a notice or payment was dated. */
  zone: string;
  law: RulePack;
};

/** What a court decision proposes: facts and the streams they go to. */
export type CourtWrite = StreamWrite<CourtFact>;

/** @returns the legal time it is */
export function nowOf({ now }: CourtContext): { instant: string } {
  return { instant: now.toISOString() };
}

/** @returns the day it is where the court sits, `YYYY-MM-DD` */
export function todayOf({ now, zone }: CourtContext): string {
  return localDateAt(now.getTime(), zone);
}

/** @returns a local date as the court means it */
export function courtDay(
  date: string,
  { zone }: CourtContext,
): Extract<LegalTime, { date: string }> {
  return { date, zone };
}

type FactOf<T extends CourtFact['type']> = Extract<CourtFact, { type: T }>;

/** @returns a fact about one subject, or about none, in this context */
export function courtFact<T extends CourtFact['type']>(
  context: CourtContext,
  type: T,
  subject: string | undefined,
  data: FactOf<T>['data'],
): FactOf<T> {
  const about = subject === undefined ? {} : { subject };
  return { ...context.envelope, rules: rulesOf(context.law), type, ...about, data } as FactOf<T>;
}

export const caseStream = (caseId: string): string => `case-${caseId}`;
export const listingStream = (listingId: string): string => `listing-${listingId}`;
