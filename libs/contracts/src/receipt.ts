import { REFERENCE_BUCKET } from './bucket.js';
import { LEDGERS, type LedgerName } from './envelope.js';

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

const WHOLE = '(0|[1-9]\\d{0,14})';
const TOKEN = new RegExp(`^1\\.([cre])\\.([1-9]\\d{0,8})\\.${WHOLE}\\.${WHOLE}\\.${WHOLE}$`);

/**
 * @returns the point a token names, or undefined when it is not a token of ours; a point has one
 *   token only
 */
export function decodeToken(token: string): ReceiptPoint | undefined {
  const match = TOKEN.exec(Buffer.from(token, 'base64url').toString('ascii'));
  const ledger = LEDGERS.find((name) => LEDGER_LETTER[name] === match?.[1]);
  if (!match || !ledger) return undefined;
  const [epoch = 0, position = 0, bucket = 0, aliasSequence = 0] = match.slice(2).map(Number);
  const point = { ledger, epoch, position, bucket, aliasSequence };
  return bucket <= REFERENCE_BUCKET && encodeToken(point) === token ? point : undefined;
}
