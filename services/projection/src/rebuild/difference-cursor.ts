import { LEDGERS, type LedgerName } from '@writ/contracts';

/** Where a page of differences goes on: the same rebuild, after the last line told. */
export type DifferenceCursor = { rebuild: string; owner: string; ledger: LedgerName };

/** @returns the cursor as callers carry it: opaque */
export function differenceCursorOf({ rebuild, owner, ledger }: DifferenceCursor): string {
  return Buffer.from(JSON.stringify([1, rebuild, owner, ledger])).toString('base64url');
}

/** @returns the cursor, or undefined when it is none of ours */
export function readDifferenceCursor(text: string): DifferenceCursor | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts.length !== 4 || parts[0] !== 1) return undefined;
  const [, rebuild, owner, ledger] = parts as [1, unknown, unknown, LedgerName];
  if (typeof rebuild !== 'string' || !/^[0-9a-f]{32}$/.test(rebuild)) return undefined;
  if (typeof owner !== 'string' || !LEDGERS.includes(ledger)) return undefined;
  return { rebuild, owner, ledger };
}
