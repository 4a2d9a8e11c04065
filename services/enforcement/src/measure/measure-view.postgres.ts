import type { DeliveredFact } from '@writ/contracts';
import { inOneFlight, inTransaction } from '@writ/exchange';
import type { LedgerReader } from '@writ/ledger';
import type { Pool, PoolClient } from 'pg';
import { causeText, type CauseKey } from '../cause/cause-store.postgres.js';
import type { DecidedRows, StandingDecision } from '../cause/decide-measures.js';
import { foldMeasures, type LastDecision, type MeasureRow } from './fold-measures.js';
import type { MeasureFact } from './measure-record.js';

const PAGE = 5_000;

/**
 * What enforcement's own ledger says, folded: each cause's last decision, and each measure with
 * what its implementer did. Nothing else writes these tables, so they never know of a decision
 * that is not recorded; whoever needs them current calls `catchUp` first.
 */
export class MeasureView {
  /** Where another process, or this one, was last seen to have come. */
  private position = -1;

  constructor(
    private readonly pool: Pool,
    private readonly ledger: Pick<LedgerReader, 'readFrom' | 'head'>,
  ) {}

  /** Folds everything recorded by now. */
  async catchUp(): Promise<void> {
    const { size } = await this.ledger.head();
    while (this.position < size - 1) {
      this.position = await inTransaction(this.pool, (db) => this.foldPage(db));
    }
  }

  private async foldPage(db: PoolClient): Promise<number> {
    const { rows } = await db.query<{ position: string }>(
      'SELECT position FROM enforcement.view_place FOR UPDATE',
    );
    const place = Number(rows[0]?.position ?? -1);
    const { facts } = await this.ledger.readFrom(place, PAGE);
    const last = facts.at(-1);
    if (!last) return place;
    const { decisions, measures } = await this.fold(db, facts);
    await inOneFlight(db, () => [
      saveDecisions(db, decisions),
      saveMeasures(db, measures),
      db.query('UPDATE enforcement.view_place SET position = $1', [last.position]),
    ]);
    return last.position;
  }

  private async fold(db: PoolClient, delivered: readonly DeliveredFact[]) {
    const facts = delivered.map(({ canonical }) => JSON.parse(canonical) as MeasureFact);
    const causes = facts.map(({ data }) => data.cause);
    const [decisions, measures] = await inOneFlight<[Map<string, LastDecision>, MeasureRow[]]>(
      db,
      () => [lastDecisions(db, causes), measuresOf(db, causes)],
    );
    return foldMeasures(decisions, measures, facts);
  }

  /** @returns the last decision of each cause that has one, by `causeText` */
  async decisions(causes: readonly CauseKey[]): Promise<Map<string, LastDecision>> {
    return lastDecisions(this.pool, causes);
  }
}

const CAUSES = `SELECT ledger, id FROM jsonb_to_recordset($1) AS (ledger text, id text)`;

function causesText(causes: readonly CauseKey[]): string {
  const distinct = new Map(causes.map(({ ledger, id }) => [`${ledger}-${id}`, { ledger, id }]));
  return JSON.stringify([...distinct.values()]);
}

type DecisionRow = {
  ledger: string;
  id: string;
  version: number;
  position: string;
  based_on: StandingDecision['basedOn'] | null;
  measures: string;
};

async function lastDecisions(
  db: Pool | PoolClient,
  causes: readonly CauseKey[],
): Promise<Map<string, LastDecision>> {
  const { rows } = await db.query<DecisionRow>(
    `SELECT ledger, id, version, position, based_on, measures FROM enforcement.decision
     WHERE (ledger, id) IN (${CAUSES})`,
    [causesText(causes)],
  );
  return new Map(
    rows.map(({ ledger, id, version, position, based_on, measures }) => [
      causeText({ ledger, id }),
      {
        ledger,
        id,
        version,
        position: Number(position),
        basedOn: based_on ?? undefined,
        measures: JSON.parse(measures) as DecidedRows,
      },
    ]),
  );
}

async function saveDecisions(db: PoolClient, decisions: readonly LastDecision[]): Promise<void> {
  if (decisions.length === 0) return;
  const rows = decisions.map(({ basedOn: based_on, measures, ...row }) => {
    return { ...row, based_on, measures: JSON.stringify(measures) };
  });
  await db.query(
    `INSERT INTO enforcement.decision (ledger, id, version, position, based_on, measures)
     SELECT ledger, id, version, position, based_on, measures FROM jsonb_to_recordset($1) AS (
       ledger text, id text, version integer, position bigint, based_on jsonb, measures text)
     ON CONFLICT (ledger, id) DO UPDATE SET version = excluded.version,
       position = excluded.position, based_on = excluded.based_on, measures = excluded.measures`,
    [JSON.stringify(rows)],
  );
}

const MEASURE_COLUMNS = `measure, ledger, cause, subject, list, code, implementer, imposed,
  decision, decided_at, ends_at, acknowledged_outcome, acknowledged_decision, acknowledged_at`;

async function measuresOf(db: PoolClient, causes: readonly CauseKey[]): Promise<MeasureRow[]> {
  const { rows } = await db.query<{ row: MeasureRow }>(
    `SELECT to_jsonb(m) AS row FROM enforcement.measure m
     WHERE (m.ledger, m.cause) IN (${CAUSES})`,
    [causesText(causes)],
  );
  return rows.map(({ row }) => row);
}

async function saveMeasures(db: PoolClient, measures: readonly MeasureRow[]): Promise<void> {
  if (measures.length === 0) return;
  await db.query(
    `INSERT INTO enforcement.measure (${MEASURE_COLUMNS})
     SELECT ${MEASURE_COLUMNS} FROM jsonb_to_recordset($1) AS (
       measure text, ledger text, cause text, subject text, list text, code text,
       implementer text, imposed boolean, decision bigint, decided_at timestamptz,
       ends_at timestamptz, acknowledged_outcome text, acknowledged_decision bigint,
       acknowledged_at timestamptz)
     ON CONFLICT (measure) DO UPDATE SET imposed = excluded.imposed,
       decision = excluded.decision, decided_at = excluded.decided_at,
       ends_at = excluded.ends_at, acknowledged_outcome = excluded.acknowledged_outcome,
       acknowledged_decision = excluded.acknowledged_decision,
       acknowledged_at = excluded.acknowledged_at`,
    [JSON.stringify(measures)],
  );
}
