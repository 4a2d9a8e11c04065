import type { DeliveredFact, LedgerName, Watermark } from '@writ/contracts';
import { watermarksOf, type LedgerReader } from '@writ/ledger';

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

export type Published = { topic: string; partition: number; epoch: number; position: number };

/** A relay's own durable place, in the database of the ledger it publishes. */
export interface RelayPlaces {
  load(): Promise<{ epoch: number; place: number }>;
  move(to: { epoch: number; place: number }): Promise<void>;
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
  /** Told each time publishing fails; it is tried again. */
  onTrouble?: (message: string) => void;
};

/** The topics or the relay hold what the ledger does not: nobody may publish until it is settled. */
export class RelayHoldsMore extends Error {}

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
  await assertLedgerHoldsAll(options);
  const watermarks = publishWatermarks(options, signal);
  try {
    await publishFacts(options, signal);
  } finally {
    await watermarks;
  }
}

async function publishFacts(options: RelayOptions, signal: AbortSignal): Promise<void> {
  const { reader, publisher, places, pause } = options;
  const limit = options.batchSize ?? BATCH_SIZE;
  let { place } = await places.load();
  while (!signal.aborted) {
    try {
      const { facts } = await reader.readFrom(place, limit);
      const last = facts.at(-1);
      if (last) {
        await publisher.publish(facts);
        await places.move({ epoch: last.epoch, place: last.position });
        place = last.position;
      } else {
        // NOTIFY wakes the reader; its own polling is the fallback.
        await reader.grownBeyond(place + 1, options.watermarkMs ?? WATERMARK_MS);
      }
    } catch (error) {
      options.onTrouble?.(messageOf(error));
      await pause(RETRY_MS, signal);
    }
  }
}

async function publishWatermarks(options: RelayOptions, signal: AbortSignal): Promise<void> {
  const { reader, publisher, clock, pause } = options;
  while (!signal.aborted) {
    try {
      // Before the head, so that every decision that was assessed is covered by `last`.
      const assessed = await options.assessed?.();
      const head = await reader.head();
      const marks = watermarksOf(head, clock.now().toISOString());
      await publisher.publishWatermarks(
        marks.map((mark) => {
          const ofSources = assessed?.(mark.bucket);
          return ofSources ? { ...mark, assessed: ofSources } : mark;
        }),
      );
    } catch (error) {
      options.onTrouble?.(messageOf(error));
    }
    await pause(options.watermarkMs ?? WATERMARK_MS, signal);
  }
}

/** What was published must be in the ledger; otherwise it was restored, or is another ledger. */
async function assertLedgerHoldsAll(options: RelayOptions): Promise<void> {
  const { ledger, reader, publisher, places } = options;
  const own = await places.load();
  const newest = await publisher.newest();
  // Last: a zombie of this relay may still be publishing what was recorded meanwhile.
  const head = await reader.head();
  if (own.place >= head.size) {
    throw new RelayHoldsMore(`${ledger}: published to ${own.place}, the ledger ends before`);
  }
  for (const { topic, partition, epoch, position } of newest) {
    const where = `${topic}/${partition} holds ${position} of epoch ${epoch}`;
    if (position >= head.size || epoch > head.epoch) {
      throw new RelayHoldsMore(`${where}, the ledger ends before`);
    }
    if (epoch === head.epoch) continue;
    const [fact] = (await reader.readFrom(position - 1, 1)).facts;
    if (fact?.epoch !== epoch) throw new RelayHoldsMore(`${where}, the ledger another fact there`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
