import type { CourtFact, LegalTime, Money } from '@writ/contracts';
import { refuse, type Refusal } from '@writ/decider';
import { addMoney, compareMoney, noMoney, remainder } from '@writ/law';
import type { CourtContext } from '../court-context.js';

type Data<T extends CourtFact['type']> = Extract<CourtFact, { type: T }>['data'];

/** What one subject owes in a case, and how much of it is performed. */
export type Obligation = {
  id: string;
  subject: string;
  kind: Data<'court.obligation-established.v1'>['kind'];
  /** Stated for `pay` only. */
  amount?: Money;
  due?: LegalTime;
  /** Shared by co-debtors: what one performs, all have performed. */
  jointWith?: string;
  /** Paid so far; for other kinds than `pay` absent. */
  performed?: Money;
  performances: readonly Performance[];
  fulfilled: boolean;
  /** The newest day on which a performance of it was reversed. */
  reversedOn?: string;
};

/** One performance, and how much of it was reversed since (other kinds than `pay`: all of it). */
export type Performance = {
  id: string;
  amount?: Money;
  performedOn: string;
  reversed?: Money | 'whole';
};

export type Notice = {
  id: string;
  subject: string;
  kind: Data<'court.notice-served.v1'>['kind'];
  servedOn: string;
};

/** A case as its stream tells it. */
export type Case =
  | { status: 'unknown' }
  | {
      status: 'open';
      id: string;
      authority: string;
      /** Absent where another system's register, taken in, does not state it. */
      instrument?: Pick<Data<'court.case-opened.v1'>['instrument'], 'kind' | 'effectiveOn'>;
      obligations: ReadonlyMap<string, Obligation>;
      notices: ReadonlyMap<string, Notice>;
    };
export type OpenCase = Extract<Case, { status: 'open' }>;

export const unknownCase: Case = { status: 'unknown' };

/** The facts of a case's own stream. */
export type CaseFact = Extract<
  CourtFact,
  {
    type:
      | 'court.case-opened.v1'
      | 'court.case-taken-in.v1'
      | 'court.performance-taken-in.v1'
      | 'court.obligation-established.v1'
      | 'court.notice-served.v1'
      | 'court.performance-recorded.v1'
      | 'court.performance-reversed.v1'
      | 'court.obligation-corrected.v1'
      | 'court.obligation-fulfilled.v1';
  }
>;

/** @returns the case after one more of its facts */
export function evolveCase(state: Case, fact: CaseFact): Case {
  if (fact.type === 'court.case-opened.v1') {
    const { case: id, instrument } = fact.data;
    const { kind, effectiveOn } = instrument;
    const { authority } = fact;
    const [obligations, notices] = [new Map(), new Map()];
    return {
      status: 'open',
      id,
      authority,
      instrument: { kind, effectiveOn },
      obligations,
      notices,
    };
  }
  if (fact.type === 'court.case-taken-in.v1') return takenIn(fact);
  if (state.status === 'unknown') throw new Error('a case begins by being opened');
  switch (fact.type) {
    case 'court.obligation-established.v1':
      return withObligation(state, established(fact));
    case 'court.notice-served.v1': {
      const { notice: id, kind, servedOn } = fact.data;
      const notice = { id, subject: subjectOf(fact), kind, servedOn };
      return { ...state, notices: new Map(state.notices).set(id, notice) };
    }
    case 'court.performance-recorded.v1': {
      const { obligation: id, performance, amount, performedOn } = fact.data;
      return withPerformance(state, id, { id: performance, amount, performedOn });
    }
    case 'court.performance-taken-in.v1': {
      const { obligation: id, performance, amount: stated, performedOn } = fact.data;
      const amount = stated === 'not-stated' ? undefined : stated;
      return withPerformance(state, id, { id: performance, amount, performedOn });
    }
    case 'court.performance-reversed.v1':
      return withObligation(state, reversed(obligationOf(state, fact.data.obligation), fact.data));
    case 'court.obligation-corrected.v1': {
      const { obligation: id, amount } = fact.data;
      return withObligation(state, { ...obligationOf(state, id), amount });
    }
    case 'court.obligation-fulfilled.v1': {
      const obligation = obligationOf(state, fact.data.obligation);
      return withObligation(state, { ...obligation, fulfilled: true });
    }
    default:
      throw new Error(`no fact of a case: ${(fact satisfies never as CourtFact).type}`);
  }
}

export type CaseRefusal = 'unknown_case' | 'case_belongs_to_another_authority';

/** A case an authority may act on: there is one, and this court opened it; else why not. */
export function inHand(
  state: Case,
  { envelope }: Pick<CourtContext, 'envelope'>,
  field: string,
): { kind: 'open'; case: OpenCase } | { kind: 'refuse'; refusal: Refusal<CaseRefusal> } {
  if (state.status === 'unknown') return refuse('unknown_case', field);
  if (state.authority !== envelope.authority) {
    return refuse('case_belongs_to_another_authority', field);
  }
  return { kind: 'open', case: state };
}

/** @returns whether a performance of so much (absent: the whole of it) leaves nothing owed */
export function isFulfilledBy(obligation: Obligation, amount: Money | undefined): boolean {
  const { amount: owed, performed } = obligation;
  if (owed === undefined || performed === undefined || amount === undefined) return true;
  return compareMoney(addMoney(performed, amount), owed) >= 0;
}

/** @returns the obligation and those of its co-debtors, in the order they were established */
export function jointObligations(open: OpenCase, { id, jointWith }: Obligation): Obligation[] {
  return [...open.obligations.values()].filter(
    (other) => other.id === id || (jointWith !== undefined && other.jointWith === jointWith),
  );
}

function established(
  fact: Extract<CaseFact, { type: 'court.obligation-established.v1' }>,
): Obligation {
  const { obligation: id, kind, amount, due, jointWith } = fact.data;
  return {
    id,
    subject: subjectOf(fact),
    kind,
    ...(amount === undefined ? {} : { amount, performed: noMoney(amount.currency) }),
    ...(due === undefined ? {} : { due }),
    ...(jointWith === undefined ? {} : { jointWith }),
    performances: [],
    fulfilled: false,
  };
}

/** A case of another system's register: one debtor, who owes money; nothing else is stated. */
function takenIn(fact: Extract<CaseFact, { type: 'court.case-taken-in.v1' }>): OpenCase {
  const { case: id, obligation, amount } = fact.data;
  const owed: Obligation = {
    id: obligation,
    subject: subjectOf(fact),
    kind: 'pay',
    amount,
    performed: noMoney(amount.currency),
    performances: [],
    fulfilled: false,
  };
  const { authority } = fact;
  const [obligations, notices] = [new Map([[obligation, owed]]), new Map()];
  return { status: 'open', id, authority, obligations, notices };
}

function withPerformance(
  open: OpenCase,
  id: string,
  { amount, ...performance }: { id: string; amount: Money | undefined; performedOn: string },
): OpenCase {
  const obligation = obligationOf(open, id);
  const { performed } = obligation;
  const performances = [
    ...obligation.performances,
    amount === undefined ? performance : { ...performance, amount },
  ];
  const sum = amount && performed ? { performed: addMoney(performed, amount) } : {};
  return withObligation(open, { ...obligation, ...sum, performances });
}

/** Less is performed than was; what is short again is no longer fulfilled. */
function reversed(
  obligation: Obligation,
  { performance, amount, reversedOn }: Data<'court.performance-reversed.v1'>,
): Obligation {
  const performances = obligation.performances.map((one) => {
    if (one.id !== performance) return one;
    if (amount === undefined) return { ...one, reversed: 'whole' as const };
    const before = typeof one.reversed === 'object' ? one.reversed : noMoney(amount.currency);
    return { ...one, reversed: addMoney(before, amount) };
  });
  const { performed, amount: owed } = obligation;
  const left = performed && amount ? { performed: remainder(performed, amount) } : {};
  const covers = owed && left.performed ? compareMoney(left.performed, owed) >= 0 : false;
  const fulfilled = obligation.fulfilled && covers;
  const last = obligation.reversedOn ?? reversedOn;
  const newest = last > reversedOn ? last : reversedOn;
  return { ...obligation, ...left, performances, fulfilled, reversedOn: newest };
}

function withObligation(open: OpenCase, obligation: Obligation): OpenCase {
  return { ...open, obligations: new Map(open.obligations).set(obligation.id, obligation) };
}

function obligationOf(open: OpenCase, id: string): Obligation {
  const obligation = open.obligations.get(id);
  if (!obligation) throw new Error('a fact names an obligation its case does not have');
  return obligation;
}

function subjectOf({ subject }: CaseFact): string {
  if (subject === undefined) throw new Error('a fact about a subject names none');
  return subject;
}
