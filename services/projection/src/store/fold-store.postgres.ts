import type { LedgerName } from '@writ/contracts';
import { ledgerEpochOf, type Sql, type StoredPlace } from '@writ/exchange';
import type { PoolClient } from 'pg';
import type { Closing, FoldedBatch, HistoryRow } from '../fold/fold-batch.js';
import { movedRoot } from '../fold/state-root.js';
import { copyIn } from './copy-in.postgres.js';
import { HISTORY_COLUMNS, historyLines, stateLines } from './copy-rows.js';
import { ledgerCode, type StateSet } from './state-set.js';
import { columnsSql, textColumn } from './text-columns.js';

const SUBJECTS = { table: 'state', key: 'subject', type: 'uuid' } as const;
const ITEMS = { table: 'reference', key: 'key', type: 'text' } as const;

/** What reads and writes one set's states, history and progress, in the caller's transaction. */
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
  async write(db: PoolClient, ledger: LedgerName, batch: FoldedBatch): Promise<void> {
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
         up_to = CASE WHEN kept.epoch = given.epoch::integer
           THEN greatest(kept.up_to, given.up_to::bigint) ELSE given.up_to::bigint END,
         current_to = greatest(kept.current_to, given.at::timestamptz),
         assessed_court = coalesce(given.court::bigint, kept.assessed_court),
         assessed_regulatory = coalesce(given.regul::bigint, kept.assessed_regulatory),
         assessed_reference = coalesce(given.refer::bigint, kept.assessed_reference)
       FROM ${columnsSql(1, names)}
       WHERE kept.ledger = given.ledger::smallint AND kept.bucket = given.bucket::smallint`,
      [
        textColumn(places.map(({ ledger }) => ledgerCode(ledger))),
        textColumn(places.map(({ bucket }) => bucket)),
        // The ledger's: what was known of a past epoch ends with it, and receipts name theirs.
        textColumn(places.map((place) => ledgerEpochOf(place))),
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
    db: PoolClient,
    ledger: LedgerName,
    { table, key, type }: typeof SUBJECTS | typeof ITEMS,
    states: FoldedBatch['states'],
  ): Promise<void> {
    const name = `projection.${table}_${this.set}`;
    // The bucket is locked, so what was not there when it was read is not there now.
    const fresh = states.filter((state) => state.fresh);
    await copyIn(db, name, [key, 'ledger', 'state'], stateLines(ledgerCode(ledger), fresh));
    const known = states.filter((state) => !state.fresh);
    if (known.length === 0) return;
    const result = await db.query(
      `UPDATE ${name} kept SET state = given.state FROM ${columnsSql(2, ['owner', 'state'])}
       WHERE kept.${key} = given.owner::${type} AND kept.ledger = $1::smallint`,
      [
        ledgerCode(ledger),
        textColumn(known.map(({ owner }) => owner)),
        textColumn(known.map(({ state }) => state)),
      ],
    );
    if (result.rowCount !== known.length) throw new Error(`${name} does not hold what it should`);
  }

  private async writeHistory(
    db: PoolClient,
    ledger: LedgerName,
    history: readonly HistoryRow[],
  ): Promise<void> {
    const lines = historyLines(ledgerCode(ledger), history);
    await copyIn(db, `projection.history_${this.set}`, HISTORY_COLUMNS, lines);
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
