import { setTimeout as delay } from 'node:timers/promises';
import { Server } from '@nestjs/microservices';
import type { Admin, Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { lastValueFrom } from 'rxjs';
import { kafkaClient, type KafkaConnection } from './client.kafka.js';
import {
  KAFKA_BATCH,
  KafkaBatchContext,
  type PartitionControl,
} from './kafka-batch-context.kafka.js';
import { sameBucketAssigner } from './same-bucket-assigner.kafka.js';
import { startOffsets, type Assignment, type PartitionOffsets } from './start-offsets.js';
import { offsetsOf } from './topic-admin.kafka.js';

export type BatchKafkaOptions = KafkaConnection & {
  groupId: string;
  /** Topics per handler pattern. */
  topics: Record<string, string[]>;
  /** Topics of which only the newest messages matter. */
  newestOnly: ReadonlySet<string>;
  /** Awaited before each joining: makes sure of topics, say. */
  beforeJoin?: () => Promise<void>;
  /** After a rebalance: whether a partition is still ours. */
  onAssigned?: (isOurs: (topic: string, partition: number) => boolean) => void;
  onTrouble?: (message: string | undefined) => void;
  /** Longest wait of a fetch that finds nothing. */
  fetchWaitMs?: number;
  sessionTimeoutMs?: number;
};

type Events = Record<string, never>;

const CLOSE_MS_MAX = 10_000;
const RESTART_MS = 500;
const HINT_MS = 1_000;
/** A killed process leaves its buckets waiting for so long; one that is alive beats four times. */
const SESSION_TIMEOUT_MS = 10_000;

/**
 * Our own Nest transport: whole batches, own start offsets, and a consumer that is made anew after
 * every crash. kafkajs' own restarting cannot be ended reliably and keeps asking dead
 * coordinators; Nest's stock Kafka server knows neither batches nor places.
 *
 * A handler gets a batch and says when to go on; it must not wait for the database for long.
 */
export class BatchKafkaServer extends Server<Events, string> {
  override readonly transportId = KAFKA_BATCH;
  override readonly propagatesEventHandlerErrors = true;
  private readonly kafka: Kafka;
  private consumer: Consumer | undefined;
  private readonly closing = new AbortController();
  private readonly whenClosing = new Promise<void>((resolve) => {
    this.closing.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  private session: Promise<void> | undefined;
  private generation = 0;
  /** Aborted by the next join, and when we close. */
  private seeking = new AbortController();
  /** Next offset per `topic/partition` that is durably applied, ours or from the group. */
  private readonly hints = new Map<string, bigint>();

  constructor(private readonly options: BatchKafkaOptions) {
    super();
    this.initializeSerializer({});
    this.initializeDeserializer({});
    this.kafka = kafkaClient(options);
  }

  /** Services start in any order: a broker that is not there yet is waited for behind this. */
  override listen(callback: (error?: unknown) => void): void {
    this.session = this.keepConsuming();
    callback();
  }

  override async close(): Promise<void> {
    this.closing.abort();
    this.seeking.abort();
    this.generation++;
    await this.session;
    this._status$.complete();
  }

  override on(): never {
    throw new Error('BatchKafkaServer has no events to listen to');
  }

  override unwrap<T>(): T {
    return this.consumer as T;
  }

  private async keepConsuming(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        await this.consumeUntilCrash();
      } catch (error) {
        this.options.onTrouble?.(error instanceof Error ? error.message : String(error));
      }
      this._status$.next('disconnected');
      await delay(RESTART_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async consumeUntilCrash(): Promise<void> {
    const admin = this.kafka.admin();
    const consumer = this.createConsumer();
    const hinting = setInterval(() => void this.commitHints(consumer), HINT_MS);
    try {
      const over = this.crashed(consumer);
      over.catch(() => undefined);
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        this.onJoin(consumer, admin, payload.memberAssignment);
      });
      await this.options.beforeJoin?.();
      await admin.connect();
      await consumer.connect();
      const topics = [...this.messageHandlers.keys()].flatMap((p) => this.options.topics[p] ?? []);
      await consumer.subscribe({ topics, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 8,
        eachBatch: (payload) => this.onBatch(consumer, payload),
      });
      await over;
    } finally {
      clearInterval(hinting);
      this.generation++;
      await this.commitHints(consumer);
      await within(CLOSE_MS_MAX, consumer.disconnect());
      await within(CLOSE_MS_MAX, admin.disconnect());
    }
  }

  private createConsumer(): Consumer {
    const sessionTimeout = this.options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
    const consumer = this.kafka.consumer({
      groupId: this.options.groupId,
      allowAutoTopicCreation: false,
      sessionTimeout,
      heartbeatInterval: Math.min(3_000, sessionTimeout / 4),
      rebalanceTimeout: 60_000,
      maxWaitTimeInMs: this.options.fetchWaitMs ?? 250,
      minBytes: 1,
      maxBytes: 8 << 20,
      maxBytesPerPartition: 1 << 20,
      metadataMaxAge: 30_000,
      partitionAssigners: [sameBucketAssigner],
      // Few and short: kafkajs keeps asking a dead coordinator until they are used up.
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1_000,
        retries: 4,
        restartOnFailure: async () => false,
      },
    });
    this.consumer = consumer;
    return consumer;
  }

  /** Resolves when we close, rejects when the consumer is dead. */
  private crashed(consumer: Consumer): Promise<void> {
    return new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      void this.whenClosing.then(resolve);
    });
  }

  /**
   * Called by kafkajs inside the join: must pause at once, or a fetch starts where the group's
   * own offsets say. The offsets are hints; what was applied is settled by the place in the
   * database, which every delivery locks.
   */
  private onJoin(consumer: Consumer, admin: Admin, assignment: Assignment): void {
    const generation = ++this.generation;
    this.seeking.abort();
    this.seeking = new AbortController();
    // What another member applies from now on is its own to tell.
    for (const key of this.hints.keys()) {
      const [topic, partition] = splitKey(key);
      if (!assignment[topic]?.includes(partition)) this.hints.delete(key);
    }
    const partitions = Object.entries(assignment).map(([topic, ofTopic]) => {
      return { topic, partitions: ofTopic };
    });
    consumer.pause(partitions);
    this._status$.next('rebalancing');
    this.options.onAssigned?.((topic, partition) => {
      return assignment[topic]?.includes(partition) ?? false;
    });
    void this.seekAll(consumer, admin, assignment, generation).then((isDone) => {
      if (!isDone) return;
      consumer.resume(partitions);
      this._status$.next('connected');
      this.options.onTrouble?.(undefined);
    });
  }

  /** Tries until it works or the assignment is not ours any more; heartbeats go on meanwhile. */
  private async seekAll(
    consumer: Consumer,
    admin: Admin,
    assignment: Assignment,
    generation: number,
  ): Promise<boolean> {
    const { signal } = this.seeking;
    while (generation === this.generation && !signal.aborted) {
      try {
        const seeks = await this.offsetsToStartFrom(admin, assignment);
        if (generation !== this.generation) return false;
        for (const { topic, partition, offset } of seeks) {
          consumer.seek({ topic, partition, offset: String(offset) });
        }
        return true;
      } catch (error) {
        this.options.onTrouble?.(error instanceof Error ? error.message : String(error));
        await delay(RESTART_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return false;
  }

  private async offsetsToStartFrom(admin: Admin, assignment: Assignment) {
    const { groupId, newestOnly } = this.options;
    const topics = Object.keys(assignment);
    const committed = await admin.fetchOffsets({ groupId, topics });
    for (const { topic, partitions } of committed) {
      for (const { partition, offset } of partitions) {
        const own = this.hints.get(`${topic}/${partition}`) ?? -1n;
        if (BigInt(offset) > own) this.hints.set(`${topic}/${partition}`, BigInt(offset));
      }
    }
    const held: Record<string, PartitionOffsets[]> = {};
    await Promise.all(topics.map(async (topic) => (held[topic] = await offsetsOf(admin, topic))));
    return startOffsets(assignment, held, this.hints, newestOnly);
  }

  private async onBatch(consumer: Consumer, payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset, isRunning, isStale } = payload;
    const { topic, partition } = batch;
    const { generation } = this;
    const isCurrent = () => generation === this.generation && !this.closing.signal.aborted;
    await heartbeat();
    if (!isCurrent() || !isRunning() || isStale()) return;
    const control: PartitionControl = {
      isCurrent,
      applied: (next) => {
        if (isCurrent()) this.hints.set(`${topic}/${partition}`, next);
      },
      pause: () => {
        consumer.pause([{ topic, partitions: [partition] }]);
        return () => {
          if (isCurrent()) consumer.resume([{ topic, partitions: [partition] }]);
        };
      },
    };
    const messages = batch.messages.map(({ offset, headers, value }) => {
      return { offset: BigInt(offset), headers, value };
    });
    const pattern = Object.keys(this.options.topics).find((name) =>
      this.options.topics[name]?.includes(topic),
    );
    const handler = pattern === undefined ? null : this.getHandlerByPattern(pattern);
    if (!handler) throw new Error(`nobody handles ${topic}`);
    const context = new KafkaBatchContext(control);
    await this.runWithHeartbeat(heartbeat, async () => {
      const result = await handler({ topic, partition, messages }, context);
      // Nest hands an error of a handler over as a stream that fails.
      await lastValueFrom(this.transformToObservable(result), { defaultValue: undefined });
    });
    // After a rebalance the partition may be gone, and resolving it would end the consumer.
    if (isCurrent()) resolveOffset(batch.lastOffset());
    await heartbeat();
  }

  /** Keeps the membership while the handler waits for room. */
  private async runWithHeartbeat(
    heartbeat: () => Promise<void>,
    work: () => Promise<void>,
  ): Promise<void> {
    const beat = setInterval(() => void heartbeat().catch(() => undefined), 1_000);
    try {
      await work();
    } finally {
      clearInterval(beat);
    }
  }

  /** Best effort: without them a restart reads again what it has, and drops it. */
  private async commitHints(consumer: Consumer): Promise<void> {
    const offsets = [...this.hints].map(([key, offset]) => {
      const [topic, partition] = splitKey(key);
      return { topic, partition, offset: String(offset) };
    });
    if (offsets.length === 0) return;
    await consumer.commitOffsets(offsets).catch(() => undefined);
  }
}

/** Of `topic/partition`. */
function splitKey(key: string): [string, number] {
  const slash = key.lastIndexOf('/');
  return [key.slice(0, slash), Number(key.slice(slash + 1))];
}

/** Waits for a client's goodbye, but not for ever. */
async function within(ms: number, goodbye: Promise<void>): Promise<void> {
  const deadline = new AbortController();
  const { signal } = deadline;
  await Promise.race([
    goodbye.catch(() => undefined),
    delay(ms, undefined, { signal }).catch(() => undefined),
  ]);
  deadline.abort();
}
