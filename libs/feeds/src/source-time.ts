import type { LegalTime } from '@writ/contracts';
import { isLocalDate, localDateAt, startOfDay } from '@writ/law';

const TOKENS: Readonly<Record<string, { part: string; pattern: string }>> = {
  yyyy: { part: 'year', pattern: '(?<year>[0-9]{4})' },
  MM: { part: 'month', pattern: '(?<month>[0-9]{2})' },
  M: { part: 'month', pattern: '(?<month>[0-9]{1,2})' },
  dd: { part: 'day', pattern: '(?<day>[0-9]{2})' },
  d: { part: 'day', pattern: '(?<day>[0-9]{1,2})' },
  HH: { part: 'hour', pattern: '(?<hour>[0-9]{2})' },
  mm: { part: 'minute', pattern: '(?<minute>[0-9]{2})' },
  ss: { part: 'second', pattern: '(?<second>[0-9]{2})' },
};
const TOKEN = /yyyy|MM|M|dd|d|HH|mm|ss/g;
const ISO_INSTANT =
  /^(\d{4}-\d{2}-\d{2})[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})$/u;
const MS_PER_HOUR = 3_600_000;

const patterns = new Map<string, RegExp>();

/** @returns whether a source's times can be read by this format: `iso`, or tokens with a date */
export function isTimeFormat(format: string): boolean {
  if (format === 'iso') return true;
  const parts = (format.match(TOKEN) ?? []).map((token) => TOKENS[token]?.part ?? '');
  const dated = ['year', 'month', 'day'].every((part) => parts.includes(part));
  return dated && new Set(parts).size === parts.length;
}

/**
 * A legal time as a source writes it. A local date stays a local date in the feed's zone; an ISO
 * text with an offset is an instant.
 *
 * @returns undefined when the text is no such time (31 April is none)
 */
export function readLegalTime(text: string, format: string, zone: string): LegalTime | undefined {
  if (format !== 'iso') {
    const date = readParts(text, format)?.date;
    return date === undefined ? undefined : { date, zone };
  }
  if (isLocalDate(text)) return { date: text, zone };
  const instant = readIsoInstant(text);
  return instant === undefined ? undefined : { instant };
}

/**
 * The moment something was observed. A format without a time of day means the day's first moment
 * in the zone: never later than what really was observed.
 *
 * @returns the instant as facts carry it, or undefined when the text is no such time
 */
export function readInstant(text: string, format: string, zone: string): string | undefined {
  if (format === 'iso') {
    if (isLocalDate(text)) return instantText(startOfDay({ date: text, zone }));
    return readIsoInstant(text);
  }
  const parts = readParts(text, format);
  if (!parts) return undefined;
  const { date, hour, minute, second } = parts;
  const sinceMidnight = ((hour * 60 + minute) * 60 + second) * 1000;
  const plain = startOfDay({ date, zone }) + sinceMidnight;
  // On a day the clocks change, the hours after the change are one off from midnight.
  const shown = (ms: number) =>
    localDateAt(ms, zone) === date && hourIn(ms, zone) === hour ? ms : undefined;
  const ms = shown(plain) ?? shown(plain - MS_PER_HOUR) ?? shown(plain + MS_PER_HOUR) ?? plain;
  return instantText(ms);
}

/** @returns an instant's text without a fraction of nothing: `2026-03-01T08:00:00Z` */
export function instantText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function readIsoInstant(text: string): string | undefined {
  const match = ISO_INSTANT.exec(text);
  const ms = match ? Date.parse(text.replace(' ', 'T')) : Number.NaN;
  if (!match || Number.isNaN(ms) || !isLocalDate(match[1] ?? '')) return undefined;
  return instantText(ms);
}

type Parts = { date: string; hour: number; minute: number; second: number };

function readParts(text: string, format: string): Parts | undefined {
  const groups = patternOf(format).exec(text)?.groups;
  if (!groups) return undefined;
  const two = (part: string) => (groups[part] ?? '').padStart(2, '0');
  const date = `${groups['year']}-${two('month')}-${two('day')}`;
  const [hour, minute, second] = [two('hour'), two('minute'), two('second')].map(Number);
  if (!isLocalDate(date) || hour === undefined || minute === undefined || second === undefined) {
    return undefined;
  }
  return hour < 24 && minute < 60 && second < 60 ? { date, hour, minute, second } : undefined;
}

function patternOf(format: string): RegExp {
  let pattern = patterns.get(format);
  if (!pattern) {
    const source = format
      .split(/(yyyy|MM|M|dd|d|HH|mm|ss)/)
      .map((piece) => TOKENS[piece]?.pattern ?? piece.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
      .join('');
    pattern = new RegExp(`^${source}$`, 'u');
    patterns.set(format, pattern);
  }
  return pattern;
}

function hourIn(ms: number, zone: string): number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hour: '2-digit',
    hourCycle: 'h23',
  });
  return Number(format.format(ms));
}
