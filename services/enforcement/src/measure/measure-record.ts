import type { enforcementFacts, Fact, LegalTime } from '@writ/contracts';
import { compareLegalTimes } from '@writ/law';

/** One decision's word on one measure. */
type DecidedMeasure = {
  /** Position of the decision in enforcement's ledger. */
  decision: number;
  imposed: boolean;
  /** When its last row ends, if every row does. */
  until?: LegalTime;
};

/** What a cause's stream says of its measures: every decision, and each last acknowledgement. */
export type MeasureRecord = {
  decisions: readonly number[];
  /** By measure id; a measure once decided is never forgotten. */
  measures: ReadonlyMap<string, RecordedMeasure>;
};

export type RecordedMeasure = {
  implementer: string;
  decided: readonly DecidedMeasure[];
  acknowledged?: enforcementFacts.MeasureAcknowledged['data'];
};

export type MeasureFact = Fact &
  (enforcementFacts.MeasuresDecided | enforcementFacts.MeasureAcknowledged);

export const nothingDecided: MeasureRecord = { decisions: [], measures: new Map() };

/** The record after one more fact of the cause's stream. */
export function evolveMeasureRecord(state: MeasureRecord, fact: MeasureFact): MeasureRecord {
  const measures = new Map(state.measures);
  if (fact.type === 'enforcement.measure-acknowledged.v1') {
    const measure = measures.get(fact.data.measure);
    if (measure) measures.set(fact.data.measure, { ...measure, acknowledged: fact.data });
    return { ...state, measures };
  }
  const decision = fact.position;
  for (const row of fact.data.measures) {
    const { decided = [] } = measures.get(row.measure) ?? {};
    if (decided.at(-1)?.decision === decision) continue;
    const until = endOfRows(fact.data.measures.filter((own) => own.measure === row.measure));
    const imposed = { decision, imposed: true, ...(until ? { until } : {}) };
    const measure = measures.get(row.measure) ?? { implementer: row.implementer };
    measures.set(row.measure, { ...measure, decided: [...decided, imposed] });
  }
  for (const [id, measure] of measures) {
    if (measure.decided.at(-1)?.decision === decision) continue;
    measures.set(id, { ...measure, decided: [...measure.decided, { decision, imposed: false }] });
  }
  return { decisions: [...state.decisions, decision], measures };
}

/** @returns when the row that lasts longest ends; undefined when one of them has no end */
export function endOfRows(rows: readonly { until?: LegalTime }[]): LegalTime | undefined {
  let last: LegalTime | undefined;
  for (const { until } of rows) {
    if (until === undefined) return undefined;
    if (last === undefined || compareLegalTimes(until, last) > 0) last = until;
  }
  return last;
}
