import type { Fact, LedgerName, LegalTime } from '@writ/contracts';
import type { CauseFact } from './cause/cause.js';
import type { Trigger } from './cause/decide-measures.js';
import type { ReferenceFact } from './memorandum/reference.js';

/** Made-up facts for the specs of this service; ids are random-looking and belong to nobody. */
export const SUBJECT = '5f'.repeat(16);
export const COURT_LISTING = `${'c1'.repeat(16)}-1`;
export const FEED_LISTING = 'f1'.repeat(16);
export const COURT_LIST = 'xx.court.defaulters';
export const FEED_LIST = 'xx.agency.sanctions';
export const IMPLEMENTER = 'xx.railway';

export const trigger: Trigger = {
  causedBy: { ledger: 'court', position: 7 },
  correlation: 'ab'.repeat(16),
};

export type Row = Extract<
  ReferenceFact,
  { type: 'regulatory.memorandum-recorded.v1' }
>['data']['rows'][number];

export const row = (change: Partial<Row> = {}): Row => ({
  row: 'r1',
  list: COURT_LIST,
  effect: 'restriction',
  measure: 'travel.air',
  implementer: IMPLEMENTER,
  legalBasis: 'Memorandum, article 1',
  admits: 'decided',
  ...change,
});

function factAt<T extends Fact['type'], D>(
  ledger: LedgerName,
  position: number,
  type: T,
  data: D,
): Fact<T, D> {
  return {
    leafVersion: 1,
    ledger,
    epoch: 1,
    position,
    stream: 'made-up',
    version: 1,
    type,
    authority: 'xx.authority',
    authoritySeq: position + 1,
    actor: { kind: 'system', id: 'xx.clerk', verified: false },
    source: { kind: 'api' },
    rules: { pack: 'xx', version: 1 },
    recordedAt: '2026-01-05T00:00:00.000Z',
    correlation: 'ab'.repeat(16),
    data,
  };
}

const from = { date: '2026-01-05', zone: 'Asia/Shanghai' };

export const listed = (
  position: number,
  change: { listing?: string; list?: string; subject?: string; until?: LegalTime } = {},
): CauseFact => {
  const { subject = SUBJECT, ...data } = change;
  return {
    ...factAt('court', position, 'court.subject-listed.v1', {
      listing: COURT_LISTING,
      list: COURT_LIST,
      case: 'c1'.repeat(16),
      obligations: ['0b'.repeat(16)],
      notice: 'd1'.repeat(16),
      ground: 'failure-to-perform',
      effectiveFrom: from,
      ...data,
    }),
    subject,
  };
};

export const delisted = (position: number, listing = COURT_LISTING): CauseFact => ({
  ...factAt('court', position, 'court.subject-delisted.v1', {
    listing,
    list: COURT_LIST,
    reason: 'fulfilled' as const,
    effectiveFrom: from,
  }),
  subject: SUBJECT,
});

export const annulled = (position: number, listing = COURT_LISTING): CauseFact => ({
  ...factAt('court', position, 'court.listing-annulled.v1', {
    listing,
    list: COURT_LIST,
    reason: 'decision-void' as const,
    annulledAt: '2026-02-01T00:00:00Z',
  }),
  subject: SUBJECT,
});

export const retracted = (position: number): CauseFact => ({
  ...factAt('court', position, 'court.listing-retracted.v1', {
    listing: COURT_LISTING,
    list: COURT_LIST,
    reason: 'wrong-subject' as const,
    retractedAt: '2026-02-01T00:00:00Z',
  }),
  subject: SUBJECT,
});

export const corrected = (position: number, until?: LegalTime): CauseFact => ({
  ...factAt('court', position, 'court.listing-corrected.v1', {
    listing: COURT_LISTING,
    list: COURT_LIST,
    ground: 'able-but-refuses',
    effectiveFrom: from,
    ...(until ? { until } : {}),
    correctedAt: '2026-02-01T00:00:00Z',
  }),
  subject: SUBJECT,
});

export const takenIn = (
  position: number,
  change: { listing?: string; until?: typeof from; subject?: string } = {},
): CauseFact => ({
  ...factAt('regulatory', position, 'regulatory.listing-taken-in.v1', {
    listing: change.listing ?? FEED_LISTING,
    list: FEED_LIST,
    snapshot: 's1',
    legalBasis: 'not-stated' as const,
    effectiveFrom: 'not-stated' as const,
    until: change.until ?? ('not-stated' as const),
    observedAt: '2026-01-05T00:00:00Z',
    onOrBefore: false,
    instrument: 'not-stated' as const,
    notice: 'not-stated' as const,
  }),
  subject: change.subject ?? SUBJECT,
});

export const amended = (position: number, until?: typeof from): CauseFact => ({
  ...factAt('regulatory', position, 'regulatory.listing-amended.v1', {
    listing: FEED_LISTING,
    list: FEED_LIST,
    snapshot: 's2',
    nature: 'change' as const,
    legalBasis: 'not-stated' as const,
    effectiveFrom: 'not-stated' as const,
    until: until ?? ('not-stated' as const),
    observedAt: '2026-01-06T00:00:00Z',
  }),
  subject: SUBJECT,
});

export const ended = (position: number, listing = FEED_LISTING): CauseFact => ({
  ...factAt('regulatory', position, 'regulatory.listing-ended.v1', {
    listing,
    list: FEED_LIST,
    snapshot: 's3',
    reason: 'absent-from-snapshot' as const,
    observedAt: '2026-01-07T00:00:00Z',
  }),
  subject: SUBJECT,
});

export const declared = (
  position: number,
  list = COURT_LIST,
  kind: 'restrictive' | 'scrutiny' | 'commendation' = 'restrictive',
): ReferenceFact =>
  factAt('regulatory', position, 'regulatory.list-declared.v1', {
    list,
    kind,
    title: 'A list',
    issuer: 'xx.authority',
    jurisdiction: 'xx',
    coverage: { schemes: ['xx.number'], places: ['xx'], from },
  });

export const memorandum = (
  position: number,
  memorandumVersion: number,
  rows: Row[],
  change: { effectiveFrom?: typeof from; until?: typeof from; memorandum?: string } = {},
): ReferenceFact =>
  factAt('regulatory', position, 'regulatory.memorandum-recorded.v1', {
    memorandum: 'xx.travel',
    memorandumVersion,
    title: 'A memorandum',
    effectiveFrom: { date: `2026-0${memorandumVersion}-01`, zone: 'Asia/Shanghai' },
    rows,
    lists: [...new Set(rows.map(({ list }) => list))],
    ...change,
  });
