import { setTimeout as delay } from 'node:timers/promises';
import { REFERENCE_BUCKET, type LedgerName, type Watermark } from '@writ/contracts';
import { Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DeliveryInbox } from '../delivery-inbox.js';
import type {
  BucketKey,
  FactConsumer,
  FactFetcher,
  FactSource,
  Place,
  SourceStatus,
  StoppedBucket,
} from '../fact-source.js';
import { contradiction } from '../healing.js';
import { BatchKafkaServer } from './batch-kafka.server.js';
import type { KafkaConnection } from './client.kafka.js';
import { BATCH_TAKER, DeliveriesController, type BatchTaker } from './deliveries.controller.js';
import type { KafkaBatch, KafkaBatchContext } from './kafka-batch-context.kafka.js';
import { decodeFact, decodeWatermark } from './message.js';
import { factsTopic, referenceTopic, topicContent, watermarksTopic } from './topics.js';

export type KafkaSourceOptions = KafkaConnection & {
  /** The ledgers' own facts over HTTP, for healing. */
  fetcher: FactFetcher;
  /** Of a topic generation. */
  topicPrefix?: string;
  /** Default: the consumer's name. */
  groupId?: string;
  /** Transactions side by side; default 3. */
  lanes?: number;
  /** How often watermarks that came alone are applied; default 250 ms. */
  watermarkMs?: number;
  /** A watermark that tells of facts that have not come for so long: they are fetched. */
  healAfterMs?: number;
  sessionTimeoutMs?: number;
  onAlarm?: (stopped: StoppedBucket) => void;
  /** Told when what is wrong changes; undefined once work goes on. */
  onTrouble?: (message: string | undefined) => void;
};

const WATERMARK_MS = 250;
const HEAL_AFTER_MS = 5_000;
/** A bucket with so many facts outstanding is not fetched until it has caught up. */
const BUCKET_FACTS_MAX = 5_000;
/** So many facts of all buckets outstanding: the next fetch waits. */
const ALL_FACTS_MAX = 20_000;

type Behind = { last: number; since: number };

/** Facts from Kafka, through our own Nest transport. */
export class KafkaFactSource implements FactSource {
  readonly transport = 'kafka';
  private app: INestMicroservice | undefined;
  private inbox: DeliveryInbox | undefined;
  private timers: NodeJS.Timeout[] = [];
  private trouble: string | undefined;
  private readonly closing = new AbortController();
  private readonly watermarks = new Map<string, Watermark>();
  private readonly behind = new Map<string, Behind>();
  /** The place of each bucket that was compared with the ledger last, since the start. */
  private readonly compared = new Map<string, number>();
  /** Places beyond every watermark that the ledger could not be asked about. */
  private readonly unvouched = new Map<string, number>();

  constructor(private readonly options: KafkaSourceOptions) {}

  /** Returns at once: a broker that is not there yet is waited for.  */
  async start(consumer: FactConsumer): Promise<void> {
    const { topicPrefix, fetcher, lanes, onAlarm } = this.options;
    const { signal } = this.closing;
    const inbox = new DeliveryInbox({
      consumer,
      fetcher,
      pause: async (ms) => delay(ms, undefined, { signal }).catch(() => undefined),
      onAlarm: (stopped) => onAlarm?.(stopped),
      onTrouble: (message) => this.options.onTrouble?.(message),
      ...(lanes === undefined ? {} : { lanes }),
    });
    this.inbox = inbox;
    const ledgers = [...consumer.ledgers];
    const watermarkTopics = ledgers.map((ledger) => watermarksTopic(ledger, topicPrefix));
    const strategy = new BatchKafkaServer({
      ...this.options,
      groupId: this.options.groupId ?? `${topicPrefix ?? ''}${consumer.name}`,
      topics: {
        facts: ledgers.flatMap((ledger) => [
          factsTopic(ledger, topicPrefix),
          referenceTopic(ledger, topicPrefix),
        ]),
        watermarks: watermarkTopics,
      },
      newestOnly: new Set(watermarkTopics),
      onAssigned: (isOurs) => this.onAssigned(isOurs),
      onTrouble: (message) => this.troubled(message),
    });
    this.app = await NestFactory.createMicroservice(deliveriesModule(this.taker(inbox)), {
      strategy,
      logger: false,
    });
    await this.app.listen();
    const { watermarkMs, healAfterMs } = this.options;
    this.timers = [
      setInterval(() => inbox.flushWatermarks(), watermarkMs ?? WATERMARK_MS),
      setInterval(() => void this.catchUp(consumer, inbox), (healAfterMs ?? HEAL_AFTER_MS) / 2),
    ];
  }

  async stop(): Promise<void> {
    this.closing.abort();
    this.timers.forEach((timer) => clearInterval(timer));
    const closed = this.inbox?.close();
    await this.app?.close();
    await closed;
    this.app = undefined;
  }

  status(): SourceStatus {
    const trouble = this.inbox?.trouble ?? this.trouble;
    return {
      transport: this.transport,
      running: this.app !== undefined,
      stopped: this.inbox?.stopped() ?? [],
      ...(trouble === undefined ? {} : { trouble }),
    };
  }

  private troubled(message: string | undefined): void {
    if (this.trouble === message) return;
    this.trouble = message;
    this.options.onTrouble?.(message);
  }

  private taker(inbox: DeliveryInbox): BatchTaker {
    return {
      facts: (batch, context) => this.takeFacts(inbox, batch, context),
      watermarks: (batch) => this.takeWatermarks(inbox, batch),
    };
  }

  private async takeFacts(
    inbox: DeliveryInbox,
    batch: KafkaBatch,
    context: KafkaBatchContext,
  ): Promise<void> {
    const content = topicContent(batch.topic, this.options.topicPrefix);
    if (!content) return;
    const bucket = content.carries === 'reference' ? REFERENCE_BUCKET : batch.partition;
    const key = { ledger: content.ledger, bucket };
    const control = context.control();
    if (inbox.isStopped(key)) {
      // Never resumed: it stands still until somebody has looked and started us again.
      control.pause();
      return;
    }
    const facts = [];
    for (const { headers, value, offset } of batch.messages) {
      const fact = decodeFact(headers, value, key);
      if (!fact) {
        inbox.put({ ...key, facts });
        inbox.stop(key, 'envelope_cannot_be_read', Number(offset));
        control.pause();
        return;
      }
      facts.push(fact);
    }
    const next = (batch.messages.at(-1)?.offset ?? -1n) + 1n;
    inbox.put({ ...key, facts, done: () => control.applied(next) });
    if (inbox.outstanding(key) > BUCKET_FACTS_MAX) this.pauseUntilLighter(inbox, key, context);
    while (inbox.outstanding() > ALL_FACTS_MAX && control.isCurrent()) await inbox.becomesLighter();
  }

  private pauseUntilLighter(
    inbox: DeliveryInbox,
    key: BucketKey,
    context: KafkaBatchContext,
  ): void {
    const resume = context.control().pause();
    void (async () => {
      while (inbox.outstanding(key) > BUCKET_FACTS_MAX / 4) await inbox.becomesLighter();
      resume();
    })();
  }

  private takeWatermarks(inbox: DeliveryInbox, batch: KafkaBatch): void {
    const content = topicContent(batch.topic, this.options.topicPrefix);
    if (!content) return;
    for (const { value } of batch.messages) {
      const watermark = decodeWatermark(value, content.ledger);
      // A watermark that cannot be read is replaced by the next, in a second.
      if (!watermark) continue;
      const { ledger, bucket } = watermark;
      this.watermarks.set(keyOf(watermark), watermark);
      // Held back, so that what may not be the ledger's does not count as current.
      if (watermark.upTo < (this.unvouched.get(keyOf(watermark)) ?? -1)) continue;
      inbox.put({ ledger, bucket, facts: [], watermark });
    }
  }

  private onAssigned(isOurs: (topic: string, partition: number) => boolean): void {
    const { topicPrefix } = this.options;
    const isGone = ({ ledger, bucket }: BucketKey) =>
      bucket === REFERENCE_BUCKET
        ? !isOurs(referenceTopic(ledger, topicPrefix), 0)
        : !isOurs(factsTopic(ledger, topicPrefix), bucket);
    this.inbox?.drop(isGone);
    for (const [key, watermark] of this.watermarks) {
      if (isGone(watermark)) this.watermarks.delete(key);
    }
  }

  /** What a watermark tells of and no message brings (lost at the end of a topic) is fetched. */
  private async catchUp(consumer: FactConsumer, inbox: DeliveryInbox): Promise<void> {
    const marks = [...this.watermarks.values()].filter((mark) => inbox.outstanding(mark) === 0);
    if (marks.length === 0) return;
    const places = await consumer.places(marks).catch(() => []);
    await this.compare(inbox, places);
    const now = performance.now();
    places.forEach(({ ledger, bucket, place }) => {
      const key = keyOf({ ledger, bucket });
      const last = this.watermarks.get(key)?.last ?? -1;
      const before = this.behind.get(key);
      if (place >= last) this.behind.delete(key);
      else if (!before || place >= before.last) this.behind.set(key, { last, since: now });
      else if (now - before.since >= (this.options.healAfterMs ?? HEAL_AFTER_MS)) {
        this.behind.delete(key);
        inbox.put({ ledger, bucket, facts: [], catchUpTo: before.last });
      }
    });
  }

  /**
   * After a start, the ledger must still hold the very fact at our place, or it was restored (or
   * replaced) behind us. And whenever a place is beyond what the ledger's watermark tells of: a
   * message that the ledger does not have can name our place as its `prev` and join on. A ledger
   * that cannot be reached now is asked again later.
   */
  private async compare(inbox: DeliveryInbox, places: readonly Place[]): Promise<void> {
    const open = places.filter((place) => {
      const before = this.compared.get(keyOf(place));
      return before === undefined || (before !== place.place && this.isBeyond(place));
    });
    await Promise.all(
      open.map(async (place) => {
        const key = keyOf(place);
        try {
          const reason = await contradiction(this.options.fetcher, place);
          this.compared.set(key, place.place);
          this.unvouched.delete(key);
          if (reason !== undefined) inbox.stop(place, reason, place.place);
        } catch {
          if (this.isBeyond(place)) this.unvouched.set(key, place.place);
        }
      }),
    );
  }

  private isBeyond(place: Place): boolean {
    return place.place > (this.watermarks.get(keyOf(place))?.upTo ?? place.place);
  }
}

function keyOf({ ledger, bucket }: { ledger: LedgerName; bucket: number }): string {
  return `${ledger}/${bucket}`;
}

function deliveriesModule(taker: BatchTaker) {
  @Module({
    controllers: [DeliveriesController],
    providers: [{ provide: BATCH_TAKER, useValue: taker }],
  })
  class DeliveriesModule {}
  return DeliveriesModule;
}
