import type { SourceStatus } from '../fact-source.js';
import type { Fault } from './broken-consumer.fixture.js';
import type { Lab, LabHooks } from './lab.fixture.js';
import type { TestLedger } from './test-ledger.fixture.js';

/** Mistakes of what stands between ledger and consumer. */
export type WayFault =
  /** The place of the relay (or reader) moves on before anything is acknowledged. */
  | 'acknowledged-early'
  /** A relay (or reader) that is resumed goes on at the end, not where it was. */
  | 'resumed-at-the-end'
  /** Whoever starts a relay publishes, whether or not another does. */
  | 'no-relay-lock'
  /** A relay that believes its topics hold what its place says. */
  | 'topics-not-looked-at'
  /** A relay (or reader) that compares neither topics nor place with the ledger. */
  | 'ledger-not-looked-at'
  /** A source that takes a page for applied once its gaps are fetched. */
  | 'rest-of-page-left'
  /** A relay with one place for all generations of topics. */
  | 'one-place-for-all'
  /** A source that steps over what it cannot read. */
  | 'unreadable-skipped'
  /** A source that does not look at watermarks. */
  | 'watermarks-not-looked-at'
  /** A source that asks the ledger about each place once after its start, and never again. */
  | 'compared-once'
  /** A source to which a place that the ledger could not be asked about is as good as another. */
  | 'unvouched-counted';

export type Variant = { consumer?: Fault; way?: WayFault };

/** @returns what is wrong with a variant, for the names of tests */
export function nameOf({ consumer, way }: Variant): string {
  return [consumer, way].filter(Boolean).join(', ');
}

/** @returns a fact as it comes when its text is cut on the way */
export function garbled<F extends { canonical: string }>(fact: F): F {
  return { ...fact, canonical: fact.canonical.slice(0, fact.canonical.length / 2) };
}

/** A running consumer with its source: one process, as it were. */
export type Running = {
  status(): SourceStatus;
  stop(): Promise<void>;
};

/** One ledger, one way to consumers, one database; made anew for every line. */
export type World = {
  transport: 'embedded' | 'kafka';
  ledger: TestLedger;
  lab: Lab;
  /** @param own.group of a consumer that ignores the others: a second owner of all buckets */
  start(hooks?: LabHooks, own?: { group: string }): Promise<Running>;
  /** Everything handed over from now on comes twice. */
  duplicate(): void;
  /** The fact at that position, not yet recorded, will not come. */
  drop(position: number): void;
  /** The fact at that position, not yet recorded, will come with half its text. */
  garble(position: number): void;
  /** What was handed over up to now is no longer there to be read. No consumer may run. */
  truncate(): Promise<void>;
  /** The way forgets how far the consumer had come. No consumer may run. */
  forgetOffsets(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  breakDown(): Promise<void>;
  repair(): Promise<void>;
  /** Resolves when the way holds the whole ledger. @throws Error when it never does */
  wholeOnTheWay(): Promise<void>;
  close(): Promise<void>;
};
