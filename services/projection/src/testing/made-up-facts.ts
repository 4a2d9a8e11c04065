import type { LedgerName, LegalTime, NewFact, StatedTime } from '@writ/contracts';

/** Facts of a made-up world, for specs. Ids are counted, not random; nobody is meant. */
export type MadeUpFact = Pick<NewFact, 'type' | 'subject' | 'data'> & { authority?: string };

/** @returns a 32-digit id that says what it is for */
export function idOf(kind: string, number: number): string {
  const digits = [...kind].reduce((sum, letter) => sum * 31n + BigInt(letter.charCodeAt(0)), 7n);
  const head = (digits % 0xffffffffffn).toString(16).padStart(10, '0');
  return `${(number % 256).toString(16).padStart(2, '0')}${head}${number.toString(16).padStart(20, '0')}`;
}

export const AIR = 'travel.air';
export const COURT_LIST = 'cn.court.defaulters';
export const FEED_LIST = 'us.example.sdn';
export const LONG_AGO: LegalTime = { instant: '2020-01-01T00:00:00Z' };
const DAY: LegalTime = { instant: '2026-03-02T08:00:00Z' };

export function listDeclared(
  list = COURT_LIST,
  kind: 'restrictive' | 'scrutiny' | 'commendation' = 'restrictive',
): MadeUpFact {
  const coverage = { schemes: ['cn.uscc', 'us.ofac-ent'], places: ['cn'], from: LONG_AGO };
  return {
    type: 'regulatory.list-declared.v1',
    authority: 'regulator.test',
    data: { list, kind, title: 'A list', issuer: 'court.test', jurisdiction: 'cn', coverage },
  };
}

export function memorandum(version = 1, measures = [AIR], list = COURT_LIST): MadeUpFact {
  return {
    type: 'regulatory.memorandum-recorded.v1',
    authority: 'regulator.test',
    data: {
      memorandum: 'mou-1',
      memorandumVersion: version,
      title: 'Who does what',
      effectiveFrom: LONG_AGO,
      rows: measures.map((measure, index) => ({
        row: `row-${index + 1}`,
        list,
        effect: 'restriction',
        measure,
        implementer: 'airline.test',
        legalBasis: 'Art. 3',
        admits: 'taken-in',
      })),
      lists: [list],
    },
  };
}

export function subjectListed(
  subject: string,
  listing: string,
  more: Partial<{ effectiveFrom: LegalTime; until: LegalTime; list: string }> = {},
): MadeUpFact {
  return {
    type: 'court.subject-listed.v1',
    subject,
    data: {
      listing,
      list: COURT_LIST,
      case: idOf('case', 1),
      obligations: [idOf('obligation', 1)],
      notice: idOf('notice', 1),
      ground: 'able-but-refuses',
      effectiveFrom: DAY,
      ...more,
    },
  };
}

export function subjectDelisted(
  subject: string,
  listing: string,
  effectiveFrom: LegalTime = DAY,
): MadeUpFact {
  return {
    type: 'court.subject-delisted.v1',
    subject,
    data: { listing, list: COURT_LIST, reason: 'fulfilled', effectiveFrom },
  };
}

export function listingAnnulled(subject: string, listing: string): MadeUpFact {
  return {
    type: 'court.listing-annulled.v1',
    subject,
    data: {
      listing,
      list: COURT_LIST,
      reason: 'decision-void',
      annulledAt: '2026-03-02T09:00:00Z',
    },
  };
}

export function obligationEstablished(subject: string, obligation: string): MadeUpFact {
  const amount = { amount: '100.00', currency: 'CNY' };
  return {
    type: 'court.obligation-established.v1',
    subject,
    data: { case: idOf('case', 1), obligation, kind: 'pay', amount },
  };
}

export function performanceRecorded(
  subject: string,
  obligation: string,
  amount: string,
): MadeUpFact {
  return {
    type: 'court.performance-recorded.v1',
    subject,
    data: {
      case: idOf('case', 1),
      obligation,
      performance: idOf('performance', 1),
      amount: { amount, currency: 'CNY' },
      performedOn: '2026-03-02',
    },
  };
}

type Stated = { effectiveFrom: StatedTime; until: StatedTime; legalBasis: string };
const NOTHING_STATED: Stated = {
  effectiveFrom: 'not-stated',
  until: 'not-stated',
  legalBasis: 'Programme A',
};

export function listingTakenIn(
  subject: string,
  listing: string,
  observedAt: string,
  more: Partial<Stated & { onOrBefore: boolean; list: string }> = {},
): MadeUpFact {
  const marks = { onOrBefore: false, instrument: 'not-stated', notice: 'not-stated' };
  return {
    type: 'regulatory.listing-taken-in.v1',
    authority: 'regulator.test',
    subject,
    data: {
      listing,
      list: FEED_LIST,
      snapshot: 's-1',
      observedAt,
      ...NOTHING_STATED,
      ...marks,
      ...more,
    },
  };
}

export function listingAmended(
  subject: string,
  listing: string,
  observedAt: string,
  nature: 'change' | 'correction',
  more: Partial<Stated> = {},
): MadeUpFact {
  return {
    type: 'regulatory.listing-amended.v1',
    authority: 'regulator.test',
    subject,
    data: {
      listing,
      list: FEED_LIST,
      snapshot: 's-2',
      nature,
      observedAt,
      ...NOTHING_STATED,
      ...more,
    },
  };
}

export function listingEnded(subject: string, listing: string, observedAt: string): MadeUpFact {
  return {
    type: 'regulatory.listing-ended.v1',
    authority: 'regulator.test',
    subject,
    data: { listing, list: FEED_LIST, snapshot: 's-3', reason: 'delisted-by-source', observedAt },
  };
}

export function measuresDecided(
  subject: string,
  cause: { ledger: LedgerName; id: string },
  basedOn: { cause: number; reference?: number },
  codes: readonly string[] = [AIR],
): MadeUpFact {
  return {
    type: 'enforcement.measures-decided.v1',
    authority: 'writ.enforcement',
    subject,
    data: {
      cause,
      list: cause.ledger === 'court' ? COURT_LIST : FEED_LIST,
      basedOn,
      measures: codes.map((code) => ({
        measure: 'a'.repeat(64),
        code,
        effect: 'restriction',
        implementer: 'airline.test',
        memorandum: 'mou-1',
        memorandumVersion: 1,
        row: 'row-1',
        legalBasis: 'Art. 3',
        from: LONG_AGO,
      })),
    },
  };
}
