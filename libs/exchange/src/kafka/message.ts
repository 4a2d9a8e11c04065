import type { DeliveredFact, LedgerName, Watermark } from '@writ/contracts';

/** A message before it has a partition: CloudEvents 1.0, Kafka binary mode. */
export type OutgoingMessage = {
  key: string | null;
  /** null deletes the key from a compacted topic; a fact or a watermark always has one. */
  value: string | null;
  headers: Record<string, string>;
};

/** Headers as a client hands them over. */
export type IncomingHeaders = Record<string, Buffer | string | (Buffer | string)[] | undefined>;

/** @returns the message of a fact; the value is the recorded text, byte for byte */
export function encodeFact(fact: DeliveredFact): OutgoingMessage & { value: string } {
  const { ledger, epoch, position, prev, bucket, type, subject, canonical } = fact;
  const time = recordedAtOf(canonical);
  return {
    key: subject ?? null,
    value: canonical,
    headers: {
      ce_specversion: '1.0',
      ce_id: `${ledger}/${epoch}/${position}`,
      ce_source: `/writ/${ledger}`,
      ce_type: type,
      ...(time === undefined ? {} : { ce_time: time }),
      ...(subject === undefined ? {} : { ce_subject: subject }),
      'content-type': 'application/json',
      ce_ledger: ledger,
      ce_epoch: String(epoch),
      ce_position: String(position),
      ce_prev: String(prev),
      ce_bucket: String(bucket),
    },
  };
}

/**
 * Reads a message's envelope from its headers alone; the body is not parsed here.
 *
 * @param expected what topic and partition say the message must be
 * @returns the fact, or undefined when the envelope cannot be read or contradicts its partition
 */
export function decodeFact(
  headers: IncomingHeaders | undefined,
  value: Buffer | null,
  expected: { ledger: LedgerName; bucket: number },
): DeliveredFact | undefined {
  if (!headers || value === null) return undefined;
  const named = namedIn(headers);
  const prev = wholeNumber(headers['ce_prev']);
  const type = text(headers['ce_type']);
  const subject = text(headers['ce_subject']);
  const isOurs =
    text(headers['ce_ledger']) === expected.ledger &&
    wholeNumber(headers['ce_bucket']) === expected.bucket;
  if (!isOurs || !type || !named || prev === undefined) return undefined;
  const { epoch, position } = named;
  if (prev >= position) return undefined;
  return {
    ledger: expected.ledger,
    epoch,
    position,
    bucket: expected.bucket,
    prev,
    type,
    ...(subject === undefined ? {} : { subject }),
    canonical: value.toString('utf8'),
  };
}

/** @returns which fact the headers name, or undefined when they name none */
export function namedIn(
  headers: IncomingHeaders | undefined,
): { epoch: number; position: number } | undefined {
  const epoch = wholeNumber(headers?.['ce_epoch']);
  const position = wholeNumber(headers?.['ce_position']);
  if (epoch === undefined || position === undefined || epoch < 1 || position < 0) return undefined;
  return { epoch, position };
}

/** @returns the message of a watermark; only the newest of a bucket matters */
export function encodeWatermark(watermark: Watermark): OutgoingMessage & { value: string } {
  return {
    key: String(watermark.bucket),
    value: JSON.stringify(watermark),
    headers: { 'content-type': 'application/json' },
  };
}

/** @returns the watermark, or undefined when it is none of that ledger's */
export function decodeWatermark(value: Buffer | null, ledger: LedgerName): Watermark | undefined {
  if (value === null) return undefined;
  try {
    const watermark = JSON.parse(value.toString('utf8')) as Watermark;
    const numbers = [watermark.epoch, watermark.bucket, watermark.upTo, watermark.last];
    const isReadable = watermark.ledger === ledger && numbers.every(Number.isSafeInteger);
    return isReadable ? watermark : undefined;
  } catch {
    return undefined;
  }
}

/** Member names are sorted, so the envelope's own `recordedAt` comes after everything in `data`. */
function recordedAtOf(canonical: string): string | undefined {
  const name = '"recordedAt":"';
  const start = canonical.lastIndexOf(name);
  if (start < 0) return undefined;
  const from = start + name.length;
  return canonical.slice(from, canonical.indexOf('"', from));
}

function text(header: IncomingHeaders[string]): string | undefined {
  if (header === undefined || Array.isArray(header)) return undefined;
  return typeof header === 'string' ? header : header.toString('latin1');
}

/** Digits are read as the bytes they are: four numbers a message are not worth a text each. */
function wholeNumber(header: IncomingHeaders[string]): number | undefined {
  if (header === undefined || Array.isArray(header)) return undefined;
  const digits = typeof header === 'string' ? Buffer.from(header, 'latin1') : header;
  const { length } = digits;
  if (length === 2 && digits[0] === MINUS && digits[1] === ZERO + 1) return -1;
  if (length === 0 || length > DIGITS_MAX || (length > 1 && digits[0] === ZERO)) return undefined;
  let number = 0;
  for (let at = 0; at < length; at++) {
    const digit = (digits[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    number = number * 10 + digit;
  }
  return number;
}

const MINUS = 0x2d;
const ZERO = 0x30;
const DIGITS_MAX = 16;
