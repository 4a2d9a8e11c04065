import { createHash } from 'node:crypto';
import {
  cellText,
  columnsOf,
  contentOf,
  type CopyRefusal,
  type FeedDescription,
  type FileRefusal,
  identifyCopy,
  isIdentified,
  isLeftOut,
  type Named,
  readInstant,
  readNamed,
  readRecordId,
  readTable,
  readTerms,
  type RefusedRow,
  type Seal,
  SNAPSHOT_CODE,
  type SourceEntry,
  type SourceFile,
  type SourceRow,
  type Steps,
  withoutRepeated,
} from '@writ/feeds';
import { compareInstants } from '@writ/law';

/** An event row: what happened to which record; the terms are read against the entry so far. */
export type SourceEvent = {
  row: number;
  word: 'listed' | 'amended' | 'delisted' | 'baseline';
  /** Sealed record id. */
  record: string;
  /** Whom it is about; absent where the row does not touch that. */
  named?: Named;
  observedAt: string;
  /** For `amended`, only the columns that are stated. */
  fields: SourceRow['fields'];
};

/**
 * What is taken in as one: a dated copy of a list (of form `records`: with the entries that have
 * ended), or one snapshot's events.
 */
export type SourceUnit = {
  /** The snapshot's code. */
  snapshot: string;
  /** SHA-256 that tells this snapshot's content. */
  digest: string;
  observedAt: string;
  refused: RefusedRow[];
} & (
  | { form: 'snapshots' | 'records'; entries: SourceEntry[]; rows: number }
  | { form: 'events'; events: SourceEvent[] }
);

export type SourceRefusal = FileRefusal | CopyRefusal | 'events_are_not_in_order';
export type SourceRead =
  { ok: true; units: SourceUnit[] } | { ok: false; reason: SourceRefusal; column?: string };

/** How a source is read: by its description, its record ids and contents sealed at once. */
export type Reading = { feed: FeedDescription; seal: Seal };

/** Reads a source's file into the snapshots it holds, without looking at what is known. */
export function* readSource(file: SourceFile, reading: Reading): Steps<SourceRead> {
  const isEvents = reading.feed.form === 'events';
  return yield* isEvents ? readEvents(file, reading) : readSnapshot(file, reading);
}

function* readSnapshot(file: SourceFile, reading: Reading): Steps<SourceRead> {
  const { feed } = reading;
  const copy = identifyCopy(file, feed);
  if (!copy.ok) return copy;
  const entries: SourceEntry[] = [];
  const refused: RefusedRow[] = [];
  const seen = new Map<string, number>();
  const table = yield* readTable(file.text, feed, columnsOf(feed), (row) => {
    if (isLeftOut(row, feed)) return;
    const read = readEntry(row, reading, seen);
    if ('reason' in read) refused.push(read);
    else entries.push(read);
  });
  if (!table.ok) return table;
  refused.push(...table.unreadable);
  if (table.rows === 0) return { ok: false, reason: 'file_has_no_rows' };
  const once = withoutRepeated(
    feed.record.occurrence ? counted(entries, refused) : entries,
    refused,
  );
  const { snapshot, observedAt } = copy;
  const unit = { snapshot, digest: file.digest, observedAt, ...once, rows: table.rows };
  return {
    ok: true,
    units: [{ form: feed.form === 'records' ? 'records' : 'snapshots', ...unit }],
  };
}

function readEntry(
  row: SourceRow,
  { feed, seal }: Reading,
  seen: Map<string, number>,
): SourceEntry | RefusedRow {
  const id = readRecordId(row, feed);
  if (!id.ok) return refusedRow(row.row, id);
  let recordId = id.value;
  if (feed.record.occurrence) {
    const times = (seen.get(recordId) ?? 0) + 1;
    seen.set(recordId, times);
    recordId = `${recordId}#${times}`;
  }
  const record = seal('record', feed.list, recordId);
  const terms = readTerms(row, feed);
  if (!terms.ok) return { ...refusedRow(row.row, terms), record };
  const named = readNamed(row, feed, recordId);
  const content = seal('content', contentOf(row, feed));
  const entry = { row: row.row, record, named, terms: terms.value, content };
  return isIdentified(row, feed) ? entry : { ...entry, unidentified: true };
}

/**
 * Where rows are told apart by counting, a row that cannot be read may have been any tuple's: all
 * rows behind it may be one further on than they seem.
 */
function counted(entries: readonly SourceEntry[], refused: readonly RefusedRow[]): SourceEntry[] {
  const uncounted = refused.filter(({ record }) => record === undefined);
  const first = uncounted.reduce((least, { row }) => Math.min(least, row), Infinity);
  return entries.map((entry) => (entry.row > first ? { ...entry, miscounted: true } : entry));
}

function* readEvents(file: SourceFile, reading: Reading): Steps<SourceRead> {
  const { feed } = reading;
  const { events: shape } = feed;
  if (!shape) throw new Error('a description of form events describes its events');
  const groups: EventGroup[] = [];
  const table = yield* readTable(file.text, feed, columnsOf(feed), (row) => {
    if (isLeftOut(row, feed)) return;
    const observedAt = readInstant(
      cellText(row.fields, shape.time.column),
      shape.time.format,
      feed.zone,
    );
    const stated = cellText(row.fields, shape.snapshot).toLowerCase();
    const snapshot = shape.snapshot === undefined ? snapshotOfTime(observedAt) : stated;
    let group = groups.at(-1);
    const unreadable = observedAt === undefined || snapshot === '';
    if (!group || (!unreadable && group.snapshot !== snapshot)) {
      group = { snapshot, observedAt: '', rows: [], refused: [] };
      groups.push(group);
    }
    if (unreadable) {
      const column = observedAt === undefined ? shape.time.column : (shape.snapshot ?? '');
      group.refused.push({ row: row.row, reason: 'event_time_cannot_be_read', column });
      return;
    }
    const isFirst = group.rows.length === 0;
    if (!isFirst && isBefore(observedAt, group.observedAt)) group.disordered = true;
    group.observedAt = observedAt;
    group.rows.push({ row, observedAt });
  });
  if (!table.ok) return table;
  const whole = groups.filter(({ rows }) => rows.length > 0);
  const [first] = whole;
  if (!first) return { ok: false, reason: 'file_has_no_rows' };
  const orphans = groups.filter(({ rows }) => rows.length === 0).flatMap(({ refused }) => refused);
  first.refused.push(...orphans, ...table.unreadable);
  if (whole.some(({ snapshot }) => !SNAPSHOT_CODE.test(snapshot))) {
    return { ok: false, reason: 'snapshot_code_is_malformed' };
  }
  if (!areInOrder(whole)) return { ok: false, reason: 'events_are_not_in_order' };
  return { ok: true, units: whole.map((group) => unitOfEvents(group, reading)) };
}

type EventGroup = {
  snapshot: string;
  observedAt: string;
  rows: { row: SourceRow; observedAt: string }[];
  refused: RefusedRow[];
  disordered?: boolean;
};

function isBefore(one: string, other: string): boolean {
  return compareInstants(one, other) < 0;
}

function areInOrder(groups: readonly EventGroup[]): boolean {
  const codes = new Set(groups.map(({ snapshot }) => snapshot));
  if (codes.size !== groups.length) return false;
  return groups.every((group, index) => {
    const before = groups[index - 1];
    return !group.disordered && (!before || isBefore(before.observedAt, group.observedAt));
  });
}

function unitOfEvents(group: EventGroup, reading: Reading): SourceUnit {
  const { snapshot, observedAt } = group;
  const hash = createHash('sha256');
  const refused = [...group.refused];
  const events: SourceEvent[] = [];
  for (const { row, observedAt: at } of group.rows) {
    hash.update(`${JSON.stringify(row.fields)}\n`);
    const event = readEvent(row, at, reading);
    if ('reason' in event) refused.push(event);
    else events.push(event);
  }
  return { form: 'events', snapshot, observedAt, digest: hash.digest('hex'), events, refused };
}

function readEvent(
  row: SourceRow,
  observedAt: string,
  { feed, seal }: Reading,
): SourceEvent | RefusedRow {
  const { type = '', words, changed } = feed.events ?? {};
  const id = readRecordId(row, feed);
  if (!id.ok) return refusedRow(row.row, id);
  const record = seal('record', feed.list, id.value);
  const stated = cellText(row.fields, type);
  const word = (['listed', 'amended', 'delisted', 'baseline'] as const).find(
    (candidate) => words?.[candidate] === stated,
  );
  if (!word) return { row: row.row, record, reason: 'event_type_is_unknown', column: type };
  const partial = word === 'amended' && changed !== undefined;
  const fields = partial ? newValues(row.fields[changed.column]) : row.fields;
  if (!fields || (partial && isAmbiguous(fields, feed))) {
    const column = changed?.column ?? '';
    return { row: row.row, record, reason: 'change_cannot_be_read', column };
  }
  const event = { row: row.row, word, record, observedAt, fields };
  const said = { row: row.row, fields };
  const isKept = word === 'amended' && !touchesIdentity(said, feed, partial);
  if (word === 'delisted' || isKept) return event;
  return { ...event, named: readNamed(said, feed, id.value) };
}

/** A new identifier without the column that says of which scheme it is. */
function isAmbiguous(fields: SourceRow['fields'], feed: FeedDescription): boolean {
  return (feed.identifiers ?? []).some(({ column, when }) => {
    return when && Object.hasOwn(fields, column) && !Object.hasOwn(fields, when.column);
  });
}

/** An amendment may leave out whom the entry is about; a partial one by record also the name. */
function touchesIdentity(row: SourceRow, feed: FeedDescription, partial: boolean): boolean {
  if (!isIdentified(row, feed)) return false;
  const columns = [...(feed.identifiers ?? []).map(({ column }) => column), feed.name];
  return !partial || columns.some((column) => cellText(row.fields, column) !== '');
}

/** `{"program": ["OLD", "NEW"]}` → `{"program": "NEW"}`; a value that is gone states nothing. */
function newValues(changed: unknown): Record<string, unknown> | undefined {
  const given: unknown = typeof changed === 'string' ? parsed(changed) : changed;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return undefined;
  const pairs = Object.entries(given as Record<string, unknown>);
  if (!pairs.every(([, pair]) => Array.isArray(pair) && pair.length === 2)) return undefined;
  return Object.fromEntries(pairs.map(([column, pair]) => [column, (pair as unknown[])[1] ?? '']));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function snapshotOfTime(observedAt: string | undefined): string {
  return (observedAt ?? '').toLowerCase();
}

function refusedRow(row: number, fault: { reason: string; column?: string }): RefusedRow {
  const { reason, column } = fault;
  return column === undefined ? { row, reason } : { row, reason, column };
}
