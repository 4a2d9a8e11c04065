import { setTimeout as delay } from 'node:timers/promises';
import { ALL_BUCKETS, type DeliveredFact, type LedgerName, type Watermark } from '@writ/contracts';
import { watermarksOf, type LedgerHead, type LedgerReader } from '@writ/ledger';
import type {
  BucketDelivery,
  FactConsumer,
  FactFetcher,
  FactSource,
  Place,
  SourceStatus,
  StoppedBucket,
} from './fact-source.js';
import { contradiction, heal } from './healing.js';
import { ledgerEpochOf } from './join-on.js';

export type EmbeddedSourceOptions = {
  /** One per ledger the consumer listens to; reader role. Not closed by the source. */
  readers: Partial<Record<LedgerName, LedgerReader>>;
  clock: { now(): Date };
  /** Facts read, and applied in one transaction, at once; default 5,000. */
  pageSize?: number;
  /** How often an idle source hands over watermarks; default 1,000 ms. */
  watermarkMs?: number;
  /** Enforcement's only: how far it has assessed; read before the ledger's head. */
  assessed?: Partial<Record<LedgerName, AssessedReader>>;
  onAlarm?: (stopped: StoppedBucket) => void;
  /** Told when what is wrong changes; undefined once work goes on. */
  onTrouble?: (message: string | undefined) => void;
};

/** @returns per bucket how far the ledger's owner has assessed its sources */
export type AssessedReader = () => Promise<(bucket: number) => Watermark['assessed']>;

type Page = {
  facts: DeliveredFact[];
  head: LedgerHead;
  /** When the ledger was asked: its watermarks vouch for no later time. */
  at: string;
  assessed?: Awaited<AssessedOf>;
};
type AssessedOf = ReturnType<AssessedReader>;

type Start = { after: number; epoch: number };

const PAGE_SIZE = 5_000;
const WATERMARK_MS = 1_000;
const RETRY_MS = 500;
/** Buckets that a page does not touch are told of its watermarks once so long nothing came. */
const QUIET_MS = 25;
/** … and this often while pages are full; else every `watermarkMs`. */
const PAGES_BETWEEN_FULL = 32;
/** One read in so long at most: what comes meanwhile shares a page and its transactions. */
const PACE_MS = 8;

/**
 * Reads the ledgers themselves; no broker. One delivery per page, one page read ahead while
 * another is applied, one `apply` at a time over all ledgers.
 */
export class EmbeddedFactSource implements FactSource {
  readonly transport = 'embedded';
  private readonly stopping = new AbortController();
  private loops: Promise<void>[] = [];
  private turn: Promise<unknown> = Promise.resolve();
  private readonly stoppedBuckets: StoppedBucket[] = [];
  private trouble: string | undefined;

  constructor(private readonly options: EmbeddedSourceOptions) {}

  /** @throws Error when a ledger of the consumer has no reader */
  async start(consumer: FactConsumer): Promise<void> {
    for (const ledger of consumer.ledgers) {
      const reader = this.options.readers[ledger];
      if (!reader) throw new Error(`no reader for the ledger ${ledger}`);
      this.loops.push(this.follow(consumer, ledger, reader));
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.loops);
    this.loops = [];
  }

  status(): SourceStatus {
    return {
      transport: this.transport,
      running: this.loops.length > 0 && !this.stopping.signal.aborted,
      stopped: [...this.stoppedBuckets],
      ...(this.trouble === undefined ? {} : { trouble: this.trouble }),
    };
  }

  /** Keeps following; an error of a database is waited out, and the places are read again. */
  private async follow(
    consumer: FactConsumer,
    ledger: LedgerName,
    reader: LedgerReader,
  ): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const from = await this.verifiedStart(consumer, ledger, reader);
        await this.walk(consumer, ledger, reader, from);
      } catch (error) {
        this.troubled(error instanceof Error ? error.message : String(error));
        const { signal } = this.stopping;
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /**
   * Compares every place with the ledger: a bucket that holds more, or another fact, stops.
   *
   * @returns the position to read on from, and the epoch that was compared
   */
  private async verifiedStart(
    consumer: FactConsumer,
    ledger: LedgerName,
    reader: LedgerReader,
  ): Promise<Start> {
    // Places first: another owner may move them on beyond a head that was read before.
    const places = await consumer.places(ALL_BUCKETS.map((bucket) => ({ ledger, bucket })));
    const head = await reader.head();
    const going: Place[] = [];
    const reasons = await Promise.all(
      places.map(async (place) => {
        const isCovered = (head.bucketLast[place.bucket] ?? -1) >= place.place;
        return isCovered
          ? contradiction(fetcherOf(reader), place)
          : ('consumer_holds_more_than_the_ledger' as const);
      }),
    );
    places.forEach((place, index) => {
      const { bucket, place: position } = place;
      const reason = reasons[index];
      if (reason === undefined) going.push(place);
      else this.alarm([{ ledger, bucket, reason, position }]);
    });
    const upTos = going.map((place) => upToStillTrue(reader, head, place));
    return { after: Math.min(head.size - 1, ...(await Promise.all(upTos))), epoch: head.epoch };
  }

  private async walk(
    consumer: FactConsumer,
    ledger: LedgerName,
    reader: LedgerReader,
    from: Start,
  ): Promise<void> {
    const limit = this.options.pageSize ?? PAGE_SIZE;
    let { after } = from;
    let ahead: Promise<Page> | undefined;
    const watermarkMs = this.options.watermarkMs ?? WATERMARK_MS;
    let fullAt = -Infinity;
    for (let pages = 0; !this.stopping.signal.aborted; pages++) {
      const readAt = performance.now();
      const page = await (ahead ?? this.read(ledger, reader, after, limit));
      // Restored behind us: the places are compared again.
      if (page.head.epoch !== from.epoch) return;
      after = page.facts.at(-1)?.position ?? after;
      const isLast = page.facts.length < limit;
      ahead = isLast ? undefined : this.read(ledger, reader, after, limit);
      // A failed read ahead is met when it is awaited, not before.
      ahead?.catch(() => undefined);
      const isDue = performance.now() - fullAt >= watermarkMs;
      // A busy ledger's facts must not bring all 33 places with them each time.
      const isFull = isLast ? isDue || page.facts.length === 0 : pages % PAGES_BETWEEN_FULL === 0;
      if (isFull) fullAt = performance.now();
      const buckets = this.deliveryOf(ledger, page, after, { isFull, isLast });
      await this.inTurn(() => this.apply(consumer, reader, buckets));
      this.troubled(undefined);
      // Not beyond the head, which may have been read after the page.
      if (!isLast) continue;
      await reader.grownBeyond(after + 1, isFull ? watermarkMs : QUIET_MS);
      const { signal } = this.stopping;
      const early = readAt + PACE_MS - performance.now();
      if (early > 0) await delay(early, undefined, { signal }).catch(() => undefined);
    }
    await ahead?.catch(() => undefined);
  }

  private async read(
    ledger: LedgerName,
    reader: LedgerReader,
    after: number,
    limit: number,
  ): Promise<Page> {
    // Before the head, so that what was assessed is covered by the watermark's `last`.
    const assessed = await this.options.assessed?.[ledger]?.();
    // Before it too: what is recorded after the head was read is not covered.
    const at = this.options.clock.now().toISOString();
    const { facts, head } = await reader.readFrom(after, limit);
    return { facts, head, at, ...(assessed ? { assessed } : {}) };
  }

  /**
   * @param upTo up to where the buckets told of hold nothing more
   * @param isFull tells every bucket, not only those with facts
   */
  private deliveryOf(
    ledger: LedgerName,
    { facts, head, at, assessed }: Page,
    upTo: number,
    { isFull, isLast }: { isFull: boolean; isLast: boolean },
  ): BucketDelivery[] {
    const byBucket = new Map<number, DeliveredFact[]>();
    for (const fact of facts) {
      const ofBucket = byBucket.get(fact.bucket);
      if (ofBucket) ofBucket.push(fact);
      else byBucket.set(fact.bucket, [fact]);
    }
    const touched = isFull ? ALL_BUCKETS : [...byBucket.keys()];
    const watermarks = isLast ? watermarksOf(head, at) : [];
    return touched
      .filter((bucket) => !this.isStopped(ledger, bucket))
      .map((bucket) => {
        const mark = watermarks[bucket];
        const ofSources = assessed?.(bucket);
        const watermark = mark && (ofSources ? { ...mark, assessed: ofSources } : mark);
        return {
          ledger,
          bucket,
          facts: byBucket.get(bucket) ?? [],
          verified: true,
          ...(watermark ? { watermark } : {}),
          upTo,
          epoch: head.epoch,
        };
      });
  }

  private async apply(
    consumer: FactConsumer,
    reader: LedgerReader,
    buckets: BucketDelivery[],
  ): Promise<void> {
    let open = buckets;
    while (open.length > 0 && !this.stopping.signal.aborted) {
      const { gaps, stopped } = await consumer.apply({ buckets: open });
      this.alarm(stopped ?? []);
      if (gaps.length === 0) return;
      this.alarm(await heal(consumer, fetcherOf(reader), gaps));
      // Fetched is what was missing before it; the rest of the page is still to be applied.
      const short = new Set(gaps.map(({ bucket }) => bucket));
      open = open.filter(
        ({ ledger, bucket }) => short.has(bucket) && !this.isStopped(ledger, bucket),
      );
    }
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private troubled(message: string | undefined): void {
    if (this.trouble === message) return;
    this.trouble = message;
    this.options.onTrouble?.(message);
  }

  private isStopped(ledger: LedgerName, bucket: number): boolean {
    return this.stoppedBuckets.some((stop) => stop.ledger === ledger && stop.bucket === bucket);
  }

  private alarm(stopped: readonly StoppedBucket[]): void {
    for (const stop of stopped) {
      if (this.isStopped(stop.ledger, stop.bucket)) continue;
      this.stoppedBuckets.push(stop);
      this.options.onAlarm?.(stop);
    }
  }
}

/**
 * What was known to be empty is so only before the first restore since it was known: after that
 * other facts may stand there.
 */
async function upToStillTrue(reader: LedgerReader, head: LedgerHead, of: Place): Promise<number> {
  const { place, upTo } = of;
  const known = ledgerEpochOf(of);
  if (known === head.epoch) return upTo;
  // Epochs only grow with the position: the first one that is later, by halves.
  let [low, high] = [0, head.size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [fact] = (await reader.readFrom(middle - 1, 1)).facts;
    if ((fact?.epoch ?? 0) > known) high = middle;
    else low = middle + 1;
  }
  return Math.max(place, Math.min(upTo, low - 1));
}

/** A ledger's own reader, for healing. */
export function fetcherOf(reader: LedgerReader): FactFetcher {
  return {
    fetch: async (_, after, limit) => (await reader.readFrom(after, limit)).facts,
  };
}
