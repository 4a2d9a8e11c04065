import { REFERENCE_BUCKET, type DeliveredFact, type Fact } from '@writ/contracts';
import {
  decidingKey,
  sortOut,
  type Applied,
  type BucketKey,
  type Delivery,
  type FactConsumer,
  type Place,
  type StoredPlace,
} from '@writ/exchange';
import {
  evolveCause,
  isCauseFactType,
  type Cause,
  type CauseFact,
} from '@writ/enforcement/cause/cause';
import { recordDecisions, type Step } from '@writ/enforcement/cause/record-decisions';
import { foldMeasures, type LastDecision } from '@writ/enforcement/measure/fold-measures';
import type { MeasureFact } from '@writ/enforcement/measure/measure-record';
import { planMeasures } from '@writ/enforcement/memorandum/plan-measures';
import {
  evolveReference,
  isReferenceFactType,
  listsTouched,
  nothingDeclared,
  type Reference,
  type ReferenceFact,
} from '@writ/enforcement/memorandum/reference';
import type { MemoryLedger } from '@writ/ledger';
import { noJitter } from '@writ/testkit';
import { keyOf } from './projection.fixture.js';

/** Thrown by a crash: what was recorded stays, what was not kept is gone. */
export class Crash extends Error {}

/** What enforcement has beside its ledger; a crash brings back what was kept last. */
type Kept = {
  causes: ReadonlyMap<string, Cause>;
  reference: Reference;
  places: ReadonlyMap<string, StoredPlace>;
};

/**
 * Enforcement with its tables in memory: the same causes, plan and recording. A place moves after
 * the receipts, in one step with the causes.
 */
export class MemoryEnforcement implements FactConsumer {
  readonly name = 'enforcement';
  readonly ledgers = ['court', 'regulatory'] as const;
  /** Asked between the append and the place: whether to die there. */
  crashes: () => boolean = () => false;
  private kept: Kept = { causes: new Map(), reference: nothingDeclared, places: new Map() };

  constructor(
    private readonly ledger: MemoryLedger,
    /** As broken variants do it: the place first, then the append. */
    private readonly placeFirst = false,
  ) {}

  async places(keys: readonly BucketKey[]): Promise<Place[]> {
    return keys.map((key) => this.placeOf(key));
  }

  async apply(delivery: Delivery): Promise<Applied> {
    const places = delivery.buckets.map((key) => this.placeOf(key));
    const { fresh, moved, applied } = sortOut(places, delivery);
    const next = new Map(this.kept.places);
    for (const place of moved) next.set(keyOf(place), place);
    if (this.placeFirst) this.kept = { ...this.kept, places: next };
    if (this.placeFirst && this.crashes()) throw new Crash();
    const { causes, reference } = await this.decide(fresh);
    if (!this.placeFirst && this.crashes()) throw new Crash();
    this.kept = { causes, reference, places: next };
    return applied;
  }

  private placeOf({ ledger, bucket }: BucketKey): StoredPlace {
    const nowhere = { ledger, bucket, epoch: 0, place: -1, upTo: -1 };
    return this.kept.places.get(keyOf({ ledger, bucket })) ?? nowhere;
  }

  private async decide(fresh: readonly DeliveredFact[]): Promise<Omit<Kept, 'places'>> {
    const causes = new Map(this.kept.causes);
    let { reference } = this.kept;
    for (const delivered of fresh) {
      const fact = JSON.parse(delivered.canonical) as Fact;
      if (delivered.bucket === REFERENCE_BUCKET && isReferenceFactType(fact.type)) {
        const touched = listsTouched(reference, fact as ReferenceFact);
        reference = evolveReference(reference, fact as ReferenceFact);
        await this.lookAgain(reference, touched, causes, delivered);
      }
      if (!isCauseFactType(fact.type)) continue;
      const cause = fact as CauseFact;
      const key = `${fact.ledger}/${cause.data.listing}`;
      const before = causes.get(key);
      if (before && before.position >= fact.position) continue;
      const after = evolveCause(before, cause);
      causes.set(key, after);
      await this.record(reference, [stepOf(after, delivered, decidingKey(this.name, delivered))]);
    }
    return { causes, reference };
  }

  /** A new memorandum version: every cause that it touches. */
  private async lookAgain(
    reference: Reference,
    lists: readonly string[],
    causes: ReadonlyMap<string, Cause>,
    trigger: DeliveredFact,
  ): Promise<void> {
    const base = decidingKey(this.name, trigger);
    const steps = [...causes.values()]
      .filter(({ list }) => lists.includes(list))
      .map((cause) => stepOf(cause, trigger, `${base}/${cause.ledger}/${cause.id}`));
    if (steps.length > 0) await this.record(reference, steps);
  }

  private async record(reference: Reference, steps: readonly Step[]): Promise<void> {
    const { writer, reader } = this.ledger;
    const view = {
      catchUp: async () => {},
      decisions: async (): Promise<Map<string, LastDecision>> => {
        const { facts } = await reader.readFrom(-1, 100_000);
        const told = facts.map(({ canonical }) => JSON.parse(canonical) as MeasureFact);
        const { decisions } = foldMeasures(new Map(), [], told);
        return new Map(decisions.map((one) => [`${one.ledger}-${one.id}`, one]));
      },
    };
    await recordDecisions({ writer, view, jitter: noJitter }, planMeasures(reference), steps);
  }
}

function stepOf(cause: Cause, { ledger, position, canonical }: DeliveredFact, key: string): Step {
  const { correlation } = JSON.parse(canonical) as Fact;
  return { cause, trigger: { causedBy: { ledger, position }, correlation }, key };
}
