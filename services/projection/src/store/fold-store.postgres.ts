import type { LedgerName } from '@writ/contracts';
import { inOneFlight, ledgerEpochOf, type Sql, type StoredPlace } from '@writ/exchange';
import type { PoolClient } from 'pg';
import type { Closing, FoldedBatch } from '../fold/fold-batch.js';
import { movedRoot } from '../fold/state-root.js';
import { copyIn, insertLines, isInsertable } from './copy-in.postgres.js';
import { HISTORY_COLUMNS, historyLines, stateLines } from './copy-rows.js';
import { ledgerCode, type StateSet } from './state-set.js';
import { columnsSql, textColumn } from './text-columns.js';

const SUBJECTS = { table: 'state', key: 'subject', type: 'uuid' } as const;
const ITEMS = { table: 'reference', key: 'key', type: 'text' } as const;
type Owners = typeof SUBJECTS | typeof ITEMS;

type OwnedRow = { owner: string; state: string };

/** What a batch is folded on. */
export type Before = { states: Map<string, string>; roots: Map<number, string> };

/** What reads and writes one set's states, history and progress, in the caller's transaction. */
export class FoldStore {
  constructor(readonly set: StateSet) {}

  /**
   * @param owners of one ledger's facts: subjects, and keys of the reference (with a stroke)
   * @returns canonical state per owner; owners without one are absent. Root per bucket
   */
  async load(
    db: PoolClient,
    ledger: LedgerName,
    owners: readonly string[],
    buckets: readonly number[],
  ): Promise<Before> {
    const subjects = owners.filter((owner) => !isItem(owner));
    const items = owners.filter(isItem);
    const [ofSubjects, ofItems, roots] = await inOneFlight<
      [OwnedRow[], OwnedRow[], Map<number, string>]
    >(db, () => [
      this.loadStates(db, ledger, SUBJECTS, subjects),
      this.loadStates(db, ledger, ITEMS, items),
      this.loadRoots(db, ledger, buckets),
    ]);
    const rows = [...ofSubjects, ...ofItems];
    return { states: new Map(rows.map(({ owner, state }) => [owner, state])), roots };
  }

  private async loadStates(
    db: Sql,
    ledger: LedgerName,
    { table, key, type }: Owners,
    owners: readonly string[],
  ): Promise<OwnedRow[]> {
    if (owners.length === 0) return [];
    const { rows } = await db.query<OwnedRow>(
      `SELECT given.owner, state FROM ${columnsSql(2, ['owner'])}
       JOIN projection.${table}_${this.set} kept
         ON kept.${key} = given.owner::${type} AND kept.ledger = $1`,
      [ledgerCode(ledger), textColumn(owners)],
    );
    return rows;
  }

  /** Locked: the reference bucket's root is moved by whoever moves its place, and by them alone. */
  private async loadRoots(
    db: Sql,
    ledger: LedgerName,
    buckets: readonly number[],
  ): Promise<Map<number, string>> {
    const { rows } = await db.query<{ bucket: number; root: string }>(
      `SELECT bucket, root FROM projection.progress_${this.set}
       WHERE ledger = $1 AND bucket = ANY(string_to_array($2, E'\\n')::smallint[])
       ORDER BY bucket FOR UPDATE`,
      [ledgerCode(ledger), textColumn(buckets)],
    );
    return new Map(rows.map(({ bucket, root }) => [bucket, root]));
  }

  /**
   * Writes what a batch of one ledger's facts folded to.
   *
   * @param roots as loaded, of all buckets that the batch moves
   */
  async write(
    db: PoolClient,
    ledger: LedgerName,
    batch: FoldedBatch,
    roots: ReadonlyMap<number, string>,
  ): Promise<void> {
    const code = ledgerCode(ledger);
    const states = (items: boolean) => batch.states.filter(({ owner }) => isItem(owner) === items);
    // The bucket is locked, so what was not there when it was read is not there now.
    const fresh = ({ table, key, type }: Owners, items: boolean) => ({
      table: `projection.${table}_${this.set}`,
      columns: { [key]: type, ledger: 'smallint', state: 'text' },
      lines: stateLines(code, states(items).filter((state) => state.fresh)), // prettier-ignore
    });
    const history = { table: `projection.history_${this.set}`, columns: HISTORY_COLUMNS };
    const added = [
      fresh(SUBJECTS, false),
      fresh(ITEMS, true),
      { ...history, lines: historyLines(code, batch.history) },
    ];
    const small = added.filter(({ lines }) => isInsertable(lines));
    for (const big of added) if (!small.includes(big)) await copyIn(db, big, big.lines);
    await inOneFlight(db, () => [
      ...small.map((one) => insertLines(db, one, one.lines)),
      this.updateStates(db, ledger, SUBJECTS, states(false)),
      this.updateStates(db, ledger, ITEMS, states(true)),
      this.closeHistory(db, ledger, batch.closings),
      this.moveRoots(db, ledger, batch.differences, roots),
    ]);
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

  private async updateStates(
    db: PoolClient,
    ledger: LedgerName,
    { table, key, type }: Owners,
    states: FoldedBatch['states'],
  ): Promise<void> {
    const name = `projection.${table}_${this.set}`;
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
    roots: ReadonlyMap<number, string>,
  ): Promise<void> {
    const buckets = [...differences.keys()];
    if (buckets.length === 0) return;
    const moved = buckets.map((bucket) => {
      const root = roots.get(bucket);
      if (root === undefined) throw new Error(`the root of bucket ${bucket} was not loaded`);
      return movedRoot(root, differences.get(bucket) ?? 0n);
    });
    await db.query(
      `UPDATE projection.progress_${this.set} kept SET root = given.root
       FROM ${columnsSql(2, ['bucket', 'root'])}
       WHERE kept.ledger = $1 AND kept.bucket = given.bucket::smallint`,
      [ledgerCode(ledger), textColumn(buckets), textColumn(moved)],
    );
  }
}

/** Keys of the reference hold a stroke, subjects do not. */
function isItem(owner: string): boolean {
  return owner.includes('/');
}
