import type { LedgerName } from './envelope.js';

/** What a writer holds in its hands: proof that its fact is recorded, and a token to wait on. */
export type Receipt = {
  ledger: LedgerName;
  epoch: number;
  /** Of the command's last event. */
  position: number;
  /** Hex SHA-256 leaf of that event (RFC 6962). */
  leaf: string;
  stream: string;
  version: number;
  recordedAt: string;
  /** The identity service's alias sequence that the command's subjects need; 0 when none. */
  aliasSequence: number;
  /** Opaque to callers; `atLeast` takes it. */
  token: string;
};

/** The content of a token. */
export type ReceiptPoint = {
  ledger: LedgerName;
  epoch: number;
  position: number;
  /** The bucket of the event at `position`. */
  bucket: number;
  aliasSequence: number;
};

const LEDGER_LETTER: Record<LedgerName, string> = { court: 'c', regulatory: 'r', enforcement: 'e' };

/** @returns the opaque token of a point */
export function encodeToken(point: ReceiptPoint): string {
  const { ledger, epoch, position, bucket, aliasSequence } = point;
  const text = `1.${LEDGER_LETTER[ledger]}.${epoch}.${position}.${bucket}.${aliasSequence}`;
  return Buffer.from(text, 'ascii').toString('base64url');
}

/** @returns the point a token names, or undefined when it is not a token of ours */
export function decodeToken(token: string): ReceiptPoint | undefined {
  const text = Buffer.from(token, 'base64url').toString('ascii');
  const match = /^1\.([cre])\.(\d{1,9})\.(\d{1,15})\.(\d{1,2})\.(\d{1,15})$/.exec(text);
  if (!match) return undefined;
  const ledger = (Object.keys(LEDGER_LETTER) as LedgerName[]).find(
    (name) => LEDGER_LETTER[name] === match[1],
  );
  const [epoch, position, bucket, aliasSequence] = match.slice(2).map(Number);
  if (ledger === undefined || epoch === undefined || position === undefined) return undefined;
  if (bucket === undefined || aliasSequence === undefined || bucket > 32) return undefined;
  return { ledger, epoch, position, bucket, aliasSequence };
}
