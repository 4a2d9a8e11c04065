import {
  ALL_BUCKETS,
  bucketOf,
  isKnownFactType,
  LEDGERS,
  REFERENCE_BUCKET,
  type DeliveredFact,
  type LedgerName,
  type MeasureAnswer,
} from '@writ/contracts';
import {
  sortOut,
  type Applied,
  type BucketKey,
  type Delivery,
  type FactConsumer,
  type Place,
  type SortedOut,
  type StoredPlace,
} from '@writ/exchange';
import { answer } from '@writ/projection/answer/answer';
import { referenceOf, type Reference } from '@writ/projection/answer/reference';
import { foldBatch, readFact } from '@writ/projection/fold/fold-batch';
import type { ReferenceItem } from '@writ/projection/fold/reference-fold';
import { EMPTY_ROOT, movedRoot } from '@writ/projection/fold/state-root';
import { causesOf, decisionsOf, type SubjectState } from '@writ/projection/fold/subject-state';

export type Sorter = (places: readonly StoredPlace[], delivery: Delivery) => SortedOut;

/** The projection with its tables in memory: the same sorting out, folding and answering. */
export class MemoryProjection implements FactConsumer {
  readonly name = 'projection';
  readonly ledgers = LEDGERS;
  /** Every fact folded, in the order it was. */
  readonly folded: DeliveredFact[] = [];
  private readonly stored = new Map<string, StoredPlace>();
  private readonly states = new Map<LedgerName, Map<string, string>>();
  private readonly roots = new Map<string, string>();

  constructor(private readonly sorter: Sorter = sortOut) {
    for (const ledger of LEDGERS) this.states.set(ledger, new Map());
  }

  async places(keys: readonly BucketKey[]): Promise<Place[]> {
    return keys.map((key) => this.placeOf(key));
  }

  async apply(delivery: Delivery): Promise<Applied> {
    const places = delivery.buckets.map((key) => this.placeOf(key));
    const { fresh, moved, applied } = this.sorter(places, delivery);
    for (const ledger of LEDGERS) this.fold(ledger, fresh);
    for (const place of moved) this.stored.set(keyOf(place), place);
    return applied;
  }

  placeOf({ ledger, bucket }: BucketKey): StoredPlace {
    const nowhere = { ledger, bucket, epoch: 0, place: -1, upTo: -1 };
    return this.stored.get(keyOf({ ledger, bucket })) ?? nowhere;
  }

  /** Per ledger and bucket, as text. */
  rootOf(): string {
    return JSON.stringify(
      LEDGERS.flatMap((ledger) =>
        ALL_BUCKETS.map((bucket) => this.roots.get(keyOf({ ledger, bucket })) ?? EMPTY_ROOT),
      ),
    );
  }

  stateOf(subject: string): SubjectState {
    const found = LEDGERS.flatMap((ledger) => {
      const text = this.states.get(ledger)?.get(subject);
      return text === undefined ? [] : [[ledger, JSON.parse(text) as unknown]];
    });
    return Object.fromEntries(found) as SubjectState;
  }

  reference(): Reference {
    const items = [...(this.states.get('regulatory') ?? [])].filter(([owner]) =>
      owner.includes('/'),
    );
    return referenceOf(items.map(([key, text]) => [key, JSON.parse(text) as ReferenceItem]));
  }

  answer(subject: string, measure: string, now: string): MeasureAnswer {
    const state = this.stateOf(subject);
    const record = { causes: causesOf(state), decisions: decisionsOf(state) };
    const [told] = answer(record, this.reference(), { measures: [measure] }, { now });
    if (!told) throw new Error('one measure was asked for');
    return told;
  }

  /** The position an answer about a subject stands at. */
  positionOf(subject: string): Record<LedgerName, number> {
    const at = (ledger: LedgerName, bucket = bucketOf(subject)) =>
      this.placeOf({ ledger, bucket }).place;
    return {
      court: at('court'),
      regulatory: at('regulatory', REFERENCE_BUCKET),
      enforcement: at('enforcement'),
    };
  }

  private fold(ledger: LedgerName, fresh: readonly DeliveredFact[]): void {
    const facts = fresh.filter((fact) => fact.ledger === ledger);
    if (!facts.every(({ type }) => isKnownFactType(type))) throw new Error('an unknown type');
    const states = this.states.get(ledger) ?? new Map<string, string>();
    const batch = foldBatch(ledger, facts.map(readFact), states);
    for (const { owner, state } of batch.states) states.set(owner, state);
    for (const [bucket, difference] of batch.differences) {
      const key = keyOf({ ledger, bucket });
      this.roots.set(key, movedRoot(this.roots.get(key) ?? EMPTY_ROOT, difference));
    }
    this.folded.push(...facts);
  }
}

export const keyOf = ({ ledger, bucket }: BucketKey) => `${ledger}/${bucket}`;
