import type { DeliveredFact, LedgerName, Watermark } from '@writ/contracts';
import { watermarksOf, type LedgerReader } from '@writ/ledger';
import { leafOf } from './join-on.js';
import { relayStart } from './relay-start.js';

/** Where a relay's messages go; the only implementation is Kafka's. */
export interface FactPublisher {
  /** @throws Error when a topic has another partition count than there are buckets */
  open(): Promise<void>;
  /** The newest message of every partition of the ledger's topics. */
  newest(): Promise<Published[]>;
  /**
   * Resolves when every fact is acknowledged. Rejected: any of them may be there or not; the same
   * facts must be published again before later ones.
   */
  publish(facts: readonly DeliveredFact[]): Promise<void>;
  publishWatermarks(watermarks: readonly Watermark[]): Promise<void>;
  close(): Promise<void>;
}

export type Published = {
  topic: string;
  partition: number;
  bucket: number;
  epoch: number;
  position: number;
  /** Hex leaf hash of the bytes that stand there. */
  leaf: string;
};

/** How far a relay has published: place -1 while nothing is. */
export type RelayPlace = {
  epoch: number;
  place: number;
  /** Hex leaf hash of the fact at `place`; absent: none, or kept by an older build. */
  leaf?: string;
};

/** A relay's own durable place, in the database of the ledger it publishes. */
export interface RelayPlaces {
  load(): Promise<RelayPlace>;
  move(to: RelayPlace): Promise<void>;
}

export type RelayOptions = {
  ledger: LedgerName;
  reader: LedgerReader;
  publisher: FactPublisher;
  places: RelayPlaces;
  clock: { now(): Date };
  /** Resolves after that time or when the signal aborts. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Facts published before the place moves; default 1,000. */
  batchSize?: number;
  /** Default 1,000 ms. */
  watermarkMs?: number;
  assessed?: () => Promise<(bucket: number) => Watermark['assessed']>;
  /** Told when publishing begins to fail, or fails in another way; it is tried again. */
  onTrouble?: (message: string) => void;
  /** Told when publishing works: at first, and again after each trouble. */
  onCalm?: () => void;
};

const BATCH_SIZE = 1_000;
const WATERMARK_MS = 1_000;
const RETRY_MS = 500;

/**
 * Publishes a ledger until the signal aborts: reads by position, one batch in flight, and moves
 * its place when all of it is acknowledged. At least once: consumers drop what they have.
 *
 * @throws RelayHoldsMore when the topics were fed from a ledger that is not (or no longer) this
 */
export async function relay(options: RelayOptions, signal: AbortSignal): Promise<void> {
  await options.publisher.open();
  const after = await relayStart(options);
  const loops = watchOf(options);
  const watermarks = publishWatermarks(options, loops, signal);
  try {
    await publishFacts(options, after, loops, signal);
  } finally {
    await watermarks;
  }
}

type Loop = 'facts' | 'watermarks';
type LoopWatch = { failed(loop: Loop, error: unknown): void; worked(loop: Loop): void };

/** What fails every half second is told once; it is over when neither loop fails any more. */
function watchOf({ onTrouble, onCalm }: RelayOptions): LoopWatch {
  const failing = new Map<Loop, string>();
  let isCalm = false;
  return {
    failed: (loop, error) => {
      isCalm = false;
      const message = error instanceof Error ? error.message : String(error);
      if (failing.get(loop) === message) return;
      failing.set(loop, message);
      onTrouble?.(message);
    },
    worked: (loop) => {
      failing.delete(loop);
      if (isCalm || failing.size > 0) return;
      isCalm = true;
      onCalm?.();
    },
  };
}

async function publishFacts(
  options: RelayOptions,
  after: number,
  loops: LoopWatch,
  signal: AbortSignal,
): Promise<void> {
  const { reader, publisher, places, pause } = options;
  const limit = options.batchSize ?? BATCH_SIZE;
  let place = after;
  while (!signal.aborted) {
    try {
      const { facts } = await reader.readFrom(place, limit);
      const last = facts.at(-1);
      if (last) {
        await publisher.publish(facts);
        await places.move({ epoch: last.epoch, place: last.position, leaf: leafOf(last) });
        place = last.position;
      } else {
        // NOTIFY wakes the reader; its own polling is the fallback.
        await reader.grownBeyond(place + 1, options.watermarkMs ?? WATERMARK_MS);
      }
      loops.worked('facts');
    } catch (error) {
      loops.failed('facts', error);
      await pause(RETRY_MS, signal);
    }
  }
}

async function publishWatermarks(
  options: RelayOptions,
  loops: LoopWatch,
  signal: AbortSignal,
): Promise<void> {
  const { reader, publisher, clock, pause } = options;
  while (!signal.aborted) {
    try {
      // Before the head, so that every decision that was assessed is covered by `last`.
      const assessed = await options.assessed?.();
      // Before it too: what is recorded after the head was read is not covered.
      const at = clock.now().toISOString();
      const marks = watermarksOf(await reader.head(), at);
      await publisher.publishWatermarks(
        marks.map((mark) => {
          const ofSources = assessed?.(mark.bucket);
          return ofSources ? { ...mark, assessed: ofSources } : mark;
        }),
      );
      loops.worked('watermarks');
    } catch (error) {
      loops.failed('watermarks', error);
    }
    await pause(options.watermarkMs ?? WATERMARK_MS, signal);
  }
}
