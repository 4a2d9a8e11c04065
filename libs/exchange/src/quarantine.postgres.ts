import type { DeliveredFact, LedgerName } from '@writ/contracts';
import { subjectKey, type ParkReason, type Parking } from './set-aside.js';
import type { Sql } from './place-store.postgres.js';

/** A subject whose facts wait, with all that came after the first. */
export type Quarantined = {
  consumer: string;
  ledger: LedgerName;
  /** Empty for facts of the ledger that concern no subject. */
  subject: string;
  bucket: number;
  firstPosition: number;
  reason: ParkReason;
  factType: string;
  since: string;
  /** Waiting positions in order; the facts themselves are in the ledger. */
  positions: number[];
};

/** @returns keys (`subjectKey`) of what waits in these buckets; read after locking their places */
export async function parkedSubjects(
  db: Sql,
  consumer: string,
  buckets: readonly number[],
): Promise<Set<string>> {
  const { rows } = await db.query<{ ledger: LedgerName; subject: string }>(
    'SELECT ledger, subject FROM exchange.quarantine WHERE consumer = $1 AND bucket = ANY($2)',
    [consumer, buckets],
  );
  return new Set(rows.map(subjectKey));
}

/** Parks facts, in order; a subject that waits already only gets longer. */
export async function park(
  db: Sql,
  consumer: string,
  parkings: readonly Parking[],
  since: Date,
): Promise<void> {
  for (const { fact, reason } of parkings) {
    await db.query(
      `INSERT INTO exchange.quarantine AS q
         (consumer, ledger, subject, bucket, first_position, reason, fact_type, since, positions)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, ARRAY[$5::bigint])
       ON CONFLICT (consumer, ledger, subject)
       DO UPDATE SET positions = q.positions || excluded.first_position
       WHERE NOT excluded.first_position = ANY(q.positions)`,
      [
        ...[consumer, fact.ledger, fact.subject ?? '', fact.bucket, fact.position],
        ...[reason, fact.type, since],
      ],
    );
  }
}

/** @returns all that waits for a consumer (or for any), oldest first: `writ quarantine list` */
export async function listQuarantine(db: Sql, consumer?: string): Promise<Quarantined[]> {
  const { rows } = await db.query<QuarantineRow>(
    `SELECT * FROM exchange.quarantine WHERE $1::text IS NULL OR consumer = $1
     ORDER BY since, ledger, first_position`,
    [consumer ?? null],
  );
  return rows.map(asQuarantined);
}

/** Locks one subject's row. Lock its bucket's place first, or a delivery may pass by. */
export async function lockQuarantined(
  db: Sql,
  of: { consumer: string; ledger: LedgerName; subject: string },
): Promise<Quarantined | undefined> {
  const { rows } = await db.query<QuarantineRow>(
    `SELECT * FROM exchange.quarantine
     WHERE consumer = $1 AND ledger = $2 AND subject = $3 FOR UPDATE`,
    [of.consumer, of.ledger, of.subject],
  );
  return rows[0] && asQuarantined(rows[0]);
}

/** Lets go of what was applied: the rest waits on for another reason, or nothing does. */
export async function releaseQuarantined(
  db: Sql,
  of: { consumer: string; ledger: LedgerName; subject: string },
  rest: { facts: readonly DeliveredFact[]; reason: ParkReason } | undefined,
): Promise<void> {
  const first = rest?.facts[0];
  const where = 'WHERE consumer = $1 AND ledger = $2 AND subject = $3';
  const key = [of.consumer, of.ledger, of.subject];
  if (!rest || !first) {
    await db.query(`DELETE FROM exchange.quarantine ${where}`, key);
    return;
  }
  await db.query(
    `UPDATE exchange.quarantine SET positions = $4, first_position = $5, reason = $6,
       fact_type = $7 ${where}`,
    [...key, rest.facts.map(({ position }) => position), first.position, rest.reason, first.type],
  );
}

type QuarantineRow = {
  consumer: string;
  ledger: LedgerName;
  subject: string;
  bucket: number;
  first_position: string;
  reason: ParkReason;
  fact_type: string;
  since: Date;
  positions: string[];
};

function asQuarantined(row: QuarantineRow): Quarantined {
  return {
    consumer: row.consumer,
    ledger: row.ledger,
    subject: row.subject,
    bucket: row.bucket,
    firstPosition: Number(row.first_position),
    reason: row.reason,
    factType: row.fact_type,
    since: row.since.toISOString(),
    positions: row.positions.map(Number),
  };
}
