import {
  LEDGERS,
  POSITION_KEYS,
  type AnswerPosition,
  type LedgerName,
  type LegalTime,
} from '@writ/contracts';
import { isInstant, isLegalTime } from '@writ/law';
import type { When } from '../answer/answer.js';

/** Where a listing of entries goes on: the same times, after the last entry told. */
export type Cursor = {
  list: string;
  when: When;
  known: AnswerPosition;
  after: { listing: string; ledger: LedgerName };
};

/** @returns the cursor as callers carry it: opaque */
export function cursorOf({ list, when, known, after }: Cursor): string {
  const { listing, ledger } = after;
  return Buffer.from(JSON.stringify([3, list, when, known, listing, ledger])).toString('base64url');
}

/** @returns the cursor, or undefined when it is none of ours */
export function readCursor(text: string): Cursor | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 6 || parts[0] !== 3) return undefined;
  const [, list, when, known, listing, ledger] = parts as [
    3,
    string,
    When,
    AnswerPosition,
    string,
    LedgerName,
  ];
  const strings = typeof list === 'string' && typeof listing === 'string';
  const object = (value: unknown) => typeof value === 'object' && value !== null;
  if (!strings || !object(when) || !object(known) || !LEDGERS.includes(ledger)) return undefined;
  if (!isWhen(when)) return undefined;
  if (!POSITION_KEYS.every((name) => Number.isSafeInteger(known[name]))) return undefined;
  return { list, when, known, after: { listing, ledger } };
}

function isWhen({ now, asOf }: { now?: unknown; asOf?: LegalTime | null }): boolean {
  if (now !== undefined) return typeof now === 'string' && isInstant(now);
  return typeof asOf === 'object' && asOf !== null && isLegalTime(asOf);
}
