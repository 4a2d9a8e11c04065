import type { Money, StatedTime } from '@writ/contracts';
import { compareMoney, isAmount, isZero, localDateAt } from '@writ/law';
import { identifyCopy, type CopyRefusal, type SourceFile } from './dated-copy.js';
import { columnsOf } from './described-columns.js';
import type { FeedDescription } from './description-schema.js';
import type { Seal } from './seal.js';
import {
  cellText,
  hasForbidden,
  isLeftOut,
  readNamed,
  readRecordId,
  readTerms,
  readTime,
  statedText,
  withoutRepeated,
  type Named,
  type ReadResult,
  type RefusedRow,
  type Terms,
} from './source-entry.js';
import { readTable, type FileRefusal, type SourceRow, type Steps } from './source-table.js';

/** What has been paid by the time the copy was observed, in all, and the day of the last of it. */
export type SourcePayment = {
  /** `not-stated`: all of it, the source does not say how much. */
  amount: Money | 'not-stated';
  on: string;
  dated: 'by-source' | 'by-rule';
};

/** One case of a register, read. */
export type SourceCase = {
  row: number;
  /** Sealed record id. */
  record: string;
  named: Named;
  /** Case or instrument number; goes to identity alone. */
  number: string;
  terms: Terms;
  openedOn: StatedTime;
  owed: Money;
  paid?: SourcePayment;
  /** Nothing of what is owed is left. */
  fulfilled: boolean;
  /** `annulled`: it was listed, as if never; `neverListed`: it was not. */
  standing: 'listed' | 'annulled' | 'neverListed';
};

/** A dated copy of a register of cases. */
export type SourceCases = {
  snapshot: string;
  /** SHA-256 of the unpacked file. */
  digest: string;
  observedAt: string;
  cases: SourceCase[];
  refused: RefusedRow[];
};

export type CasesRead =
  | { ok: true; copy: SourceCases }
  | { ok: false; reason: FileRefusal | CopyRefusal; column?: string };

const NUMBER_LENGTH_MAX = 200;

type Described = FeedDescription & { cases: NonNullable<FeedDescription['cases']> };
type Word = keyof NonNullable<Described['cases']['status']>['words'];

/** Reads a register's copy; a row by which nothing is owed is no case. */
export function* readCases(file: SourceFile, feed: FeedDescription, seal: Seal): Steps<CasesRead> {
  if (!isOfCases(feed)) throw new Error('a description of form cases describes its cases');
  const identified = identifyCopy(file, feed);
  if (!identified.ok) return identified;
  const { snapshot, observedAt } = identified;
  const cases: SourceCase[] = [];
  const refused: RefusedRow[] = [];
  const day = localDateAt(observedAt, feed.zone);
  const table = yield* readTable(file.text, feed, columnsOf(feed), (row) => {
    if (isLeftOut(row, feed)) return;
    const read = readCase(row, feed, { seal, day });
    if (read === undefined) return;
    if ('reason' in read) refused.push(read);
    else cases.push(read);
  });
  if (!table.ok) return table;
  if (table.rows === 0) return { ok: false, reason: 'file_has_no_rows' };
  const once = withoutRepeated(cases, [...refused, ...table.unreadable]);
  const copy = { snapshot, digest: file.digest, observedAt };
  return { ok: true, copy: { ...copy, cases: once.entries, refused: once.refused } };
}

function isOfCases(feed: FeedDescription): feed is Described {
  return feed.cases !== undefined;
}

/** @returns undefined where nothing is owed */
function readCase(
  row: SourceRow,
  feed: Described,
  { seal, day }: { seal: Seal; day: string },
): SourceCase | RefusedRow | undefined {
  const owed = readOwed(row, feed);
  if (owed.ok && (owed.value === undefined || isZero(owed.value))) return undefined;
  const id = readRecordId(row, feed);
  if (!id.ok) return refusedRow(row, id);
  const record = seal('record', feed.list, id.value);
  const refuse = (fault: { reason: string; column?: string }) => {
    return { ...refusedRow(row, fault), record };
  };
  if (!owed.ok) return refuse(owed);
  const amount = owed.value;
  if (amount === undefined) return undefined;
  const terms = readTerms(row, feed);
  if (!terms.ok) return refuse(terms);
  const { opened, number: column } = feed.cases;
  const openedOn = readTime(row, feed, opened);
  if (openedOn === undefined) {
    return refuse({ reason: 'opening_date_cannot_be_read', ...(opened ?? {}) });
  }
  const word = readWord(row, feed);
  if (!word.ok) return refuse(word);
  const paid = readPaid(row, feed, { owed: amount, word: word.value, day });
  if (!paid.ok) return refuse(paid);
  const number = readNumber(row, feed, column) ?? { ok: true as const, value: id.value };
  if (!number.ok) return refuse(number);
  const standing: SourceCase['standing'] =
    word.value === 'annulled' || word.value === 'neverListed' ? word.value : 'listed';
  const named = readNamed(row, feed, id.value);
  const said = {
    row: row.row,
    record,
    named,
    number: number.value,
    terms: terms.value,
    openedOn,
    standing,
  };
  return { ...said, owed: amount, ...paid.value };
}

/** A case or instrument number; undefined where none is stated. */
function readNumber(
  row: SourceRow,
  feed: Described,
  column: string | undefined,
): ReadResult<string> | undefined {
  const text = statedText(row, feed, column);
  if (text === undefined || column === undefined) return undefined;
  if (text.length > NUMBER_LENGTH_MAX)
    return { ok: false, reason: 'record_id_is_too_long', column };
  if (hasForbidden(text)) return { ok: false, reason: 'text_has_forbidden_characters', column };
  return { ok: true, value: text };
}

function readOwed(row: SourceRow, feed: Described): ReadResult<Money | undefined> {
  return readAmount(row, feed, feed.cases.owed);
}

/** @returns undefined where the cell states none */
function readAmount(
  row: SourceRow,
  feed: Described,
  column: string,
): ReadResult<Money | undefined> {
  const text = statedText(row, feed, column);
  if (text === undefined) return { ok: true, value: undefined };
  const amount = plainAmount(text, feed.cases.decimal ?? '.');
  if (amount === undefined) return { ok: false, reason: 'amount_cannot_be_read', column };
  const { currency } = feed.cases;
  const stated = 'text' in currency ? currency.text : statedText(row, feed, currency.column);
  if (stated !== undefined && /^[A-Z]{3}$/.test(stated)) {
    return { ok: true, value: { amount, currency: stated } };
  }
  const where = 'text' in currency ? {} : { column: currency.column };
  return { ok: false, reason: 'currency_is_missing', ...where };
}

/** `1.234,5` with a decimal comma is 1234.5; with a decimal point it is no amount. */
function plainAmount(text: string, decimal: '.' | ','): string | undefined {
  const group = decimal === '.' ? ',' : '\\.';
  const grouped = new RegExp(`^[0-9]{1,3}(${group}[0-9]{3})+(\\${decimal}[0-9]+)?$`);
  const ungrouped = grouped.test(text) ? text.replaceAll(decimal === '.' ? ',' : '.', '') : text;
  if (decimal === ',' && ungrouped.includes('.')) return undefined;
  const plain = ungrouped.replace(decimal, '.').replace(/^0+(?=[0-9])/, '');
  return isAmount(plain) ? plain : undefined;
}

function readWord(row: SourceRow, { cases: { status } }: Described): ReadResult<Word> {
  if (!status) return { ok: true, value: 'open' };
  const text = cellText(row.fields, status.column);
  const known = Object.entries(status.words).find(([, words]) => words?.includes(text));
  if (known) return { ok: true, value: known[0] as Word };
  return { ok: false, reason: 'status_is_unknown', column: status.column };
}

type Owing = { owed: Money; word: Word; day: string };

/** What is paid, by the amounts and by the source's word, which may not contradict each other. */
function readPaid(
  row: SourceRow,
  feed: Described,
  { owed, word, day }: Owing,
): ReadResult<Pick<SourceCase, 'paid' | 'fulfilled'>> {
  const { paid: source } = feed.cases;
  const read = source && readAmount(row, feed, source.column);
  if (read && !read.ok) return read;
  const stated = read?.value && !isZero(read.value) ? read.value : undefined;
  if (stated && stated.currency !== owed.currency) {
    return { ok: false, reason: 'currency_is_missing', column: source?.column ?? '' };
  }
  const covers = stated !== undefined && compareMoney(stated, owed) >= 0;
  if (covers && word === 'part') {
    const { column = '' } = feed.cases.status ?? {};
    return { ok: false, reason: 'status_contradicts_the_amounts', column };
  }
  const fulfilled = covers || word === 'fulfilled';
  if (!stated && !fulfilled) return { ok: true, value: { fulfilled } };
  const date = readPaymentDate(row, feed, day);
  if (!date.ok) return date;
  const amount = stated ?? ('not-stated' as const);
  return { ok: true, value: { fulfilled, paid: { amount, ...date.value } } };
}

/** The date stated, or by the description's rule another column's, or the day of the copy. */
function readPaymentDate(
  row: SourceRow,
  feed: Described,
  day: string,
): ReadResult<Pick<SourcePayment, 'on' | 'dated'>> {
  const { on, undated = 'observed' as const } = feed.cases.paid ?? {};
  const sources = [
    { dated: 'by-source' as const, source: on },
    { dated: 'by-rule' as const, source: undated === 'observed' ? undefined : undated },
  ];
  for (const { dated, source } of sources) {
    const time = readTime(row, feed, source);
    const { column = '' } = source ?? {};
    if (time === undefined) return { ok: false, reason: 'payment_date_cannot_be_read', column };
    if (time === 'not-stated') continue;
    const date = 'date' in time ? time.date : localDateAt(time.instant, feed.zone);
    if (date > day) return { ok: false, reason: 'payment_is_in_the_future', column };
    return { ok: true, value: { on: date, dated } };
  }
  return { ok: true, value: { on: day, dated: 'by-rule' } };
}

function refusedRow({ row }: SourceRow, fault: { reason: string; column?: string }): RefusedRow {
  const { reason, column } = fault;
  return column === undefined ? { row, reason } : { row, reason, column };
}
