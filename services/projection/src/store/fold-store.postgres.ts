import type { LedgerName, LegalTime } from '@writ/contracts';
import type { Sql, StoredPlace } from '@writ/exchange';
import { beginsAt } from '@writ/law';
import type { Closing, FoldedBatch, HistoryRow } from '../fold/fold-batch.js';
import type { Segment } from '../fold/segment.js';
import { movedRoot } from '../fold/state-root.js';
import { sqlInstant } from './sql-instant.js';
import { ledgerCode, type StateSet } from './state-set.js';
import { columnsSql, textColumn } from './text-columns.js';

const SUBJECTS = { table: 'state', key: 'subject', type: 'uuid' } as const;
const ITEMS = { table: 'reference', key: 'key', type: 'text' } as const;

/** What reads and writes one set's states, history and progress, inside the caller's transaction. */
export class FoldStore {
  constructor(readonly set: StateSet) {}

  /** @returns canonical state per owner; owners without one are absent */
  async load(
    db: Sql,
    ledger: LedgerName,
    owners: readonly string[],
    kind: 'subject' | 'reference',
  ): Promise<Map<string, string>> {
    if (owners.length === 0) return new Map();
    const { rows } =
      kind === 'subject'
        ? await db.query<{ owner: string; state: string }>(
            `SELECT given.owner, state FROM ${columnsSql(2, ['owner'])}
             JOIN projection.state_${this.set} kept
               ON kept.subject = given.owner::uuid AND kept.ledger = $1`,
            [ledgerCode(ledger), textColumn(owners)],
          )
        : await db.query<{ owner: string; state: string }>(
            `SELECT key AS owner, state FROM ${columnsSql(2, ['owner'])}
             JOIN projection.reference_${this.set} kept
               ON kept.key = given.owner AND kept.ledger = $1`,
            [ledgerCode(ledger), textColumn(owners)],
          );
    return new Map(rows.map(({ owner, state }) => [owner, state]));
  }

  /** Writes what a batch of one ledger's facts folded to. */
  async write(db: Sql, ledger: LedgerName, batch: FoldedBatch): Promise<void> {
    const subjects = batch.states.filter(({ owner }) => !owner.includes('/'));
    const items = batch.states.filter(({ owner }) => owner.includes('/'));
    await this.writeStates(db, ledger, SUBJECTS, subjects);
    await this.writeStates(db, ledger, ITEMS, items);
    await this.writeHistory(db, ledger, batch.history);
    await this.closeHistory(db, ledger, batch.closings);
    await this.moveRoots(db, ledger, batch.differences);
  }

  /** Notes where each bucket stands, and the newest watermark that it has reached. */
  async moveProgress(db: Sql, places: readonly StoredPlace[]): Promise<void> {
    if (places.length === 0) return;
    const reached = places.map(({ place, watermark }) =>
      watermark && place >= watermark.last ? watermark : undefined,
    );
    const names = ['ledger', 'bucket', 'epoch', 'place', 'up_to', 'at', 'court', 'regul', 'refer'];
    await db.query(
      `UPDATE projection.progress_${this.set} kept SET
         epoch = given.epoch::integer, place = given.place::bigint,
         up_to = greatest(kept.up_to, given.up_to::bigint),
         current_to = greatest(kept.current_to, given.at::timestamptz),
         assessed_court = coalesce(given.court::bigint, kept.assessed_court),
         assessed_regulatory = coalesce(given.regul::bigint, kept.assessed_regulatory),
         assessed_reference = coalesce(given.refer::bigint, kept.assessed_reference)
       FROM ${columnsSql(1, names)}
       WHERE kept.ledger = given.ledger::smallint AND kept.bucket = given.bucket::smallint`,
      [
        textColumn(places.map(({ ledger }) => ledgerCode(ledger))),
        textColumn(places.map(({ bucket }) => bucket)),
        textColumn(places.map(({ epoch }) => epoch)),
        textColumn(places.map(({ place }) => place)),
        textColumn(places.map(({ upTo }, at) => Math.max(upTo, reached[at]?.upTo ?? -1))),
        textColumn(reached.map((watermark) => watermark?.at)),
        textColumn(reached.map((watermark) => watermark?.assessed?.court)),
        textColumn(reached.map((watermark) => watermark?.assessed?.regulatory)),
        textColumn(reached.map((watermark) => watermark?.assessed?.reference)),
      ],
    );
  }

  private async writeStates(
    db: Sql,
    ledger: LedgerName,
    { table, key, type }: typeof SUBJECTS | typeof ITEMS,
    states: FoldedBatch['states'],
  ): Promise<void> {
    const name = `projection.${table}_${this.set}`;
    const given = columnsSql(2, ['owner', 'state']);
    for (const fresh of [true, false]) {
      const some = states.filter((state) => state.fresh === fresh);
      if (some.length === 0) continue;
      // The bucket is locked, so what was not there when it was read is not there now.
      const text = fresh
        ? `INSERT INTO ${name} (${key}, ledger, state)
           SELECT given.owner::${type}, $1::smallint, given.state FROM ${given}`
        : `UPDATE ${name} kept SET state = given.state FROM ${given}
           WHERE kept.${key} = given.owner::${type} AND kept.ledger = $1::smallint`;
      const owners = textColumn(some.map(({ owner }) => owner));
      const result = (await db.query(text, [
        ledgerCode(ledger),
        owners,
        textColumn(some.map(({ state }) => state)),
      ])) as { rowCount?: number | null };
      if (result.rowCount !== some.length) throw new Error(`${name} does not hold what it should`);
    }
  }

  private async writeHistory(
    db: Sql,
    ledger: LedgerName,
    history: readonly HistoryRow[],
  ): Promise<void> {
    const rows = historyParts(history);
    if (rows.length === 0) return;
    const names = Object.keys(HISTORY_COLUMNS);
    const values = Object.values(HISTORY_COLUMNS);
    await db.query(
      `INSERT INTO projection.history_${this.set} (ledger, ${names.join(', ')})
       SELECT $1::smallint, ${values.map(({ sql }) => sql).join(', ')}
       FROM ${columnsSql(2, names)}`,
      [ledgerCode(ledger), ...values.map(({ of }) => textColumn(rows.map(of)))],
    );
  }

  private async closeHistory(
    db: Sql,
    ledger: LedgerName,
    closings: readonly Closing[],
  ): Promise<void> {
    if (closings.length === 0) return;
    await db.query(
      `UPDATE projection.history_${this.set} kept SET known_until = given.known_until::bigint
       FROM ${columnsSql(2, ['subject', 'position', 'known_until'])}
       WHERE kept.subject = given.subject::uuid AND kept.ledger = $1::smallint
         AND kept.position = given.position::bigint`,
      [
        ledgerCode(ledger),
        textColumn(closings.map(({ subject }) => subject)),
        textColumn(closings.map(({ position }) => position)),
        textColumn(closings.map(({ knownUntil }) => knownUntil)),
      ],
    );
  }

  private async moveRoots(
    db: Sql,
    ledger: LedgerName,
    differences: ReadonlyMap<number, bigint>,
  ): Promise<void> {
    const buckets = [...differences.keys()];
    if (buckets.length === 0) return;
    const { rows } = await db.query<{ bucket: number; root: string }>(
      `SELECT bucket, root FROM projection.progress_${this.set}
       WHERE ledger = $1 AND bucket = ANY(string_to_array($2, E'\\n')::smallint[])
       ORDER BY bucket FOR UPDATE`,
      [ledgerCode(ledger), textColumn(buckets)],
    );
    const moved = rows.map(({ bucket, root }) => movedRoot(root, differences.get(bucket) ?? 0n));
    await db.query(
      `UPDATE projection.progress_${this.set} kept SET root = given.root
       FROM ${columnsSql(2, ['bucket', 'root'])}
       WHERE kept.ledger = $1 AND kept.bucket = given.bucket::smallint`,
      [ledgerCode(ledger), textColumn(rows.map(({ bucket }) => bucket)), textColumn(moved)],
    );
  }
}

type HistoryPart = { row: HistoryRow; part: number; segment: Segment | undefined };

/** One row per stretch of legal time; a thing that holds at no time still has its row. */
function historyParts(history: readonly HistoryRow[]): HistoryPart[] {
  const parts: HistoryPart[] = [];
  for (const row of history) {
    const { segments } = row.standing;
    if (segments.length === 0) parts.push({ row, part: 0, segment: undefined });
    for (let part = 0; part < segments.length; part++) {
      parts.push({ row, part, segment: segments[part] });
    }
  }
  return parts;
}

const momentOf = (time: LegalTime | undefined) => time && sqlInstant(beginsAt(time));
const dateOf = (time: LegalTime | undefined) => (time && 'date' in time ? time.date : undefined);

/** Column → how it is read from a row and cast from text. `data` is kept once, with part 0. */
const HISTORY_COLUMNS: Readonly<
  Record<string, { sql: string; of(part: HistoryPart): string | number | undefined }>
> = {
  subject: { sql: 'subject::uuid', of: ({ row }) => row.subject },
  position: { sql: 'position::bigint', of: ({ row }) => row.position },
  part: { sql: 'part::smallint', of: ({ part }) => part },
  known_until: { sql: 'known_until::bigint', of: ({ row }) => row.knownUntil },
  recorded_at: { sql: 'recorded_at::timestamptz', of: ({ row }) => row.recordedAt },
  type: { sql: 'type', of: ({ row }) => row.type },
  cause: { sql: 'cause', of: ({ row }) => row.standing.cause },
  list: { sql: 'list', of: ({ row, segment }) => (segment ? row.standing.list : undefined) },
  from_at: { sql: 'from_at::timestamptz', of: ({ segment }) => momentOf(segment?.from) },
  from_date: { sql: 'from_date', of: ({ segment }) => dateOf(segment?.from) },
  until_at: { sql: 'until_at::timestamptz', of: ({ segment }) => momentOf(segment?.until) },
  until_date: { sql: 'until_date', of: ({ segment }) => dateOf(segment?.until) },
  data: { sql: 'data', of: ({ row, part }) => (part === 0 ? row.data : '') },
};
