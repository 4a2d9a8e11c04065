import type { NewFact } from '@writ/contracts';
import type { FactCommand } from '@writ/ledger';

/** Ids of nobody: 32 hex digits that follow from a kind and a number, spread over all buckets. */
export function benchId(kind: string, n: number): string {
  let seed = 7;
  for (let at = 0; at < kind.length; at++) seed = Math.imul(seed, 31) + kind.charCodeAt(at);
  let id = '';
  // Cheap on purpose: what makes the load must not be what is measured.
  for (let part = 1; part <= 4; part++) {
    id += mixed(n ^ Math.imul(seed, part))
      .toString(16)
      .padStart(8, '0');
  }
  return id;
}

/** Murmur's finaliser: a permutation of 32 bits, so that equal parts have equal numbers. */
function mixed(n: number): number {
  let h = Math.imul(n ^ (n >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const ENVELOPE = {
  actor: { kind: 'system', id: 'bench.import-of-made-up-cases', verified: false },
  source: { kind: 'api' },
  rules: { pack: 'bench', version: 1 },
} as const;
const LIST = 'bench.defaulters';
const FEED = 'bench.feed';
const FROM = { date: '2026-03-02', zone: 'Asia/Shanghai' };

/** A court fact about a subject, about 600 bytes as recorded. */
export function noticeServed(n: number): NewFact {
  return {
    ...ENVELOPE,
    type: 'court.notice-served.v1',
    authority: 'bench.court',
    subject: benchId('subject', n),
    occurredAt: '2026-03-02T08:00:00Z',
    correlation: benchId('correlation', n),
    data: {
      case: benchId('case', n),
      notice: benchId('notice', n),
      kind: 'enforcement-notice',
      method: 'post',
      servedOn: '2026-03-02',
    },
  };
}

/** Made once: what makes the load must not be what is measured. */
const NOTICES = Array.from({ length: 4_096 }, (_, n) => ({
  event: noticeServed(n),
  fingerprint: benchId('fingerprint', n) + benchId('body', n),
}));

function noticeOf(n: number): (typeof NOTICES)[number] {
  const notice = NOTICES[n % NOTICES.length];
  if (!notice) throw new RangeError('n is negative');
  return notice;
}

/** One of 4,096 facts, spread over all buckets. */
export function preparedNotice(n: number): NewFact {
  return noticeOf(n).event;
}

/** A command of one such event for a stream nobody has written to, under a key of its own. */
export function newStreamCommand(n: number, run: string): FactCommand {
  const stream = `case-${run}-${n}`;
  const { event, fingerprint } = noticeOf(n);
  return {
    key: `bench.court/system:bench/${run}-${n}`,
    fingerprint,
    expect: [{ stream, version: 0 }],
    write: [{ stream, event }],
  };
}

export function listingOf(n: number): string {
  return `${benchId('case', n)}-1`;
}

export function subjectListed(n: number): NewFact {
  return {
    ...ENVELOPE,
    type: 'court.subject-listed.v1',
    authority: 'bench.court',
    subject: benchId('subject', n),
    correlation: benchId('correlation', n),
    data: {
      listing: listingOf(n),
      list: LIST,
      case: benchId('case', n),
      obligations: [benchId('obligation', n)],
      notice: benchId('notice', n),
      ground: 'able-but-refuses',
      effectiveFrom: FROM,
    },
  };
}

export function subjectDelisted(n: number): NewFact {
  return {
    ...ENVELOPE,
    type: 'court.subject-delisted.v1',
    authority: 'bench.court',
    subject: benchId('subject', n),
    correlation: benchId('delisting', n),
    data: {
      listing: listingOf(n),
      list: LIST,
      reason: 'fulfilled',
      effectiveFrom: { instant: '2026-04-01T00:00:00Z' },
    },
  };
}

export function listingTakenIn(n: number): NewFact {
  return {
    ...ENVELOPE,
    source: { kind: 'feed', digest: benchId('feed', 1) + benchId('feed', 2), row: n },
    type: 'regulatory.listing-taken-in.v1',
    authority: 'bench.regulator',
    subject: benchId('subject', n),
    correlation: benchId('correlation', n),
    data: {
      listing: benchId('entry', n),
      list: FEED,
      snapshot: '2026-03-02',
      legalBasis: 'Made-up act, art. 2',
      effectiveFrom: FROM,
      until: 'not-stated',
      observedAt: '2026-03-02T00:00:00Z',
      onOrBefore: false,
      instrument: 'not-stated',
      notice: 'not-stated',
    },
  };
}

export function listingAmended(n: number): NewFact {
  return {
    ...ENVELOPE,
    source: { kind: 'feed', digest: benchId('feed', 3) + benchId('feed', 4), row: n },
    type: 'regulatory.listing-amended.v1',
    authority: 'bench.regulator',
    subject: benchId('subject', n),
    correlation: benchId('amendment', n),
    data: {
      listing: benchId('entry', n),
      list: FEED,
      snapshot: '2026-04-02',
      nature: 'change',
      observedAt: '2026-04-02T00:00:00Z',
      effectiveFrom: FROM,
      until: 'not-stated',
      legalBasis: 'Made-up act, art. 3',
    },
  };
}

/** @param cause position of the listing in the court's ledger */
export function measuresDecided(n: number, cause: number): NewFact {
  return {
    ...ENVELOPE,
    source: { kind: 'system' },
    type: 'enforcement.measures-decided.v1',
    authority: 'writ.enforcement',
    subject: benchId('subject', n),
    correlation: benchId('correlation', n),
    data: {
      cause: { ledger: 'court', id: listingOf(n) },
      list: LIST,
      basedOn: { cause, reference: 0 },
      measures: [
        {
          measure: benchId('measure', n) + benchId('measure-2', n),
          code: 'travel.air',
          effect: 'restriction',
          implementer: 'bench.airline',
          memorandum: 'bench.memorandum',
          memorandumVersion: 1,
          row: 'r1',
          legalBasis: 'Made-up act, art. 1',
          from: FROM,
        },
      ],
    },
  };
}
