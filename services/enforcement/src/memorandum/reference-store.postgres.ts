import type { Pool, PoolClient } from 'pg';
import {
  evolveReference,
  nothingDeclared,
  type Reference,
  type ReferenceFact,
} from './reference.js';
import { planMeasures, type Plan } from './plan-measures.js';

/** One fact of the reference whose causes are being gone through. */
export type Job = {
  position: number;
  epoch: number;
  correlation: string;
  lists: readonly string[];
  /** The last cause gone through; a list of '' before the first. */
  cursor: { list: string; ledger: string; id: string };
};

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
    `INSERT INTO enforcement.job (position, epoch, correlation, lists) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING`,
    [fact.position, fact.epoch, fact.correlation, lists],
  );
}

type JobRow = {
  position: string;
  epoch: number;
  correlation: string;
  lists: string[];
  cursor_list: string;
  cursor_ledger: string;
  cursor_id: string;
};

/** @returns the oldest job that is not done */
export async function firstOpenJob(db: PoolClient): Promise<Job | undefined> {
  const { rows } = await db.query<JobRow>(
    `SELECT position, epoch, correlation, lists, cursor_list, cursor_ledger, cursor_id
     FROM enforcement.job WHERE NOT done ORDER BY position LIMIT 1`,
  );
  const [row] = rows;
  if (!row) return undefined;
  const { epoch, correlation, lists } = row;
  const cursor = { list: row.cursor_list, ledger: row.cursor_ledger, id: row.cursor_id };
  return { position: Number(row.position), epoch, correlation, lists: lists.sort(), cursor };
}

/** Moves a job to behind a cause, or closes it. */
export async function moveJob(
  db: PoolClient,
  job: Job,
  cursor: Job['cursor'] | 'done',
): Promise<void> {
  if (cursor === 'done') {
    await db.query('UPDATE enforcement.job SET done = true WHERE position = $1', [job.position]);
    return;
  }
  await db.query(
    `UPDATE enforcement.job SET cursor_list = $2, cursor_ledger = $3, cursor_id = $4
     WHERE position = $1`,
    [job.position, cursor.list, cursor.ledger, cursor.id],
  );
}
