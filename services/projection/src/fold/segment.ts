import type { LegalTime, StatedTime } from '@writ/contracts';
import { beginsAt, compareInstants, compareLegalTimes, inForce, isEmptyInterval } from '@writ/law';

/**
 * One stretch of legal time [from, until) in which a listing holds on one basis. Where a source
 * states no legal date the time observed stands in, marked so; the fact itself stays as stated.
 */
export type Segment = {
  from: LegalTime;
  until?: LegalTime;
  /** As stated; `not-stated` where the source does not say. */
  basis: string;
  /** `from` is when it was observed, not a legal date; `on-or-before`: it had begun by then. */
  fromObserved?: 'at' | 'on-or-before';
  /** `until` is when its end was observed. */
  untilObserved?: true;
};

/** The earlier of two ends; absent = without end. */
export function earlier(a: LegalTime | undefined, b: LegalTime | undefined): LegalTime | undefined {
  if (!a || !b) return a ?? b;
  return compareLegalTimes(b, a) < 0 ? b : a;
}

/** @returns the segment, or none when it holds no moment */
export function unlessEmpty(segment: Segment): Segment[] {
  const { from, until } = segment;
  return until && isEmptyInterval(from, until) ? [] : [segment];
}

/** The line of segments as it is when everything from `at` on falls away. */
export function cutAt(
  segments: readonly Segment[],
  at: LegalTime,
  mark: Pick<Segment, 'untilObserved'> = {},
): Segment[] {
  return segments.flatMap((segment) => {
    if (segment.until && compareLegalTimes(segment.until, at) <= 0) return [segment];
    return unlessEmpty({ ...segment, until: at, ...mark });
  });
}

/**
 * The line with a later stretch put behind it; joined to its neighbour where nothing but the
 * border told them apart, observed or stated, so that a letter's case changed a hundred times
 * leaves one stretch.
 */
export function followedBy(segments: readonly Segment[], next: Segment): Segment[] {
  const last = segments.at(-1);
  if (!last?.until || last.basis !== next.basis) return [...segments, next];
  if (compareLegalTimes(last.until, next.from) !== 0) return [...segments, next];
  const { until: _, untilObserved: __, ...open } = last;
  const joined = next.until ? { ...open, until: next.until } : open;
  return [...segments.slice(0, -1), joined];
}

/** @returns the segment that holds at a legal time, if any */
export function segmentAt(segments: readonly Segment[], at: LegalTime): Segment | undefined {
  return segments.find(({ from, until }) => inForce(from, until, at));
}

/** The later of two instants. */
export function laterInstant(a: string, b: string): string {
  return compareInstants(a, b) < 0 ? b : a;
}

/** The earlier of two instants. */
export function earlierInstant(a: string, b: string): string {
  return compareInstants(b, a) < 0 ? b : a;
}

/** @returns what the source states, or the time observed in its place */
export function statedOr(stated: StatedTime, observedAt: string): LegalTime {
  return stated === 'not-stated' ? { instant: observedAt } : stated;
}

/** @returns whether a legal time begins before an instant */
export function isBefore(time: LegalTime, instant: string): boolean {
  return compareInstants(beginsAt(time), instant) < 0;
}
