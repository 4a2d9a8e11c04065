import { LEDGERS, type LedgerName, type LegalTime } from '@writ/contracts';
import { isLegalTime } from '@writ/law';
import type { Positions } from './known-at.postgres.js';

/** Where a listing of entries goes on: the same times, after the last entry told. */
export type Cursor = {
  list: string;
  at: LegalTime;
  known: Positions;
  after: { listing: string; ledger: LedgerName };
};

/** @returns the cursor as callers carry it: opaque */
export function cursorOf({ list, at, known, after }: Cursor): string {
  const { listing, ledger } = after;
  return Buffer.from(JSON.stringify([1, list, at, known, listing, ledger])).toString('base64url');
}

/** @returns the cursor, or undefined when it is none of ours */
export function readCursor(text: string): Cursor | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 6 || parts[0] !== 1) return undefined;
  const [, list, at, known, listing, ledger] = parts as [
    1,
    string,
    LegalTime,
    Positions,
    string,
    LedgerName,
  ];
  const strings = typeof list === 'string' && typeof listing === 'string';
  const object = (value: unknown) => typeof value === 'object' && value !== null;
  if (!strings || !object(at) || !object(known) || !LEDGERS.includes(ledger)) return undefined;
  if (!isLegalTime(at)) return undefined;
  if (!LEDGERS.every((name) => Number.isSafeInteger(known[name]))) return undefined;
  return { list, at, known, after: { listing, ledger } };
}
