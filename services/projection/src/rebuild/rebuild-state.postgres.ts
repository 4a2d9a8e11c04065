import {
  ALL_BUCKETS,
  LEDGERS,
  type LedgerName,
  type RebuildReport,
  type RootResponse,
} from '@writ/contracts';
import type { BucketKey, Sql } from '@writ/exchange';
import { sumOfRoots } from '../fold/state-root.js';
import { FOLD_VERSION } from '../fold/subject-state.js';
import { ledgerOfCode, type StateSet } from '../store/state-set.js';

export const REBUILD_CONSUMER = 'projection-rebuild';

/** Every bucket of every ledger. */
export const EVERYTHING: readonly BucketKey[] = LEDGERS.flatMap((ledger) =>
  ALL_BUCKETS.map((bucket) => ({ ledger, bucket })),
);

export type BucketRoot = BucketKey & { root: string; place: number; upTo: number };

/** @returns root and place of every bucket of a set */
export async function readRoots(db: Sql, set: StateSet): Promise<BucketRoot[]> {
  const { rows } = await db.query<{
    ledger: number;
    bucket: number;
    root: string;
    place: string;
    up_to: string;
  }>(
    `SELECT ledger, bucket, root, place, up_to FROM projection.progress_${set}
     ORDER BY ledger, bucket`,
  );
  return rows.map(({ ledger, bucket, root, place, up_to }) => {
    return {
      ledger: ledgerOfCode(ledger),
      bucket,
      root,
      place: Number(place),
      upTo: Number(up_to),
    };
  });
}

/** The root of a set: per bucket the sum of the three ledgers', and of all buckets. */
export function rootOf(
  roots: readonly BucketRoot[],
  foldVersion: number = FOLD_VERSION,
): RootResponse {
  const buckets = ALL_BUCKETS.map((bucket) => {
    const of = roots.filter((root) => root.bucket === bucket);
    const position = Object.fromEntries(of.map(({ ledger, place }) => [ledger, place])) as Record<
      LedgerName,
      number
    >;
    return { bucket, root: sumOfRoots(of.map(({ root }) => root)), position };
  });
  const root = sumOfRoots(buckets.map((bucket) => bucket.root));
  return { foldVersion, root, buckets };
}

/** Empties a set, and forgets how far its consumer had come. */
export async function emptySet(db: Sql, set: StateSet, consumer: string): Promise<void> {
  const tables = ['state', 'reference', 'history', 'progress'];
  await db.query(`TRUNCATE ${tables.map((table) => `projection.${table}_${set}`).join(', ')}`);
  await db.query(
    `INSERT INTO projection.progress_${set} (ledger, bucket)
     SELECT ledger, bucket FROM generate_series(0, 2) ledger, generate_series(0, 32) bucket`,
  );
  await db.query('DELETE FROM exchange.place WHERE consumer = $1', [consumer]);
  await db.query('DELETE FROM exchange.quarantine WHERE consumer = $1', [consumer]);
}

/** For folding a whole set: what only answers look up by is indexed when all is there. */
export async function dropIndexes(db: Sql, set: StateSet): Promise<void> {
  await db.query('SELECT projection.without_indexes($1)', [set]);
}

/** Makes the indexes that `dropIndexes` dropped. */
export async function makeIndexes(db: Sql, set: StateSet): Promise<void> {
  await db.query('SELECT projection.with_indexes($1)', [set]);
}

export type UnequalBucket = NonNullable<RebuildReport['unequal']>[number];

/** Buckets that differ. Positions must be equal before roots can be held against each other. */
export function differences(
  live: readonly BucketRoot[],
  rebuilt: readonly BucketRoot[],
): UnequalBucket[] {
  return live.flatMap((one, index) => {
    const other = rebuilt[index];
    if (other?.ledger !== one.ledger || other.bucket !== one.bucket) {
      throw new Error('roots are not of the same buckets');
    }
    const same = one.place === other.place && one.root === other.root;
    if (same) return [];
    const { ledger, bucket } = one;
    const told = ({ place, root }: BucketRoot) => `${place}/${root}`;
    return [{ ledger, bucket, live: told(one), rebuilt: told(other) }];
  });
}

type ReportRow = {
  rebuild: string;
  fold_version: number;
  state: RebuildReport['state'];
  started_at: Date;
  ended_at: Date | null;
  folded: string;
  report: string;
};

/** @returns the newest rebuild's report, or that of the given one */
export async function readReport(db: Sql, rebuild?: string): Promise<RebuildReport | undefined> {
  const { rows } = await db.query<ReportRow>(
    `SELECT rebuild, fold_version, state, started_at, ended_at, folded, report
     FROM projection.rebuild
     WHERE $1::uuid IS NULL OR rebuild = $1::uuid ORDER BY ordinal DESC LIMIT 1`,
    [rebuild ?? null],
  );
  const row = rows[0];
  if (!row) return undefined;
  const more = JSON.parse(row.report) as Partial<RebuildReport>;
  return {
    rebuild: row.rebuild.replaceAll('-', ''),
    state: row.state,
    foldVersion: row.fold_version,
    liveFoldVersion: row.fold_version,
    startedAt: row.started_at.toISOString(),
    ...(row.ended_at ? { endedAt: row.ended_at.toISOString() } : {}),
    folded: Number(row.folded),
    total: more.total ?? 0,
    ...more,
  };
}

/** Writes a report down as it stands. */
export async function keepReport(db: Sql, set: StateSet, report: RebuildReport): Promise<void> {
  const { rebuild, foldVersion, state, startedAt, endedAt, folded, ...more } = report;
  await db.query(
    `INSERT INTO projection.rebuild
       (rebuild, set, fold_version, state, started_at, ended_at, folded, report)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (rebuild) DO UPDATE SET state = excluded.state, ended_at = excluded.ended_at,
       folded = excluded.folded, report = excluded.report`,
    [rebuild, set, foldVersion, state, startedAt, endedAt ?? null, folded, JSON.stringify(more)],
  );
}
