import { In, type DataSource } from 'typeorm';
import type { AcknowledgedCause } from './acknowledge-measure.js';
import { CauseEntity, MeasureEntity } from './measure.entity.js';

/** A measure that no longer holds and whose implementer has not said that it is lifted. */
export type OpenLifting = {
  measureId: string;
  code: string;
  implementer: string;
  subject: string;
  list: string;
  cause: { ledger: string; id: string };
  /** The decision to acknowledge: position in enforcement's ledger. */
  decision: number;
  /** Since when it is to be lifted. */
  since: string;
  /** What the implementer said last, if anything. */
  acknowledged?: { outcome: string; decision: number; at: string };
};

export type OpenLiftingsQuestion = {
  implementer: string | undefined;
  /** Open since this moment or longer. */
  since: Date;
  after: OpenLiftingCursor | undefined;
  limit: number;
};

export type OpenLiftingCursor = { since: string; measureId: string };

/** When a measure is to be lifted: by decision, or by time. */
const DUE = `CASE WHEN NOT m.imposed THEN m.decided_at ELSE least(m.ends_at, c.ends_at) END`;
/** To the microsecond, as facts state times: neither a cursor nor an acknowledgement loses any. */
const textOf = (moment: string) =>
  `to_char(${moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
/** `lifted` closes it when it answers that decision; by time, when it was done no earlier. */
const CLOSED = `coalesce(m.acknowledged_outcome = 'lifted'
  AND m.acknowledged_decision >= m.decision
  AND (NOT m.imposed OR m.acknowledged_at >= ${DUE}), false)`;

export class MeasureRepository {
  constructor(private readonly database: DataSource) {}

  /** @returns the cause of each measure that is known, by measure id */
  async causesOf(measureIds: readonly string[]): Promise<Map<string, AcknowledgedCause>> {
    const { manager } = this.database;
    const measures = await manager.findBy(MeasureEntity, { measure: In([...measureIds]) });
    const keys = measures.map(({ ledger, cause }) => ({ ledger, id: cause }));
    const causes = keys.length > 0 ? await manager.findBy(CauseEntity, keys) : [];
    const untilOf = new Map(causes.map(({ ledger, id, until }) => [`${ledger}-${id}`, until]));
    return new Map(
      measures.map(({ measure, ledger, cause: id, subject }) => {
        const until = untilOf.get(`${ledger}-${id}`);
        return [measure, { ledger, id, subject, ...(until ? { until } : {}) }];
      }),
    );
  }

  /** @returns open liftings, longest open first */
  async openLiftings(asked: OpenLiftingsQuestion): Promise<OpenLifting[]> {
    const query = this.openQuery()
      .select('m.*')
      .addSelect(textOf(DUE), 'due')
      .addSelect(textOf('m.acknowledged_at'), 'acknowledged_text')
      .andWhere(`${DUE} <= :since`, { since: asked.since })
      .orderBy(DUE)
      .addOrderBy('m.measure')
      .limit(asked.limit);
    if (asked.implementer !== undefined) {
      query.andWhere('m.implementer = :implementer', { implementer: asked.implementer });
    }
    if (asked.after) {
      query.andWhere(`(${DUE}, m.measure) > (:afterSince, :afterId)`, {
        afterSince: asked.after.since,
        afterId: asked.after.measureId,
      });
    }
    return (await query.getRawMany<LiftingRow>()).map(asLifting);
  }

  /** @returns how many liftings each implementer has open, for metrics */
  async countOpen(now: Date): Promise<{ implementer: string; open: number }[]> {
    const rows = await this.openQuery()
      .select('m.implementer', 'implementer')
      .addSelect('count(*)', 'open')
      .andWhere(`${DUE} <= :now`, { now })
      .groupBy('m.implementer')
      .getRawMany<{ implementer: string; open: string }>();
    return rows.map(({ implementer, open }) => ({ implementer, open: Number(open) }));
  }

  private openQuery() {
    return this.database.manager
      .createQueryBuilder(MeasureEntity, 'm')
      .leftJoin(CauseEntity, 'c', 'c.ledger = m.ledger AND c.id = m.cause')
      .where(`NOT ${CLOSED}`);
  }
}

type LiftingRow = {
  measure: string;
  code: string;
  implementer: string;
  subject: string;
  list: string;
  ledger: string;
  cause: string;
  decision: string;
  due: string;
  acknowledged_outcome: string | null;
  acknowledged_decision: string | null;
  acknowledged_text: string | null;
};

function asLifting(row: LiftingRow): OpenLifting {
  const { code, implementer, subject, list } = row;
  const lifting: OpenLifting = {
    measureId: row.measure,
    code,
    implementer,
    subject,
    list,
    cause: { ledger: row.ledger, id: row.cause },
    decision: Number(row.decision),
    since: row.due,
  };
  if (row.acknowledged_outcome === null || row.acknowledged_text === null) return lifting;
  const acknowledged = {
    outcome: row.acknowledged_outcome,
    decision: Number(row.acknowledged_decision),
    at: row.acknowledged_text,
  };
  return { ...lifting, acknowledged };
}
