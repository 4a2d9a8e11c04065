import type { DeliveredFact, Fact, LedgerName } from '@writ/contracts';
import { factOf, PoisonFact } from '@writ/exchange';
import { canonicalState } from './canonical-state.js';
import { Contradiction } from './contradiction.js';
import {
  evolveReference,
  referenceKey,
  type ReferenceFact,
  type ReferenceItem,
} from './reference-fold.js';
import { summandOf } from './state-root.js';
import { evolveComponent, type Component, type Standing } from './subject-state.js';

/** A delivered fact beside what its recorded text says. */
export type ReadFact = { delivered: DeliveredFact; fact: Fact; owner: string };

/** A row of history to insert: a thing of the record and how it stands from this fact on. */
export type HistoryRow = {
  subject: string;
  position: number;
  recordedAt: string;
  type: string;
  standing: Standing;
  /** Canonical text of `standing.data`. */
  data: string;
  /** Position from which on it is known otherwise; set when replaced within the same batch. */
  knownUntil?: number;
};

/** An earlier row of history that no longer is what is known. */
export type Closing = { subject: string; position: number; knownUntil: number };

/** What a batch of one ledger's facts writes: whole, or not at all. */
export type FoldedBatch = {
  /** Owner (subject, or reference key) → new canonical state, and whether it had one before. */
  states: { owner: string; state: string; fresh: boolean }[];
  history: HistoryRow[];
  closings: Closing[];
  /** Bucket → difference to add to its root. */
  differences: Map<number, bigint>;
};

/** @throws UnreadableFact when the text is not of that fact: nothing after it may be applied */
export function readFact(delivered: DeliveredFact): ReadFact {
  const fact = factOf(delivered);
  return { delivered, fact, owner: delivered.subject ?? referenceKey(fact as ReferenceFact) };
}

/**
 * Folds facts of one ledger, in order within each bucket, into the states they concern.
 *
 * @param facts fresh ones only, of types this build knows
 * @param before canonical state per owner as stored; absent: none yet
 * @throws PoisonFact naming the first fact that cannot be folded
 */
export function foldBatch(
  ledger: LedgerName,
  facts: readonly ReadFact[],
  before: ReadonlyMap<string, string>,
): FoldedBatch {
  const batch = new Batch(ledger, before);
  for (const read of facts) {
    try {
      batch.add(read);
    } catch (error) {
      const reason = error instanceof Contradiction ? error.reason : 'it cannot be folded';
      throw new PoisonFact(read.delivered, reason);
    }
  }
  return batch.done();
}

type Owned = {
  bucket: number;
  text: string | undefined;
  value: Component | ReferenceItem | undefined;
};

class Batch {
  private readonly owned = new Map<string, Owned>();
  private readonly history: HistoryRow[] = [];
  /** By position, which is one in a ledger. */
  private readonly rowAt = new Map<number, HistoryRow>();
  private readonly closings: Closing[] = [];
  private readonly written = new Map<unknown, string>();

  constructor(
    private readonly ledger: LedgerName,
    private readonly before: ReadonlyMap<string, string>,
  ) {}

  add({ delivered, fact, owner }: ReadFact): void {
    const { bucket, subject, position, type } = delivered;
    const owned = this.ownedBy(owner, bucket);
    if (subject === undefined) {
      owned.value = evolveReference(owned.value as ReferenceItem, fact as ReferenceFact);
      return;
    }
    const { state, standing } = evolveComponent(this.ledger, owned.value as Component, fact);
    owned.value = state;
    const data = canonicalState(standing.data);
    if (standing.cause !== undefined) this.written.set(standing.data, data);
    const row = { subject, position, recordedAt: fact.recordedAt, type, standing, data };
    this.history.push(row);
    if (standing.cause !== undefined) this.rowAt.set(position, row);
    if (standing.replaces !== undefined) this.close(subject, standing.replaces, position);
  }

  done(): FoldedBatch {
    const states: FoldedBatch['states'] = [];
    const differences = new Map<number, bigint>();
    for (const [owner, { bucket, text, value }] of this.owned) {
      const state = canonicalState(value, this.written);
      if (state === text) continue;
      states.push({ owner, state, fresh: text === undefined });
      const difference = summandOf(owner, this.ledger, state) - summandOf(owner, this.ledger, text);
      differences.set(bucket, (differences.get(bucket) ?? 0n) + difference);
    }
    return { states, history: this.history, closings: this.closings, differences };
  }

  private close(subject: string, position: number, knownUntil: number): void {
    const row = this.rowAt.get(position);
    if (row) row.knownUntil = knownUntil;
    else this.closings.push({ subject, position, knownUntil });
  }

  private ownedBy(owner: string, bucket: number): Owned {
    const known = this.owned.get(owner);
    if (known) return known;
    const text = this.before.get(owner);
    const value = text === undefined ? undefined : (JSON.parse(text) as Owned['value']);
    const owned = { bucket, text, value };
    this.owned.set(owner, owned);
    return owned;
  }
}
