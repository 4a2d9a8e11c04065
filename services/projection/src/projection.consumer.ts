import { isKnownFactType, LEDGERS, type DeliveredFact, type LedgerName } from '@writ/contracts';
import { ProjectingConsumer, type Applied, type Delivery, type Sql } from '@writ/exchange';
import type { Pool, PoolClient } from 'pg';
import { foldBatch, readFact } from './fold/fold-batch.js';
import { FoldStore } from './store/fold-store.postgres.js';
import type { StateSet } from './store/state-set.js';

/** Names the live places, and the Kafka group. */
export const LIVE_CONSUMER = 'projection';

export type ProjectionConsumerOptions = {
  name: string;
  pool: Pool;
  clock: { now(): Date };
  /** Which set to fold into, asked once the places are locked; a switch holds those locks. */
  set(db: PoolClient): Promise<StateSet>;
  /** Told, in the transaction that changes them, whose state changed. */
  changed?: (db: PoolClient, subjects: readonly string[]) => Promise<void>;
  /** After each commit. */
  onApplied?: () => void;
};

/**
 * Folds facts of all three ledgers. In one transaction per delivery: places locked, what is new
 * folded, states, history and roots written, places moved.
 */
export class ProjectionConsumer extends ProjectingConsumer<FoldStore> {
  private readonly onApplied: (() => void) | undefined;

  constructor(options: ProjectionConsumerOptions) {
    const { name, pool, clock } = options;
    super({
      name,
      ledgers: LEDGERS,
      pool,
      clock,
      understands: isKnownFactType,
      begin: async (db) => new FoldStore(await options.set(db)),
      fold: async (db, fresh, store) => {
        const subjects = await fold(db, store, fresh);
        await options.changed?.(db, subjects);
      },
      moved: (db, places, store) => store.moveProgress(db, places),
    });
    this.onApplied = options.onApplied;
  }

  override async apply(delivery: Delivery): Promise<Applied> {
    const applied = await super.apply(delivery);
    this.onApplied?.();
    return applied;
  }
}

export type LiveState = { set: StateSet; foldVersion: number };

/** @returns the set that answers and the fold it was folded by, as of the caller's transaction */
export async function liveState(db: Sql): Promise<LiveState> {
  const { rows } = await db.query<{ set: StateSet; fold_version: number }>(
    'SELECT set, fold_version FROM projection.live',
  );
  if (!rows[0]) throw new Error('no set is live');
  return { set: rows[0].set, foldVersion: rows[0].fold_version };
}

/** @returns the set that answers, as of the caller's transaction */
export async function liveSet(db: Sql): Promise<StateSet> {
  return (await liveState(db)).set;
}

/** @returns the subjects whose state changed; some perhaps twice */
async function fold(
  db: PoolClient,
  store: FoldStore,
  fresh: readonly DeliveredFact[],
): Promise<string[]> {
  const changed: string[] = [];
  for (const [ledger, facts] of byLedger(fresh)) {
    const read = facts.map(readFact);
    const owners = [...new Set(read.map(({ owner }) => owner))];
    const buckets = [...new Set(facts.map(({ bucket }) => bucket))];
    const { states, roots } = await store.load(db, ledger, owners, buckets);
    const folded = foldBatch(ledger, read, states);
    await store.write(db, ledger, folded, roots);
    for (const { owner } of folded.states) if (!owner.includes('/')) changed.push(owner);
  }
  return changed;
}

function byLedger(facts: readonly DeliveredFact[]): Map<LedgerName, DeliveredFact[]> {
  const grouped = new Map<LedgerName, DeliveredFact[]>();
  for (const fact of facts) {
    const group = grouped.get(fact.ledger);
    if (group) group.push(fact);
    else grouped.set(fact.ledger, [fact]);
  }
  return grouped;
}
