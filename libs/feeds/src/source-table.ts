import { CsvError, parse, type Info, type Options } from 'csv-parse/sync';
import type { FeedDescription } from './description-schema.js';

/** Why a whole file is turned away: nothing of it is taken in. */
export type FileRefusal =
  | 'file_is_empty'
  | 'file_is_not_gzip'
  | 'file_is_cut_off'
  | 'file_is_damaged'
  | 'file_is_too_large'
  | 'text_is_not_in_the_declared_encoding'
  | 'header_is_missing'
  | 'column_is_missing'
  | 'column_is_named_twice';

/** One row by its columns; `row` is the number of the line it ends on, from 1. */
export type SourceRow = { row: number; fields: Readonly<Record<string, unknown>> };
/** A row of which not even the record id can be trusted. */
export type UnreadableRow = {
  row: number;
  reason: 'row_cannot_be_parsed' | 'row_has_another_number_of_columns';
};
export type TableRead =
  | { ok: true; rows: number; unreadable: UnreadableRow[] }
  | { ok: false; reason: FileRefusal; column?: string };

/** Steps of long reading: between two of them a process may do other work. */
export type Steps<T> = Generator<void, T, void>;

/** Takes all steps at once. */
export function allSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Lines read in one step: some ten milliseconds. */
const LINES_A_STEP = 2_000;

/**
 * Reads a source's text row by row; each row is handed over at once, so that nobody holds all of
 * a large file's rows in memory.
 *
 * @param text decoded, without byte order mark
 * @param columns those the description names: all must be there
 */
export function* readTable(
  text: string,
  feed: Pick<FeedDescription, 'format' | 'table' | 'endsWithNewline'>,
  columns: readonly string[],
  visit: (row: SourceRow) => void,
): Steps<TableRead> {
  if (text.trim() === '') return { ok: false, reason: 'file_is_empty' };
  if (feed.endsWithNewline && !text.endsWith('\n')) return { ok: false, reason: 'file_is_cut_off' };
  if (feed.format === 'ndjson') return yield* readJsonLines(text, visit);
  return yield* readSeparated(text, feed, columns, visit);
}

/** @returns the file's text, or that it is not in the declared encoding */
export function decodeText(
  bytes: Uint8Array,
  encoding: string = 'utf-8',
): { ok: true; text: string } | { ok: false; reason: FileRefusal } {
  try {
    return { ok: true, text: new TextDecoder(encoding, { fatal: true }).decode(bytes) };
  } catch {
    return { ok: false, reason: 'text_is_not_in_the_declared_encoding' };
  }
}

function* readJsonLines(text: string, visit: (row: SourceRow) => void): Steps<TableRead> {
  const unreadable: UnreadableRow[] = [];
  const lines = text.split('\n');
  while (lines.at(-1)?.trim() === '') lines.pop();
  let rows = 0;
  for (const [index, line] of lines.entries()) {
    if (index % LINES_A_STEP === LINES_A_STEP - 1) yield;
    if (line.trim() === '') continue;
    const fields = parseObject(line);
    if (fields) {
      rows += 1;
      visit({ row: index + 1, fields });
    } else if (index === lines.length - 1) {
      return { ok: false, reason: 'file_is_cut_off' };
    } else {
      unreadable.push({ row: index + 1, reason: 'row_cannot_be_parsed' });
    }
  }
  return { ok: true, rows, unreadable };
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function* readSeparated(
  text: string,
  feed: Pick<FeedDescription, 'format' | 'table'>,
  wanted: readonly string[],
  visit: (row: SourceRow) => void,
): Steps<TableRead> {
  const table = feed.table ?? {};
  const start = headerStart(text, table);
  if (!start) return { ok: false, reason: 'header_is_missing' };
  const end = footerStart(text, table);
  if (end <= start.offset) return { ok: false, reason: 'file_is_cut_off' };
  let header = table.columns;
  let refusal: TableRead | undefined;
  let rows = 0;
  let last: UnreadableRow | undefined;
  const unreadable: UnreadableRow[] = [];
  const onRow = (cells: readonly string[], row: number) => {
    if (!header) {
      header = cells.map((cell) => cell.trim());
      refusal = headerRefusal(header, wanted);
      return;
    }
    if (refusal) return;
    rows += 1;
    last = undefined;
    if (cells.length === header.length) {
      visit({ row, fields: Object.fromEntries(header.map((name, i) => [name, cells[i]])) });
      return;
    }
    last = { row, reason: 'row_has_another_number_of_columns' };
    unreadable.push(last);
  };
  refusal = header && headerRefusal(header, wanted);
  const broken = yield* parseCells(text.slice(start.offset, end), feed, start.lines, onRow);
  if (refusal) return refusal;
  // The last row short, or a quote never closed: the rest of the file is missing.
  if (last || broken.cutOff) return { ok: false, reason: 'file_is_cut_off' };
  if (!header) return { ok: false, reason: 'header_is_missing' };
  return { ok: true, rows, unreadable: [...unreadable, ...broken.unreadable] };
}

/**
 * Parses some lines at a time. Where they end within a quoted cell, the next step begins after the
 * last whole row, with more lines. A row with a broken quote is passed over to the end of its line,
 * and reading goes on behind it: the parser's own way of skipping loses rows after it.
 */
function* parseCells(
  text: string,
  feed: Pick<FeedDescription, 'format' | 'table'>,
  linesBefore: number,
  onRow: (cells: readonly string[], row: number) => void,
): Steps<{ cutOff: boolean; unreadable: UnreadableRow[] }> {
  const { delimiter, quote } = feed.table ?? {};
  const unreadable: UnreadableRow[] = [];
  let [offset, lines, step, whole] = [0, linesBefore, LINES_A_STEP, 0];
  const options = {
    delimiter: delimiter ?? (feed.format === 'tsv' ? '\t' : ','),
    quote: quote === 'none' ? null : (quote ?? '"'),
    relax_column_count: true,
    skip_empty_lines: true,
    on_record: (record: string[], info: Info) => {
      whole = info.lines;
      onRow(record, lines + info.lines);
      return null;
    },
  };
  while (offset < text.length) {
    whole = 0;
    const end = afterLines(text, offset, step);
    const stopped = stoppedAt(text.slice(offset, end), options);
    let read = step;
    if (stopped === 'in-a-quote') {
      if (end === text.length) return { cutOff: true, unreadable };
      read = whole;
      step = whole === 0 ? step * 2 : LINES_A_STEP;
    } else if (stopped !== undefined) {
      unreadable.push({ row: lines + stopped, reason: 'row_cannot_be_parsed' });
      read = stopped;
    }
    offset = afterLines(text, offset, read);
    lines += read;
    yield;
  }
  return { cutOff: false, unreadable };
}

/** @returns the line (from 1) on which parsing stopped, or undefined when it came to the end */
function stoppedAt(text: string, options: Options): number | 'in-a-quote' | undefined {
  try {
    parse(text, options);
    return undefined;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'in-a-quote' : Number(error['lines']);
  }
}

function afterLines(text: string, from: number, lines: number): number {
  let offset = from;
  for (let line = 0; line < lines; line += 1) {
    const end = text.indexOf('\n', offset);
    if (end < 0) return text.length;
    offset = end + 1;
  }
  return offset;
}

function headerRefusal(
  header: readonly string[],
  wanted: readonly string[],
): TableRead | undefined {
  const twice = wanted.find((name) => header.indexOf(name) !== header.lastIndexOf(name));
  if (twice !== undefined) return { ok: false, reason: 'column_is_named_twice', column: twice };
  const missing = wanted.find((name) => !header.includes(name));
  if (missing === undefined) return undefined;
  return { ok: false, reason: 'column_is_missing', column: missing };
}

/** Where the rows end; 0 where the footer that the source always has is not there. */
function footerStart(
  text: string,
  { footerStartsWith: footer }: NonNullable<FeedDescription['table']>,
): number {
  return footer === undefined ? text.length : text.lastIndexOf(`\n${footer}`) + 1;
}

/** Where the header (or, without one, the first row) begins, past comments and title lines. */
function headerStart(
  text: string,
  { comment, headerStartsWith }: NonNullable<FeedDescription['table']>,
): { offset: number; lines: number } | undefined {
  let offset = 0;
  for (let lines = 0; offset < text.length; lines += 1) {
    const end = text.indexOf('\n', offset);
    const line = text.slice(offset, end < 0 ? text.length : end);
    const passed =
      headerStartsWith === undefined
        ? line.trim() === '' || (comment !== undefined && line.startsWith(comment))
        : !line.startsWith(headerStartsWith);
    if (!passed) return { offset, lines };
    if (end < 0) return undefined;
    offset = end + 1;
  }
  return undefined;
}
