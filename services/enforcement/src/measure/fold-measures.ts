import type { LegalTime } from '@writ/contracts';
import { beginsAt } from '@writ/law';
import type { DecidedRows, StandingDecision } from '../cause/decide-measures.js';
import { endOfRows, type MeasureFact } from './measure-record.js';

/** A cause's last decision, and where its stream stands. */
export type LastDecision = {
  ledger: string;
  id: string;
  version: number;
  /** Of the decision; -1 while there is none. */
  position: number;
  /** Undefined while there is none. */
  basedOn: StandingDecision['basedOn'] | undefined;
  measures: DecidedRows;
};

/** One measure as it stands: imposed or lifted since when, and what its implementer said last. */
export type MeasureRow = {
  measure: string;
  ledger: string;
  cause: string;
  subject: string;
  list: string;
  code: string;
  implementer: string;
  imposed: boolean;
  decision: number;
  decided_at: string;
  ends_at: string | null;
  acknowledged_outcome: string | null;
  acknowledged_decision: number | null;
  acknowledged_at: string | null;
};

/**
 * Folds facts of enforcement's ledger, in order.
 *
 * @param known last decisions of their causes, by `<ledger>-<id>`
 * @param measures of their causes
 * @returns the rows of the causes and measures that the facts concern, as they stand after them
 */
export function foldMeasures(
  known: ReadonlyMap<string, LastDecision>,
  measures: readonly MeasureRow[],
  facts: readonly MeasureFact[],
): { decisions: LastDecision[]; measures: MeasureRow[] } {
  const decisions = new Map<string, LastDecision>();
  const rows = new Map(measures.map((row) => [row.measure, row]));
  const ofCause = new Map<string, Set<string>>();
  for (const row of measures) add(ofCause, `${row.ledger}-${row.cause}`, row.measure);
  for (const fact of facts) {
    const { ledger, id } = fact.data.cause;
    const key = `${ledger}-${id}`;
    const last = decisions.get(key) ?? known.get(key);
    const { version, position } = fact;
    if (fact.type === 'enforcement.measure-acknowledged.v1') {
      const row = rows.get(fact.data.measure);
      if (row) rows.set(row.measure, acknowledged(row, fact.data));
      const before = last ?? { ledger, id, position: -1, basedOn: undefined, measures: [] };
      decisions.set(key, { ...before, version });
      continue;
    }
    const { basedOn, measures: decidedRows } = fact.data;
    decisions.set(key, { ledger, id, version, position, basedOn, measures: decidedRows });
    for (const { measure } of decidedRows) add(ofCause, key, measure);
    for (const measure of ofCause.get(key) ?? []) {
      const row = decided(rows.get(measure), fact, measure);
      if (row) rows.set(measure, row);
    }
  }
  return { decisions: [...decisions.values()], measures: [...rows.values()] };
}

type Decided = Extract<MeasureFact, { type: 'enforcement.measures-decided.v1' }>;

function decided(
  row: MeasureRow | undefined,
  { data, subject = '', position, recordedAt }: Decided,
  measure: string,
): MeasureRow | undefined {
  const own = data.measures.filter((line) => line.measure === measure);
  const [line] = own;
  if (!line) {
    if (!row?.imposed) return row;
    return { ...row, imposed: false, decision: position, decided_at: recordedAt, ends_at: null };
  }
  const ends_at = endAt(endOfRows(own));
  // Whoever lifts it when it has run out answers the decision by which it ends then.
  if (row?.imposed && isSameMoment(row.ends_at, ends_at)) return row;
  return {
    measure,
    ledger: data.cause.ledger,
    cause: data.cause.id,
    subject,
    list: data.list,
    code: line.code,
    implementer: line.implementer,
    acknowledged_outcome: null,
    acknowledged_decision: null,
    acknowledged_at: null,
    ...row,
    imposed: true,
    decision: position,
    decided_at: recordedAt,
    ends_at,
  };
}

function acknowledged(
  row: MeasureRow,
  data: { outcome: string; decision: number; at: string },
): MeasureRow {
  // Late news of what was decided before the measure stood or fell as it does now never hides what
  // is known of that; of one standing, what was done last counts: an `applied` that comes late
  // undoes no lifting, though it may name a decision that changed nothing about the measure.
  const { acknowledged_decision: decision, acknowledged_at: at } = row;
  if (decision !== null && at !== null) {
    const [before, now] = [Math.min(decision, row.decision), Math.min(data.decision, row.decision)];
    if (before > now || (before === now && micros(data.at) < micros(at))) return row;
  }
  return {
    ...row,
    acknowledged_outcome: data.outcome,
    acknowledged_decision: data.decision,
    acknowledged_at: data.at,
  };
}

function endAt(end: LegalTime | undefined): string | null {
  return end ? beginsAt(end) : null;
}

function isSameMoment(a: string | null, b: string | null): boolean {
  return a === null || b === null ? a === b : micros(a) === micros(b);
}

/** Moments come as facts state them and as the database prints them, to the microsecond both. */
function micros(moment: string): number {
  const [, fraction = ''] = /\.(\d+)/.exec(moment) ?? [];
  return Date.parse(moment.replace(/\.\d+/, '')) * 1_000 + Number(fraction.padEnd(6, '0'));
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key);
  if (values) values.add(value);
  else map.set(key, new Set([value]));
}
