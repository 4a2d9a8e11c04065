import { bucketOf, type LedgerName, type NewFact } from '@writ/contracts';
import { CANONICAL_BYTES_MAX, canonicalText } from './canonical.js';
import { LedgerInputError } from './ledger-error.js';

/**
 * The canonical text of a fact but for what only the sequencer knows. RFC 8785 sorts the members,
 * so the unknown ones stand at fixed places between known pieces, and the text of a fact is put
 * together without being serialised again.
 */
export type FactTemplate = {
  stream: string;
  authority: string;
  bucket: number;
  type: string;
  subject: string | undefined;
  beforeAuthoritySeq: string;
  beforeEpoch: string;
  beforePosition: string;
  beforeVersion: string;
};

/** What the sequencer adds. */
export type Placement = {
  epoch: number;
  position: number;
  version: number;
  authoritySeq: number;
  /** ISO 8601, UTC, milliseconds. */
  recordedAt: string;
};

const BEFORE_RECORDED_AT = ',"recordedAt":"';
/** Four numbers of up to 16 digits, a time, its name and the last brace. */
const PLACEMENT_BYTES_MAX = 4 * 16 + 24 + BEFORE_RECORDED_AT.length + 1;

/**
 * @param fact already valid against its schema
 * @throws LedgerInputError as `canonicalText`, and `event_is_too_large`
 */
export function templateOf(ledger: LedgerName, stream: string, fact: NewFact): FactTemplate {
  const part = (name: string, value: unknown) =>
    value === undefined ? '' : `,"${name}":${canonicalText(value, `/${name}`)}`;
  const template: FactTemplate = {
    stream,
    authority: fact.authority,
    bucket: bucketOf(fact.subject),
    type: fact.type,
    subject: fact.subject,
    beforeAuthoritySeq:
      `{${part('actor', fact.actor).slice(1)}${part('authority', fact.authority)}` +
      ',"authoritySeq":',
    beforeEpoch:
      part('causedBy', fact.causedBy) +
      part('correlation', fact.correlation) +
      `${part('data', fact.data)},"epoch":`,
    beforePosition:
      `,"leafVersion":1,"ledger":"${ledger}"` +
      `${part('occurredAt', fact.occurredAt)},"position":`,
    beforeVersion:
      `"${part('rules', fact.rules)}${part('source', fact.source)}${part('stream', stream)}` +
      `${part('subject', fact.subject)}${part('type', fact.type)},"version":`,
  };
  refuseTooLarge(template);
  return template;
}

function refuseTooLarge(template: FactTemplate): void {
  const { beforeAuthoritySeq, beforeEpoch, beforePosition, beforeVersion } = template;
  const known = beforeAuthoritySeq + beforeEpoch + beforePosition + beforeVersion;
  // A UTF-16 code unit is at most three bytes: only a long text needs to be measured.
  if (known.length * 3 + PLACEMENT_BYTES_MAX <= CANONICAL_BYTES_MAX) return;
  if (Buffer.byteLength(known) + PLACEMENT_BYTES_MAX > CANONICAL_BYTES_MAX) {
    throw new LedgerInputError('event_is_too_large', '/data');
  }
}

/** @returns the canonical text of the recorded fact: what is hashed, stored and published */
export function canonicalOf(template: FactTemplate, at: Placement): string {
  return (
    template.beforeAuthoritySeq +
    at.authoritySeq +
    template.beforeEpoch +
    at.epoch +
    template.beforePosition +
    at.position +
    BEFORE_RECORDED_AT +
    at.recordedAt +
    template.beforeVersion +
    at.version +
    '}'
  );
}

const TYPE = '"type":"';
const SUBJECT = '"subject":"';
const SUBJECT_DIGITS = 32;

/**
 * Type and subject of a recorded fact without parsing it. After `source` the members of the
 * envelope are stream, subject, type, version, and none of their values holds a quotation mark:
 * the last `"type":"` is the envelope's.
 */
export function typeAndSubject(canonical: string): { type: string; subject?: string } {
  const typeAt = canonical.lastIndexOf(TYPE) + TYPE.length;
  const type = canonical.slice(typeAt, canonical.indexOf('"', typeAt));
  const subjectEnd = typeAt - TYPE.length - 2;
  const subjectAt = subjectEnd - SUBJECT_DIGITS;
  if (!canonical.startsWith(SUBJECT, subjectAt - SUBJECT.length)) return { type };
  return { type, subject: canonical.slice(subjectAt, subjectEnd) };
}

/** @returns `recordedAt` of a recorded fact, without parsing it; same reasoning */
export function recordedAtOf(canonical: string): string {
  const name = BEFORE_RECORDED_AT.slice(1);
  const at = canonical.lastIndexOf(name) + name.length;
  return canonical.slice(at, canonical.indexOf('"', at));
}
