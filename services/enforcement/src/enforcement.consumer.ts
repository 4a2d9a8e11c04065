import { isKnownFactType, type DeliveredFact } from '@writ/contracts';
import {
  DecidingConsumer,
  decidingKey,
  factOf,
  inOneFlight,
  inTransaction,
  PoisonFact,
} from '@writ/exchange';
import { isLegalTime } from '@writ/law';
import type { LedgerReader, LedgerWriter } from '@writ/ledger';
import type { Pool } from 'pg';
import { causeText, loadCauses, saveCauses } from './cause/cause-store.postgres.js';
import { evolveCause, isCauseFactType, type Cause, type CauseFact } from './cause/cause.js';
import { recordDecisions, type Step } from './cause/record-decisions.js';
import { MeasureView } from './measure/measure-view.postgres.js';
import type { Plan } from './memorandum/plan-measures.js';
import { addReferenceFact, ReferenceStore } from './memorandum/reference-store.postgres.js';
import {
  evolveReference,
  isReferenceFactType,
  listsTouched,
  type ReferenceFact,
} from './memorandum/reference.js';
import { lockBuckets, lockReference } from './transaction.postgres.js';

/** Names the consumer's places, its keys and its Kafka group; the view `assessed` reads them. */
export const CONSUMER = 'enforcement';

export type AssessorOptions = {
  /** Decides and takes facts in. */
  pool: Pool;
  /** For the view alone: whoever decides holds one of `pool` while the view catches up. */
  viewPool: Pool;
  writer: Pick<LedgerWriter, 'append' | 'appendBulk'>;
  reader: Pick<LedgerReader, 'readFrom' | 'head'>;
  jitter(attempt: number): Promise<void>;
  /** Called when causes have to be gone through because of the reference. */
  onReference(): void;
};

/**
 * Assesses causes: what follows from each new fact is decided and recorded before the place moves.
 *
 * A cause is saved only after what it calls for is recorded, so that a fact that comes again is
 * either known to have been dealt with, or decided again under the same key.
 */
export class Assessor {
  readonly view: MeasureView;
  readonly references = new ReferenceStore();

  constructor(readonly options: AssessorOptions) {
    this.view = new MeasureView(options.viewPool, options.reader);
  }

  /** @throws PoisonFact, UnreadableFact when a fact cannot be decided on */
  async decide(fresh: readonly DeliveredFact[]): Promise<void> {
    const reference = fresh.filter(({ type }) => isReferenceFactType(type));
    const causes = fresh.filter(({ type }) => isCauseFactType(type));
    if (reference.length > 0) await this.takeIn(reference);
    if (causes.length > 0) await this.assess(causes);
  }

  /** Records what follows from these looks at causes; called by whoever keeps others out. */
  record(plan: Plan, steps: readonly Step[]): Promise<number> {
    return recordDecisions({ ...this.options, view: this.view }, plan, steps);
  }

  private async takeIn(delivered: readonly DeliveredFact[]): Promise<void> {
    await inTransaction(this.options.pool, async (db) => {
      await lockReference(db);
      let reference = await this.references.current(db);
      for (const one of delivered) {
        const fact = factOf(one) as ReferenceFact;
        if (fact.position <= reference.position) continue;
        if (!hasRealTimes(fact)) throw new PoisonFact(one, 'a legal time is none');
        await addReferenceFact(db, fact, one.canonical, listsTouched(reference, fact));
        reference = evolveReference(reference, fact);
      }
    });
    this.options.onReference();
  }

  private async assess(delivered: readonly DeliveredFact[]): Promise<void> {
    const facts = delivered.map((fact) => ({
      delivered: fact,
      fact: factOf(fact) as CauseFact,
    }));
    await inTransaction(this.options.pool, async (db) => {
      // In this order: what is read is as of the locks.
      const [, plan, known] = await inOneFlight<[void, Plan, Map<string, Cause>]>(db, () => [
        lockBuckets(
          db,
          delivered.map(({ bucket }) => bucket),
        ),
        this.references.planOf(db),
        loadCauses(
          db,
          facts.map(({ fact }) => ({ ledger: fact.ledger, id: fact.data.listing })),
        ),
      ]);
      const { steps, causes } = stepsOf(facts, known, plan);
      await this.record(plan, steps);
      await saveCauses(db, causes);
    });
  }
}

/** One step per fact that is news to its cause, and the causes as they stand after them. */
function stepsOf(
  facts: readonly { delivered: DeliveredFact; fact: CauseFact }[],
  known: ReadonlyMap<string, Cause>,
  plan: Plan,
): { steps: Step[]; causes: Cause[] } {
  const moved = new Map<string, Cause>();
  const steps: Step[] = [];
  for (const { delivered, fact } of facts) {
    const text = causeText({ ledger: fact.ledger, id: fact.data.listing });
    const before = moved.get(text) ?? known.get(text);
    // Dealt with before the place moved.
    if (before && before.position >= fact.position) continue;
    const cause = poisonous(delivered, () => {
      const after = evolveCause(before, fact);
      if (!after.ended) plan.rowsFor(after.list, after.origin);
      return after;
    });
    moved.set(text, cause);
    const { ledger, position, correlation } = fact;
    const trigger = { causedBy: { ledger, position }, correlation };
    steps.push({ cause, trigger, key: decidingKey(CONSUMER, delivered) });
  }
  return { steps, causes: [...moved.values()] };
}

function poisonous<T>(fact: DeliveredFact, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new PoisonFact(fact, (error as Error).message);
  }
}

function hasRealTimes(fact: ReferenceFact): boolean {
  if (fact.type !== 'regulatory.memorandum-recorded.v1') return true;
  const { effectiveFrom, until } = fact.data;
  return isLegalTime(effectiveFrom) && (until === undefined || isLegalTime(until));
}

/** The assessor as the exchange sees it. */
export function enforcementConsumer(
  assessor: Assessor,
  pool: Pool,
  clock: { now(): Date },
): DecidingConsumer {
  return new DecidingConsumer({
    name: CONSUMER,
    ledgers: ['court', 'regulatory'],
    pool,
    clock,
    understands: isKnownFactType,
    decide: (fresh) => assessor.decide(fresh),
  });
}
