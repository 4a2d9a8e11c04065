const PARTS =
  /^P(?=.)(?:(\d{1,6})W|(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?)$/;
const MS = { week: 604_800_000, day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1_000 };

/**
 * An ISO 8601 duration whose length does not depend on the calendar: weeks, or days, hours,
 * minutes and seconds, whole numbers.
 *
 * @returns milliseconds; undefined when it is no such duration (a month has no length by itself)
 */
export function durationMs(text: string): number | undefined {
  const match = PARTS.exec(text);
  if (!match) return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  return (
    weeks * MS.week + days * MS.day + hours * MS.hour + minutes * MS.minute + seconds * MS.second
  );
}
