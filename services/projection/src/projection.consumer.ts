import { isKnownFactType, LEDGERS, type DeliveredFact, type LedgerName } from '@writ/contracts';
import { ProjectingConsumer, type Applied, type Delivery } from '@writ/exchange';
import type { Pool, PoolClient } from 'pg';
import { foldBatch, readFact, type ReadFact } from './fold/fold-batch.js';
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
  /** After each commit. */
  onApplied?: () => void;
};

/**
 * Folds facts of all three ledgers. In one transaction per delivery: places locked, what is new
 * folded, states, history and roots written, places moved.
 */
export class ProjectionConsumer extends ProjectingConsumer {
  private readonly onApplied: (() => void) | undefined;

  constructor(options: ProjectionConsumerOptions) {
    const { name, pool, clock } = options;
    super({
      name,
      ledgers: LEDGERS,
      pool,
      clock,
      understands: isKnownFactType,
      fold: async (db, fresh) => fold(db, new FoldStore(await options.set(db)), fresh),
      moved: async (db, places) => new FoldStore(await options.set(db)).moveProgress(db, places),
    });
    this.onApplied = options.onApplied;
  }

  override async apply(delivery: Delivery): Promise<Applied> {
    const applied = await super.apply(delivery);
    this.onApplied?.();
    return applied;
  }
}

/** @returns the set that answers, as of the caller's transaction */
export async function liveSet(db: PoolClient): Promise<StateSet> {
  const { rows } = await db.query<{ set: StateSet }>('SELECT set FROM projection.live');
  if (!rows[0]) throw new Error('no set is live');
  return rows[0].set;
}

async function fold(
  db: PoolClient,
  store: FoldStore,
  fresh: readonly DeliveredFact[],
): Promise<void> {
  for (const [ledger, facts] of byLedger(fresh)) {
    const read = facts.map(readFact);
    const before = await loadStates(db, store, ledger, read);
    await store.write(db, ledger, foldBatch(ledger, read, before));
  }
}

async function loadStates(
  db: PoolClient,
  store: FoldStore,
  ledger: LedgerName,
  read: readonly ReadFact[],
): Promise<Map<string, string>> {
  const owners = (ofSubjects: boolean) => [
    ...new Set(
      read
        .filter(({ delivered }) => (delivered.subject !== undefined) === ofSubjects)
        .map(({ owner }) => owner),
    ),
  ];
  const subjects = await store.load(db, ledger, owners(true), 'subject');
  const items = await store.load(db, ledger, owners(false), 'reference');
  return new Map([...subjects, ...items]);
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
