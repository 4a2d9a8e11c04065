import type { Identifier, StatedTime } from '@writ/contracts';
import { isEmptyInterval, firstDayFree } from '@writ/law';
import { MATCHED_LENGTH_MAX } from './bounded-pattern.js';
import type { FeedDescription } from './description-schema.js';
import type { SourceRow } from './source-table.js';
import { readLegalTime } from './source-time.js';

/** What an entry says in law, as the source states it; what facts carry. */
export type Terms = { legalBasis: string; effectiveFrom: StatedTime; until: StatedTime };

/** Whom a row is about. Goes to identity alone, and into no fact, table or report. */
export type Named = { identifiers: Identifier[]; name?: string };

/** One row read. */
export type SourceEntry = {
  row: number;
  /** Sealed record id. */
  record: string;
  named: Named;
  /** The source has identifier columns, and this row states none of them. */
  unidentified?: true;
  terms: Terms;
  /** Sealed text of all columns that count. */
  content: string;
  /** Which of its tuple's rows it is cannot be told, so `record` may be another row's. */
  miscounted?: true;
};

export type RowReason =
  | 'row_cannot_be_parsed'
  | 'row_has_another_number_of_columns'
  | 'record_id_is_missing'
  | 'record_id_is_too_long'
  | 'record_id_is_repeated'
  | 'row_cannot_be_counted'
  | 'effective_from_cannot_be_read'
  | 'until_cannot_be_read'
  | 'end_is_before_start'
  | 'legal_basis_is_too_long'
  | 'text_has_forbidden_characters'
  | 'amount_cannot_be_read'
  | 'currency_is_missing'
  | 'opening_date_cannot_be_read'
  | 'payment_date_cannot_be_read'
  | 'payment_is_in_the_future'
  | 'status_is_unknown'
  | 'status_contradicts_the_amounts';

/** A row that is not taken in. `record` (sealed) only where it can be trusted. */
export type RefusedRow = { row: number; reason: string; column?: string; record?: string };

const RECORD_LENGTH_MAX = 200;
const LEGAL_BASIS_LENGTH_MAX = 500;

export type ReadResult<T> =
  { ok: true; value: T } | { ok: false; reason: RowReason; column?: string };

/** What a plain cell has none of: looked for first, since most cells of large sources are plain. */
const ODD_SPACE = /^\s|\s$|\s\s|[\t\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff]/;
/** Spaces of no width: nobody sees them, and they tell no two texts apart. */
const NO_SPACE = /[\u200b\u2060\ufeff]/gu;

function plainSpaces(text: string): string {
  return text
    .replace(NO_SPACE, '')
    .replace(/[\p{Zs}\t]+/gu, ' ')
    .trim();
}

/**
 * A cell's text with every kind of space made plain: sources write U+00A0 where they mean a space.
 *
 * @returns '' for what is absent
 */
export function cellText(fields: SourceRow['fields'], column: string | undefined): string {
  const value = column === undefined ? undefined : fields[column];
  if (typeof value === 'string') return ODD_SPACE.test(value) ? plainSpaces(value) : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return '';
}

/** @returns a cell that states something, or undefined where it is empty or a declared blank */
export function statedText(
  row: SourceRow,
  feed: FeedDescription,
  column?: string,
): string | undefined {
  const text = cellText(row.fields, column);
  return text === '' || feed.notStated?.includes(text) ? undefined : text;
}

/** @returns whether the description leaves the row out: a footer, another kind of entry … */
export function isLeftOut({ fields }: SourceRow, feed: FeedDescription): boolean {
  return (feed.leaveOut ?? []).some((rule) => {
    const text = cellText(fields, rule.column);
    if ('equals' in rule) return text === rule.equals;
    return new RegExp(rule.matches, 'u').test(text.slice(0, MATCHED_LENGTH_MAX));
  });
}

/**
 * @returns the record id of a row, the tuple's columns joined by `|` (one within a column is marked
 *   by a backslash, so that no two tuples have one id); without occurrence
 */
export function readRecordId(row: SourceRow, feed: FeedDescription): ReadResult<string> {
  const parts = feed.record.columns.map((column) => cellText(row.fields, column));
  const missing = parts.every((part) => part === '') || (parts.length === 1 && parts[0] === '');
  if (missing) {
    return { ok: false, reason: 'record_id_is_missing', column: feed.record.columns[0] ?? '' };
  }
  const [single = ''] = parts;
  const marked = () => parts.map((part) => part.replace(/[\\|]/g, '\\$&')).join('|');
  const record = parts.length === 1 ? single : marked();
  if (record.length > RECORD_LENGTH_MAX - 8) return { ok: false, reason: 'record_id_is_too_long' };
  if (hasForbidden(record)) return { ok: false, reason: 'text_has_forbidden_characters' };
  return { ok: true, value: record };
}

/** Whom a row is about; where it states no identifier, by the list's own scheme and record id. */
export function readNamed(row: SourceRow, feed: FeedDescription, recordId: string): Named {
  const identifiers = readIdentifiers(row, feed, recordId);
  const name = statedText(row, feed, feed.name);
  return name === undefined ? { identifiers } : { identifiers, name };
}

/**
 * Whether a row says whom it is about in the way its source does. Where it leaves that out, its
 * record id alone must not make another subject of an entry that is known.
 */
export function isIdentified(row: SourceRow, feed: FeedDescription): boolean {
  const byRecord = feed.record.scheme !== undefined || !feed.identifiers?.length;
  return byRecord || statedIdentifiers(row, feed).length > 0;
}

function readIdentifiers(row: SourceRow, feed: FeedDescription, record: string): Identifier[] {
  const identifiers = statedIdentifiers(row, feed);
  const { scheme } = feed.record;
  if (scheme !== undefined) return [{ scheme, value: record }, ...identifiers];
  return identifiers.length > 0 ? identifiers : [{ scheme: `${feed.list}.record`, value: record }];
}

function statedIdentifiers(row: SourceRow, feed: FeedDescription): Identifier[] {
  const identifiers: Identifier[] = [];
  for (const { column, scheme, when } of feed.identifiers ?? []) {
    if (when && cellText(row.fields, when.column) !== when.equals) continue;
    const value = statedText(row, feed, column);
    if (value !== undefined) identifiers.push({ scheme, value });
  }
  return identifiers;
}

/**
 * What a row says in law. What the source does not state is `not-stated`, never filled in.
 *
 * @param earlier the entry's terms so far, kept for columns that `row` does not have
 */
export function readTerms(
  row: SourceRow,
  feed: FeedDescription,
  earlier?: Terms,
): ReadResult<Terms> {
  const basis = readLegalBasis(row, feed, earlier?.legalBasis);
  if (!basis.ok) return basis;
  const from = readTime(row, feed, feed.effectiveFrom, earlier?.effectiveFrom);
  if (from === undefined) {
    return { ok: false, reason: 'effective_from_cannot_be_read', ...columnOf(feed.effectiveFrom) };
  }
  const end = readTime(row, feed, feed.until);
  if (end === undefined) {
    return { ok: false, reason: 'until_cannot_be_read', ...columnOf(feed.until) };
  }
  const kept = earlier !== undefined && !isStatedColumn(row, feed.until?.column);
  const until = kept ? earlier.until : firstMomentFree(end, feed);
  if (from !== 'not-stated' && until !== 'not-stated' && isEmptyInterval(from, until)) {
    return { ok: false, reason: 'end_is_before_start', ...columnOf(feed.until) };
  }
  return { ok: true, value: { legalBasis: basis.value, effectiveFrom: from, until } };
}

/** Two rows of one record contradict each other: neither is taken, what was known stays. */
export function withoutRepeated<T extends { row: number; record: string }>(
  entries: readonly T[],
  refused: readonly RefusedRow[],
): { entries: T[]; refused: RefusedRow[] } {
  const rows = new Map<string, number>();
  for (const { record } of [...entries, ...refused]) {
    if (record !== undefined) rows.set(record, (rows.get(record) ?? 0) + 1);
  }
  const isRepeated = ({ record }: T) => (rows.get(record) ?? 0) > 1;
  const repeated = entries.filter(isRepeated).map(({ row, record }) => {
    return { row, record, reason: 'record_id_is_repeated' };
  });
  const kept = entries.filter((entry) => !isRepeated(entry));
  return { entries: kept, refused: [...refused, ...repeated] };
}

/** All columns that count, in one order, as one text. */
export function contentOf({ fields }: SourceRow, feed: FeedDescription): string {
  const ignored = new Set(feed.ignore ?? []);
  const counted = Object.keys(fields)
    .filter((column) => !ignored.has(column))
    .sort();
  return JSON.stringify(counted.map((column) => [column, cellText(fields, column)]));
}

function readLegalBasis(
  row: SourceRow,
  feed: FeedDescription,
  earlier: string | undefined,
): ReadResult<string> {
  const source = feed.legalBasis;
  if (source === undefined) return { ok: true, value: 'not-stated' };
  if ('text' in source) return { ok: true, value: source.text };
  const { column } = source;
  if (earlier !== undefined && !isStatedColumn(row, column)) return { ok: true, value: earlier };
  const text = statedText(row, feed, column) ?? 'not-stated';
  if (text.length > LEGAL_BASIS_LENGTH_MAX) {
    return { ok: false, reason: 'legal_basis_is_too_long', column };
  }
  if (hasForbidden(text)) return { ok: false, reason: 'text_has_forbidden_characters', column };
  return { ok: true, value: text };
}

/** @returns the legal time a column states, or `not-stated`; undefined where it cannot be read */
export function readTime(
  row: SourceRow,
  feed: FeedDescription,
  source: { column: string; format: string | readonly string[] } | undefined,
  earlier?: StatedTime,
): StatedTime | undefined {
  if (source === undefined) return 'not-stated';
  if (earlier !== undefined && !isStatedColumn(row, source.column)) return earlier;
  const text = statedText(row, feed, source.column);
  if (text === undefined) return 'not-stated';
  for (const format of [source.format].flat()) {
    const time = readLegalTime(text, format, feed.zone);
    if (time !== undefined) return time;
  }
  return undefined;
}

/** A source that states the last day in force means that the day after is free. */
function firstMomentFree(until: StatedTime, feed: FeedDescription): StatedTime {
  const isLastDay = feed.until?.states === 'last-day-in-force';
  return isLastDay && until !== 'not-stated' && 'date' in until ? firstDayFree(until) : until;
}

function isStatedColumn({ fields }: SourceRow, column: string | undefined): boolean {
  return column !== undefined && Object.hasOwn(fields, column);
}

function columnOf(source: { column: string } | undefined): { column?: string } {
  return source ? { column: source.column } : {};
}

/** What canonical text cannot carry: U+0000 and lone surrogates. */
export function hasForbidden(text: string): boolean {
  return /[\u0000\p{Cs}]/u.test(text);
}
