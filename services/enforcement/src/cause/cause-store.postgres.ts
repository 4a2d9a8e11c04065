import type { LegalTime } from '@writ/contracts';
import { beginsAt } from '@writ/law';
import type { PoolClient } from 'pg';
import type { Cause } from './cause.js';

export type CauseKey = { ledger: string; id: string };

/** @returns one text per cause, for maps */
export function causeText({ ledger, id }: CauseKey): string {
  return `${ledger}-${id}`;
}

type CauseRow = Omit<Cause, 'position' | 'until'> & { position: string; until: LegalTime | null };

const COLUMNS = 'ledger, id, subject, list, origin, ended, position, until';

/** @returns the causes known by these keys, by `causeText` */
export async function loadCauses(
  db: PoolClient,
  keys: readonly CauseKey[],
): Promise<Map<string, Cause>> {
  const { rows } = await db.query<CauseRow>(
    `SELECT ${COLUMNS} FROM enforcement.cause
     WHERE (ledger, id) IN (
       SELECT ledger, id FROM jsonb_to_recordset($1) AS (ledger text, id text))`,
    [JSON.stringify(keys.map(({ ledger, id }) => ({ ledger, id })))],
  );
  return new Map(rows.map((row) => [causeText(row), asCause(row)]));
}

/** Writes causes; one that has moved on in the meantime is left as it is. */
export async function saveCauses(db: PoolClient, causes: readonly Cause[]): Promise<void> {
  if (causes.length === 0) return;
  const rows = causes.map((cause) => ({
    ...cause,
    ends_at: cause.until ? beginsAt(cause.until) : null,
  }));
  await db.query(
    `INSERT INTO enforcement.cause (${COLUMNS}, ends_at)
     SELECT ${COLUMNS}, ends_at FROM jsonb_to_recordset($1) AS (
       ledger text, id text, subject text, list text, origin text, ended boolean,
       position bigint, until jsonb, ends_at timestamptz)
     ON CONFLICT (ledger, id) DO UPDATE SET ended = excluded.ended,
       position = excluded.position, until = excluded.until, ends_at = excluded.ends_at
     WHERE cause.position < excluded.position`,
    [JSON.stringify(rows)],
  );
}

/** A page of a list's causes in the order of ledger and id, behind a cause. */
export async function causesOfList(
  db: PoolClient,
  list: string,
  after: CauseKey,
  limit: number,
): Promise<Cause[]> {
  const { rows } = await db.query<CauseRow>(
    `SELECT ${COLUMNS} FROM enforcement.cause
     WHERE list = $1 AND (ledger, id) > ($2, $3) ORDER BY ledger, id LIMIT $4`,
    [list, after.ledger, after.id, limit],
  );
  return rows.map(asCause);
}

function asCause({ until, ...row }: CauseRow): Cause {
  const cause = { ...row, position: Number(row.position) };
  return until === null ? cause : { ...cause, until };
}
