import type { Pool, PoolClient } from 'pg';
import {
  evolveReference,
  nothingDeclared,
  type Reference,
  type ReferenceFact,
} from './reference.js';
import { planMeasures, type Plan } from './plan-measures.js';

/** A list whose causes are being gone through because of a fact of the reference. */
export type Job = {
  position: number;
  list: string;
  epoch: number;
  correlation: string;
  /** The last cause gone through; empty before the first. */
  cursor: { ledger: string; id: string };
};

/** A list that is set aside, since its causes could not be gone through. */
export type WaitingList = { list: string; position: number; reason: string; since: string };

/**
 * Lists and memoranda as recorded. Few and needed by every decision, so each process keeps them
 * folded and reads only what came since.
 */
export class ReferenceStore {
  private reference: Reference = nothingDeclared;
  private plan: Plan = planMeasures(nothingDeclared);

  /** @returns the reference as the transaction sees it */
  async current(db: Pool | PoolClient): Promise<Reference> {
    const { rows } = await db.query<{ canonical: string }>(
      'SELECT canonical FROM enforcement.reference_fact WHERE position > $1 ORDER BY position',
      [this.reference.position],
    );
    const facts = rows.map(({ canonical }) => JSON.parse(canonical) as ReferenceFact);
    this.reference = facts.reduce(evolveReference, this.reference);
    return this.reference;
  }

  /** @returns what follows from the reference as the transaction sees it */
  async planOf(db: Pool | PoolClient): Promise<Plan> {
    const reference = await this.current(db);
    if (this.plan.position !== reference.position) this.plan = planMeasures(reference);
    return this.plan;
  }
}

/**
 * Keeps a fact of the reference and opens its job; again changes nothing. The transaction must hold
 * the reference alone.
 */
export async function addReferenceFact(
  db: PoolClient,
  fact: ReferenceFact,
  canonical: string,
  lists: readonly string[],
): Promise<void> {
  await db.query(
    `INSERT INTO enforcement.reference_fact (position, canonical) VALUES ($1, $2)
     ON CONFLICT DO NOTHING`,
    [fact.position, canonical],
  );
  await db.query(
    `INSERT INTO enforcement.list_job (position, list, epoch, correlation)
     SELECT $1, list, $2, $3 FROM unnest($4::text[]) AS list ON CONFLICT DO NOTHING`,
    [fact.position, fact.epoch, fact.correlation, lists],
  );
}

type JobRow = Omit<Job, 'position' | 'cursor'> & {
  position: string;
  cursor_ledger: string;
  cursor_id: string;
};

/**
 * @returns the oldest job to go on with. The newest of a list stands for all before it, since
 *   each goes through the same causes under what is declared by then.
 */
export async function firstOpenJob(db: PoolClient): Promise<Job | undefined> {
  const { rows } = await db.query<JobRow>(
    `SELECT position, list, epoch, correlation, cursor_ledger, cursor_id
     FROM enforcement.list_job job
     WHERE NOT done AND NOT waiting AND NOT EXISTS (
       SELECT FROM enforcement.list_job newer
       WHERE NOT newer.done AND newer.list = job.list AND newer.position > job.position)
     ORDER BY position, list LIMIT 1`,
  );
  const [row] = rows;
  if (!row) return undefined;
  const { cursor_ledger: ledger, cursor_id: id, position, ...job } = row;
  return { ...job, position: Number(position), cursor: { ledger, id } };
}

/** Moves a job to behind a cause, or closes it with all before it. */
export async function moveJob(
  db: PoolClient,
  { position, list }: Job,
  cursor: Job['cursor'] | 'done',
): Promise<void> {
  if (cursor === 'done') {
    await db.query(
      `UPDATE enforcement.list_job SET done = true, waiting = false, reason = NULL, since = NULL
       WHERE list = $2 AND position <= $1 AND NOT done`,
      [position, list],
    );
    return;
  }
  await db.query(
    `UPDATE enforcement.list_job SET cursor_ledger = $3, cursor_id = $4, failures = 0
     WHERE position = $1 AND list = $2`,
    [position, list, cursor.ledger, cursor.id],
  );
}

/** Counts a failure; the last one allowed sets the list aside. @returns whether it did */
export async function noteFailure(
  db: Pool,
  { position, list }: Job,
  trouble: { reason: string; failuresMax: number },
): Promise<boolean> {
  const { rows } = await db.query<{ waiting: boolean }>(
    `UPDATE enforcement.list_job SET failures = failures + 1, reason = $3,
       since = coalesce(since, now()), waiting = failures + 1 >= $4
     WHERE position = $1 AND list = $2 RETURNING waiting`,
    [position, list, trouble.reason, trouble.failuresMax],
  );
  return rows[0]?.waiting ?? false;
}

/** @returns the lists set aside, longest first */
export async function waitingLists(db: Pool): Promise<WaitingList[]> {
  const { rows } = await db.query<Omit<WaitingList, 'since'> & { since: Date }>(
    `SELECT list, position::float8 AS position, reason, since FROM enforcement.list_job
     WHERE waiting AND NOT done ORDER BY since, list`,
  );
  return rows.map((row) => ({ ...row, since: row.since.toISOString() }));
}

/** Opens what is set aside: of one list, or of all. */
export async function reopenLists(db: Pool, list?: string): Promise<void> {
  await db.query(
    `UPDATE enforcement.list_job SET waiting = false, failures = 0
     WHERE waiting AND NOT done AND ($1::text IS NULL OR list = $1)`,
    [list ?? null],
  );
}
