import { compareInstants } from '@writ/law';

/** Snapshots taken in so far, oldest first. */
export type TakenIn = { snapshot: string; digest: string; observedAt: string };
export type UnitStanding = 'new' | 'taken-in' | UnitRefusal;
export type UnitRefusal =
  | 'snapshot_is_older_than_the_last'
  | 'snapshot_differs_from_the_one_taken_in'
  | 'snapshot_is_observed_in_the_future';

/** Is this snapshot new, already taken in whole, or not to be taken in at all? */
export function standingOf(unit: TakenIn, takenIn: readonly TakenIn[], now: string): UnitStanding {
  const same = takenIn.find(({ snapshot }) => snapshot === unit.snapshot);
  if (same) {
    // Of another time it is another copy, whatever its source calls it: never passed over.
    const isSame =
      same.digest === unit.digest && compareInstants(same.observedAt, unit.observedAt) === 0;
    return isSame ? 'taken-in' : 'snapshot_differs_from_the_one_taken_in';
  }
  const last = takenIn.at(-1);
  if (last && compareInstants(unit.observedAt, last.observedAt) <= 0) {
    return 'snapshot_is_older_than_the_last';
  }
  if (compareInstants(unit.observedAt, now) > 0) return 'snapshot_is_observed_in_the_future';
  return 'new';
}
