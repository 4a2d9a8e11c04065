import { carriedRows, inPrintedOrder, rowsFollowing, type FollowingRow } from '@writ/law';
import type { Origin } from '../cause/cause.js';
import type { Reference } from './reference.js';

/** For every list and origin the rows that follow, worked out once per change of the reference. */
export type Plan = {
  /**
   * @throws RowsExceedOneFact when rows in force or to come exceed what one decision can carry:
   *   regulatory refuses such a memorandum, so nobody should ever see this
   */
  rowsFor(list: string, origin: Origin): readonly FollowingRow[];
  /** Whether a cause on it can restrict: then each look at it is recorded. */
  isRestrictive(list: string): boolean;
  /** The last fact of the reference that touches a list; -1: none. */
  touchedAt(list: string): number;
  /** The last fact of the reference that it rests on; -1: none. */
  position: number;
};

/**
 * Which rows apply to which list, each with its legal interval: the plan does not ask what time it
 * is, answers evaluate that. What has ended before the reference last changed may be left out.
 *
 * Only a restrictive list may restrict, a commendation list only prefer, a scrutiny list nothing;
 * of a list not yet declared nothing follows yet.
 */
export function planMeasures(reference: Reference): Plan {
  const planned = new Map<string, readonly FollowingRow[] | undefined>();
  const rowsOf = (code: string, origin: Origin) => {
    const kind = reference.lists.get(code)?.kind;
    if (kind === undefined) return [];
    const rows = [...reference.memoranda.values()].flatMap((versions) =>
      rowsFollowing(versions, { code, kind }, (admits) => isAdmitted(origin, admits)),
    );
    return carriedRows(rows, { instant: reference.recordedAt })?.sort(inPrintedOrder);
  };
  return {
    rowsFor(list, origin) {
      const key = `${origin} ${list}`;
      if (!planned.has(key)) planned.set(key, rowsOf(list, origin));
      const rows = planned.get(key);
      if (!rows) throw new RowsExceedOneFact(list);
      return rows;
    },
    isRestrictive: (list) => reference.lists.get(list)?.kind === 'restrictive',
    touchedAt: (list) => reference.touched.get(list) ?? -1,
    position: reference.position,
  };
}

/** What regulatory would have refused: nothing is dropped to make it fit. */
export class RowsExceedOneFact extends Error {
  constructor(list: string) {
    super(`what follows from ${list} exceeds one fact`);
  }
}

/** A row that admits what was taken in admits what Writ itself decided all the more. */
function isAdmitted(origin: Origin, admits: Origin): boolean {
  return origin === 'decided' || admits === 'taken-in';
}
