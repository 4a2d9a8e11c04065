import type { enforcementFacts, LegalTime, regulatoryFacts } from '@writ/contracts';
import { compareLegalTimes, hasBegun, isEmptyInterval } from './legal-time.js';

type MemorandumVersion = regulatoryFacts.MemorandumRecorded['data'];
type ListKind = regulatoryFacts.ListDeclared['data']['kind'];

/** A row of `measures-decided` before the cause gives it its measure id. */
export type FollowingRow = Omit<
  enforcementFacts.MeasuresDecided['data']['measures'][number],
  'measure'
>;

/**
 * What one decision carries: the complete rows of one cause in one fact of at most 60,000 bytes,
 * its envelope among them.
 */
const ROWS_MAX = 200;
const BYTES_MAX = 56_000;
/** `"measure":"<64 hex digits>",` */
const MEASURE_ID_BYTES = 77;

/**
 * The rows of a memorandum that apply to a list, each with the legal interval of its version: a
 * later version holds from its own first moment on, so that each ends where the first later one
 * begins, and one that never held is left out.
 *
 * @param versions of one memorandum, in their order
 * @param admitted whether a row that admits such listings applies
 */
export function rowsFollowing(
  versions: readonly MemorandumVersion[],
  list: { code: string; kind: ListKind },
  admitted: (admits: MemorandumVersion['rows'][number]['admits']) => boolean = () => true,
): FollowingRow[] {
  return versions.flatMap((version, index) => {
    const interval = intervalOf(version, versions.slice(index + 1));
    if (!interval) return [];
    const { memorandum, memorandumVersion } = version;
    return version.rows
      .filter((row) => row.list === list.code && row.effect === effectOf(list.kind))
      .filter(({ admits }) => admitted(admits))
      .map(({ row, measure: code, effect, implementer, legalBasis }) => ({
        code,
        effect,
        implementer,
        memorandum,
        memorandumVersion,
        row,
        legalBasis,
        ...interval,
      }));
  });
}

/**
 * The rows that a decision made no earlier than `at` carries: all that are in force then or will
 * be, and of those that were, as many as fit, those that ended last first. Earlier decisions still
 * say what followed from the others.
 *
 * @returns undefined when rows in force or to come would have to be left out
 */
export function carriedRows<R extends FollowingRow>(
  rows: readonly R[],
  at: LegalTime,
): R[] | undefined {
  const carried: R[] = [];
  let bytes = 0;
  for (const row of [...rows].sort(endingLastFirst)) {
    bytes += Buffer.byteLength(JSON.stringify(row)) + MEASURE_ID_BYTES + 1;
    if (carried.length === ROWS_MAX || bytes > BYTES_MAX) {
      // All that follow have ended no later.
      return row.until !== undefined && hasBegun(row.until, at) ? carried : undefined;
    }
    carried.push(row);
  }
  return carried;
}

/** Only a restrictive list may restrict, a commendation list only prefer, scrutiny nothing. */
function effectOf(kind: ListKind): FollowingRow['effect'] | undefined {
  if (kind === 'restrictive') return 'restriction';
  return kind === 'commendation' ? 'preference' : undefined;
}

function intervalOf(
  version: { effectiveFrom: LegalTime; until?: LegalTime },
  later: readonly { effectiveFrom: LegalTime }[],
): { from: LegalTime; until?: LegalTime } | undefined {
  const { effectiveFrom: from } = version;
  const ends = later.map(({ effectiveFrom }) => effectiveFrom);
  if (version.until) ends.push(version.until);
  const [until] = ends.sort(compareLegalTimes);
  if (!until) return { from };
  return isEmptyInterval(from, until) ? undefined : { from, until };
}

/** A row without end ends last; of equals, the order does not depend on who asks. */
function endingLastFirst(a: FollowingRow, b: FollowingRow): number {
  if (a.until && b.until) return compareLegalTimes(b.until, a.until) || inPrintedOrder(a, b);
  return Number(a.until !== undefined) - Number(b.until !== undefined) || inPrintedOrder(a, b);
}

/** The order in which a decision names its rows. */
export function inPrintedOrder(a: FollowingRow, b: FollowingRow): number {
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
