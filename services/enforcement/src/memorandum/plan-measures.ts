import type { enforcementFacts, LegalTime } from '@writ/contracts';
import { compareLegalTimes, isEmptyInterval } from '@writ/law';
import type { Origin } from '../cause/cause.js';
import type { Reference } from './reference.js';

/** A row of `measures-decided` before the cause gives it its measure id. */
export type PlannedRow = Omit<
  enforcementFacts.MeasuresDecided['data']['measures'][number],
  'measure'
>;

/** For every list and origin the rows that follow, worked out once per change of the reference. */
export type Plan = {
  /** @throws Error when the rows in force exceed what one decision can carry */
  rowsFor(list: string, origin: Origin): readonly PlannedRow[];
  /** The last fact of the reference that it rests on; -1: none. */
  position: number;
};

/** A cause's decision must fit into one fact: 200 rows, 60,000 bytes with its envelope. */
const ROWS_MAX = 200;
const BYTES_MAX = 56_000;
const MEASURE_ID_BYTES = 80;

/**
 * Which rows apply to which list. A later version of a memorandum holds from its own first moment
 * on, so that each version ends where the first later one begins, and one that never held is left
 * out. The plan does not ask what time it is: rows carry their legal interval, answers evaluate it.
 *
 * Only a restrictive list may restrict, a commendation list only prefer, a scrutiny list nothing;
 * of a list not yet declared nothing follows yet.
 */
export function planMeasures(reference: Reference): Plan {
  const planned = new Map<string, PlannedRow[]>();
  for (const versions of reference.memoranda.values()) {
    for (const [index, version] of versions.entries()) {
      const interval = intervalOf(version, versions.slice(index + 1));
      if (!interval) continue;
      for (const row of version.rows) {
        if (row.effect !== effectOf(reference.lists.get(row.list)?.kind)) continue;
        const { memorandum, memorandumVersion } = version;
        const { row: rowCode, measure: code, effect, implementer, legalBasis } = row;
        const line: PlannedRow = {
          code,
          effect,
          implementer,
          memorandum,
          memorandumVersion,
          row: rowCode,
          legalBasis,
          ...interval,
        };
        for (const origin of originsOf(row.admits)) push(planned, keyOf(row.list, origin), line);
      }
    }
  }
  const fitting = new Map([...planned].map(([key, rows]) => [key, newestThatFit(rows)]));
  return {
    rowsFor(list, origin) {
      const rows = fitting.get(keyOf(list, origin)) ?? [];
      if (rows === 'too-many') throw new Error(`what follows from ${list} exceeds one fact`);
      return rows;
    },
    position: reference.position,
  };
}

type Interval = { from: LegalTime; until?: LegalTime };

function intervalOf(
  version: { effectiveFrom: LegalTime; until?: LegalTime },
  later: readonly { effectiveFrom: LegalTime }[],
): Interval | undefined {
  const ends = later.map(({ effectiveFrom }) => effectiveFrom);
  if (version.until) ends.push(version.until);
  const until = ends.reduce<LegalTime | undefined>(
    (first, end) => (!first || compareLegalTimes(end, first) < 0 ? end : first),
    undefined,
  );
  if (!until) return { from: version.effectiveFrom };
  return isEmptyInterval(version.effectiveFrom, until)
    ? undefined
    : { from: version.effectiveFrom, until };
}

function effectOf(kind: string | undefined): PlannedRow['effect'] | undefined {
  if (kind === 'restrictive') return 'restriction';
  if (kind === 'commendation') return 'preference';
  return undefined;
}

/** A row that admits what was taken in admits what Writ itself decided all the more. */
function originsOf(admits: Origin): Origin[] {
  return admits === 'taken-in' ? ['decided', 'taken-in'] : ['decided'];
}

/** Versions superseded longest ago go first; earlier decisions still say what followed then. */
function newestThatFit(rows: readonly PlannedRow[]): PlannedRow[] | 'too-many' {
  const newestFirst = [...rows].sort((a, b) => byEnd(b, a) || inPrintedOrder(a, b));
  const kept: PlannedRow[] = [];
  let bytes = 0;
  for (const row of newestFirst) {
    bytes += Buffer.byteLength(JSON.stringify(row)) + MEASURE_ID_BYTES;
    if (kept.length === ROWS_MAX || bytes > BYTES_MAX) {
      if (row.until === undefined) return 'too-many';
      break;
    }
    kept.push(row);
  }
  return kept.sort(inPrintedOrder);
}

/** A row without end ends last. */
function byEnd(a: PlannedRow, b: PlannedRow): number {
  if (a.until && b.until) return compareLegalTimes(a.until, b.until);
  return Number(a.until === undefined) - Number(b.until === undefined);
}

function inPrintedOrder(a: PlannedRow, b: PlannedRow): number {
  return (
    byText(a.memorandum, b.memorandum) ||
    a.memorandumVersion - b.memorandumVersion ||
    byText(a.row, b.row) ||
    byText(a.code, b.code) ||
    byText(a.implementer, b.implementer)
  );
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyOf(list: string, origin: Origin): string {
  return `${origin} ${list}`;
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
