import {
  type FeedDescription,
  readTerms,
  type RefusedRow,
  type Seal,
  type SourceEntry,
  type Terms,
} from '@writ/feeds';
import { hasBegun } from '@writ/law';
import type { RowSubjects, SubjectOfRow } from '@writ/service-host';
import { listingIdOf, type EntryState } from './entry.js';
import type { SourceEvent, SourceUnit } from './read-source.js';

/** One row's effect: what is recorded, and the entry's state after it. */
export type PlannedChange = {
  /** Line in the source; 0 where the source has none (an entry that is gone). */
  row: number;
  /** `replace`: the source now means another subject: the old listing ends, a new one begins. */
  kind: 'list' | 'amend' | 'end' | 'replace';
  observedAt: string;
  onOrBefore: boolean;
  before?: EntryState;
  after: EntryState;
};

export type Plan = {
  changes: PlannedChange[];
  /** Entries whose sealed content became known and says nothing new: nothing is recorded. */
  adopted: EntryState[];
  refused: RefusedRow[];
  /** Entries missing from the source that stay listed, since a row there could not be read. */
  heldBack: number;
  active: number;
};

export type PlanRefusal = 'snapshot_shrinks_too_much' | 'snapshot_has_no_readable_row';

type Snapshot = Extract<SourceUnit, { entries: SourceEntry[] }>;
type EventsUnit = Extract<SourceUnit, { form: 'events' }>;
/** By sealed record. */
export type Known = ReadonlyMap<string, EntryState>;

/**
 * Whom a snapshot's rows are about, where it matters: new entries, and changed ones, whose
 * identifiers may now name another subject.
 */
export function subjectsNeeded(known: Known, unit: SourceUnit): SubjectOfRow[] {
  if (unit.form === 'events') {
    return unit.events.flatMap(({ row, named }) => (named ? [{ row, ...named }] : []));
  }
  return unit.entries
    .filter((entry) => {
      const state = known.get(entry.record);
      const keepsSubject = entry.miscounted || entry.unidentified;
      if (!state?.active) return !(state && isOver(unit, entry));
      return differs(state, entry) && !keepsSubject;
    })
    .map(({ row, named }) => ({ row, ...named }));
}

/** Of form `records` a row stays when its entry ends: the end it states has come by then. */
function isOver({ form, observedAt }: Snapshot, { terms: { until } }: SourceEntry): boolean {
  return form === 'records' && until !== 'not-stated' && hasBegun(until, { instant: observedAt });
}

/**
 * A dated copy is checked wholly before anything of it is recorded, or anyone's name resolved.
 *
 * @param largestShrink share of the active entries that may be gone at once
 * @returns the entries that are gone, or why the copy is not believed
 */
export function checkSnapshot(
  known: Known,
  unit: Snapshot,
  largestShrink: number,
): { ok: true; gone: EntryState[] } | { ok: false; reason: PlanRefusal } {
  const present = new Set(unit.refused.map(({ record }) => record));
  for (const { record } of unit.entries) present.add(record);
  const active = [...known.values()].filter((state) => state.active);
  const gone = active.filter(({ record }) => !present.has(record));
  if (unit.entries.length === 0) return { ok: false, reason: 'snapshot_has_no_readable_row' };
  if (gone.length > largestShrink * active.length) {
    return { ok: false, reason: 'snapshot_shrinks_too_much' };
  }
  return { ok: true, gone };
}

/**
 * A dated copy of the list against what is known: what was listed, amended, ended. `isFirst`: no
 * snapshot of the list was taken in before.
 *
 * Nobody is delisted by accident: a row that cannot be read keeps its earlier entry, and where not
 * even its record id can be read, no missing entry ends, since it may be that one. Where rows are
 * counted, none of those behind it changes an entry either.
 */
export function planSnapshot(
  known: Known,
  unit: Snapshot,
  subjects: RowSubjects,
  { gone, seal, isFirst }: { gone: readonly EntryState[]; seal: Seal; isFirst: boolean },
): Plan {
  const active = [...known.values()].filter((state) => state.active).length;
  const plan: Plan = { changes: [], adopted: [], refused: [...unit.refused], heldBack: 0, active };
  const { observedAt } = unit;
  for (const entry of unit.entries) {
    const at = { observedAt, isFirst, isOver: isOver(unit, entry) };
    planEntry(plan, known.get(entry.record), { entry, ...at }, subjects, seal);
  }
  if (unit.refused.some(({ record }) => record === undefined)) plan.heldBack = gone.length;
  else plan.changes.push(...gone.map((state) => endOf(state, 0, observedAt)));
  return { ...plan, active: activeAfter(active, plan.changes) };
}

type EntryAt = { entry: SourceEntry; observedAt: string; isFirst: boolean; isOver: boolean };

function planEntry(
  plan: Plan,
  state: EntryState | undefined,
  { entry, observedAt, isFirst, isOver }: EntryAt,
  subjects: RowSubjects,
  seal: Seal,
): void {
  const { row, record, terms, content } = entry;
  if (state && !state.active && isOver) {
    planSpent(plan, state, entry);
    return;
  }
  if (state?.active && !differs(state, entry)) {
    if (isOver) plan.changes.push(endOf({ ...state, content }, row, observedAt));
    else if (state.content === null) plan.adopted.push({ ...state, content });
    return;
  }
  if (state?.active && entry.miscounted) {
    // It may be the next one of its tuple: what is known under this number stays as it is.
    plan.refused.push({ row, record, reason: 'row_cannot_be_counted' });
    return;
  }
  // A blank where the identifier stood names nobody else: the subject stays who it was.
  const answer = state?.active && entry.unidentified ? state : subjects.get(row);
  if (!answer || 'refused' in answer) {
    plan.refused.push({ row, record, reason: answer?.refused ?? 'subject_is_not_resolved' });
    return;
  }
  const next = { record, subject: answer.subject, terms, content };
  // As with a baseline event: what is there when we first look began then or before.
  const onOrBefore = isFirst && terms.effectiveFrom === 'not-stated';
  const change = changeOf(state, next, { row, observedAt, onOrBefore }, seal);
  plan.changes.push(change);
  // What has ended is history, and is taken in as that.
  if (isOver) plan.changes.push(endOf(change.after, row, observedAt));
}

/** What is said of an entry that has ended here too: its listing is closed, nothing amends it. */
function planSpent(plan: Plan, state: EntryState, { row, record, terms, content }: SourceEntry) {
  if (state.content === content) return;
  const saysSame = JSON.stringify(termsOf(state.terms)) === JSON.stringify(termsOf(terms));
  if (saysSame) plan.adopted.push({ ...state, content });
  else plan.refused.push({ row, record, reason: 'entry_has_ended' });
}

type Next = { record: string; subject: string; terms: Terms; content: string | null };

/** Listed anew, amended, or (its identifiers name someone else now) replaced. */
function changeOf(
  before: EntryState | undefined,
  { record, subject, terms, content }: Next,
  at: { row: number; observedAt: string; onOrBefore: boolean },
  seal: Seal,
): PlannedChange {
  if (before?.active && before.subject === subject) {
    const after = { ...before, terms, content, version: before.version + 1 };
    return { ...at, kind: 'amend', before, after };
  }
  const ordinal = (before?.ordinal ?? 0) + 1;
  const listing = listingIdOf(seal, record, ordinal);
  const after = { record, ordinal, listing, subject, active: true, terms, content, version: 1 };
  if (before?.active) return { ...at, kind: 'replace', before, after };
  return { ...at, kind: 'list', ...(before ? { before } : {}), after };
}

function endOf(before: EntryState, row: number, observedAt: string): PlannedChange {
  const after = { ...before, active: false, version: before.version + 1 };
  return { row, kind: 'end', observedAt, onOrBefore: false, before, after };
}

/** Content never seen (only events were) cannot have changed: then the terms alone decide. */
function differs(state: EntryState, entry: SourceEntry): boolean {
  if (state.content !== null) return state.content !== entry.content;
  return JSON.stringify(termsOf(state.terms)) !== JSON.stringify(termsOf(entry.terms));
}

function termsOf({ legalBasis, effectiveFrom, until }: Terms): unknown[] {
  const time = (stated: Terms['until']) =>
    typeof stated === 'string' ? stated : Object.entries(stated).sort();
  return [legalBasis, time(effectiveFrom), time(until)];
}

function activeAfter(before: number, changes: readonly PlannedChange[]): number {
  return changes.reduce((active, { kind }) => {
    return active + (kind === 'list' ? 1 : kind === 'end' ? -1 : 0);
  }, before);
}

/** One snapshot's events in their order; an event that does not fit what is known is refused. */
export function planEvents(
  known: Known,
  unit: EventsUnit,
  subjects: RowSubjects,
  { feed, seal, active }: { feed: FeedDescription; seal: Seal; active: number },
): Plan {
  const plan: Plan = { changes: [], adopted: [], refused: [...unit.refused], heldBack: 0, active };
  const latest = new Map<string, EntryState>();
  for (const event of unit.events) {
    const state = latest.get(event.record) ?? known.get(event.record);
    const change = planEvent(state, event, subjects, { feed, seal });
    if ('reason' in change) {
      plan.refused.push(change);
    } else {
      latest.set(event.record, change.after);
      plan.changes.push(change);
    }
  }
  return { ...plan, active: activeAfter(active, plan.changes) };
}

function planEvent(
  state: EntryState | undefined,
  event: SourceEvent,
  subjects: RowSubjects,
  { feed, seal }: { feed: FeedDescription; seal: Seal },
): PlannedChange | RefusedRow {
  const { row, record, word, observedAt } = event;
  const refuse = (reason: string, column?: string): RefusedRow => {
    return column === undefined ? { row, record, reason } : { row, record, reason, column };
  };
  const begins = word === 'listed' || word === 'baseline';
  if (begins && state?.active) return refuse('entry_is_already_listed');
  if (!begins && !state?.active) return refuse('entry_is_not_listed');
  if (word === 'delisted' && state) return endOf(state, row, observedAt);
  const partial = word === 'amended' && feed.events?.changed !== undefined;
  const terms = readTerms(event, feed, partial ? state?.terms : undefined);
  if (!terms.ok) return refuse(terms.reason, terms.column);
  const answer = event.named ? subjects.get(row) : state && { subject: state.subject };
  if (!answer || 'refused' in answer) return refuse(answer?.refused ?? 'subject_is_not_resolved');
  const next = { record, subject: answer.subject, terms: terms.value, content: null };
  const when = { row, observedAt, onOrBefore: word === 'baseline' };
  return changeOf(state, next, when, seal);
}
