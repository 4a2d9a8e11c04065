import { generatedResidentId } from '@writ/identifiers';
import type { Answer } from '@writ/contracts';

/** Ids that belong to nobody: no province has code 99. */
const RESIDENT = 'cn.resident-id';
const AIR = 'travel.air';
const DEFAULTERS = 'cn.spc.judgment-defaulters';
/** Named by a listing, declared by nobody: what it means is not known, so nobody may guess. */
const UNDECLARED = 'zz.demo.not-declared-yet';

/** One test subject, what to expect of it and why. */
export type TestSubject = {
  identifier: { scheme: string; value: string };
  measure: string;
  answer: Answer;
  causes: number;
  why: string;
};

/** What happens to one debtor, in court. */
export type Story = {
  debtor: { scheme: string; value: string };
  /** One case each; listed on that list. */
  lists: string[];
  /** Owed in each case and paid in full afterwards, which ends the listing. */
  paid: boolean;
};

const resident = (n: number) => ({ scheme: RESIDENT, value: generatedResidentId(n) });
const PERSONS = {
  listed: resident(1),
  listedTwice: resident(2),
  lifted: resident(3),
  undetermined: resident(4),
  never: resident(5),
};

export const STORIES: readonly Story[] = [
  { debtor: PERSONS.listed, lists: [DEFAULTERS], paid: false },
  { debtor: PERSONS.listedTwice, lists: [DEFAULTERS, DEFAULTERS], paid: false },
  { debtor: PERSONS.undetermined, lists: [UNDECLARED], paid: false },
  { debtor: PERSONS.lifted, lists: [DEFAULTERS], paid: true },
];

export const TEST_SUBJECTS: readonly TestSubject[] = [
  {
    identifier: PERSONS.listed,
    measure: AIR,
    answer: 'RESTRICTED',
    causes: 1,
    why: 'listed by a court',
  },
  {
    identifier: PERSONS.listedTwice,
    measure: AIR,
    answer: 'RESTRICTED',
    causes: 2,
    why: 'listed in two cases: ending one keeps the other',
  },
  {
    identifier: PERSONS.lifted,
    measure: AIR,
    answer: 'NOT_RESTRICTED',
    causes: 0,
    why: 'was listed, has paid, lifted a minute ago',
  },
  {
    identifier: PERSONS.never,
    measure: AIR,
    answer: 'NOT_RESTRICTED',
    causes: 0,
    why: 'never listed',
  },
  {
    identifier: PERSONS.undetermined,
    measure: AIR,
    answer: 'UNDETERMINED',
    causes: 0,
    why: 'listed on a list that its regulator has not declared yet',
  },
  {
    identifier: { scheme: 'passport.XX', value: 'X0000001' },
    measure: AIR,
    answer: 'NOT_COVERED',
    causes: 0,
    why: 'no list can be searched by such a passport',
  },
];

/**
 * The test subjects as a later start describes them: what was a minute ago is not any more.
 *
 * @param loadedAt an instant; absent where the data is older than this was written down
 */
export function subjectsLater(loadedAt = 'the first start'): readonly TestSubject[] {
  return TEST_SUBJECTS.map((subject) => {
    return { ...subject, why: subject.why.replace('a minute ago', `at ${loadedAt}`) };
  });
}

/** The list the stories need, as `POST /regulatory/v1/lists` takes it. */
export const LIST = {
  list: DEFAULTERS,
  kind: 'restrictive',
  title: 'Judgment defaulters (demonstration)',
  issuer: 'demo.court',
  jurisdiction: 'cn',
  coverage: {
    schemes: [RESIDENT, 'cn.uscc'],
    places: ['cn'],
    from: { date: '2020-01-01', zone: 'Asia/Shanghai' },
  },
};

const RESTRICTIONS = [
  { measure: AIR, implementer: 'demo.airlines' },
  { measure: 'travel.rail.high-speed', implementer: 'demo.railways' },
];

/** What follows from the list, as `POST /regulatory/v1/memoranda` takes it. */
export const MEMORANDUM = {
  memorandum: 'demo.joint-enforcement',
  title: 'Memorandum of the demonstration',
  effectiveFrom: { date: '2020-01-01', zone: 'Asia/Shanghai' },
  rows: RESTRICTIONS.map(({ measure, implementer }) => ({
    row: measure,
    list: DEFAULTERS,
    effect: 'restriction',
    measure,
    implementer,
    legalBasis: 'Demonstration only: no law stands behind this row',
    admits: 'decided',
  })),
};

const AMOUNT = { amount: '1000.00', currency: 'CNY' };
const LONG_AGO = { date: '2026-01-05', zone: 'Asia/Shanghai' };

/** The bodies that the court is sent for one case. */
export const CASE = {
  open: (number: string) => ({
    caseNumber: `demonstration ${number}`,
    instrument: {
      kind: 'judgment',
      number: `demonstration judgment ${number}`,
      issuer: 'demo.court',
      effectiveOn: LONG_AGO,
    },
  }),
  obligation: (debtor: Story['debtor']) => ({
    debtors: [{ identifiers: [debtor] }],
    kind: 'pay',
    amount: AMOUNT,
    due: { date: '2026-02-05', zone: 'Asia/Shanghai' },
  }),
  notice: (debtor: Story['debtor']) => ({
    subject: { identifiers: [debtor] },
    kind: 'enforcement-notice',
    method: 'personal',
    servedOn: '2026-02-10',
  }),
  listing: (
    debtor: Story['debtor'],
    list: string,
    found: { case: string; obligation: string; notice: string; today: string },
  ) => ({
    case: found.case,
    subject: { identifiers: [debtor] },
    list,
    ground: list === DEFAULTERS ? 'cn.spc.g1.able-but-refuses' : 'obligation-unperformed',
    obligations: [found.obligation],
    notice: found.notice,
    effectiveFrom: { date: found.today, zone: 'Asia/Shanghai' },
  }),
  performance: (obligation: string, today: string) => ({
    obligation,
    amount: AMOUNT,
    performedOn: today,
  }),
};
