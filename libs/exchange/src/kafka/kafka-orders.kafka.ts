import { setTimeout as delay } from 'node:timers/promises';
import { Module, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { intakeTopics, type OrderService } from '@writ/contracts';
import type { Admin, Kafka } from 'kafkajs';
import { BatchKafkaServer } from './batch-kafka.server.js';
import { kafkaClient, type KafkaConnection } from './client.kafka.js';
import type {
  KafkaBatch,
  KafkaBatchContext,
  PartitionControl,
} from './kafka-batch-context.kafka.js';
import { LaneProducer } from './lane-producer.kafka.js';
import type { IncomingHeaders, OutgoingMessage } from './message.js';
import { ORDER_TAKER, OrdersController, type OrderTaker } from './orders.controller.js';
import type { Lane } from './send-lane.kafka.js';
import { ensureTopics } from './topic-admin.kafka.js';
import { intakeShapes } from './topics.js';

/** A message of an intake topic, as it came. */
export type IncomingOrder = {
  topic: string;
  partition: number;
  offset: bigint;
  headers: IncomingHeaders;
  value: Buffer | null;
};

/** What is said to it: to its sender, or, where there is none, to the operator. */
export type OrderAnswer = OutgoingMessage & { to: 'replies' | 'refused' };

export type KafkaOrdersOptions = KafkaConnection & {
  service: OrderService;
  /** Copies of each partition; 1 unless the cluster has several brokers. */
  replication?: number;
  /**
   * Answers each order, in their order.
   *
   * @param isOurs false once the partition may be another process's: stop then
   * @returns undefined when it stopped: they come again, here or elsewhere
   */
  answer(
    orders: readonly IncomingOrder[],
    isOurs: () => boolean,
  ): Promise<readonly OrderAnswer[] | undefined>;
  /** How often what was answered is deleted; default 30 s. */
  deleteMs?: number;
  /** Told when what is wrong changes; undefined once work goes on. */
  onTrouble?: (message: string | undefined) => void;
};

const DELETE_MS = 30_000;
const RETRY_MS = 500;

/**
 * Orders of an intake topic, each answered before its place moves: after a crash some come again
 * and are answered again, with the same answer under the same id. What was answered is deleted from
 * the topic, since orders name people.
 */
export class KafkaOrders {
  private readonly kafka: Kafka;
  private readonly producer: LaneProducer;
  private app: INestMicroservice | undefined;
  private admin: Admin | undefined;
  private deleting: NodeJS.Timeout | undefined;
  private trouble: string | undefined;
  private readonly closing = new AbortController();
  private readonly working = new Set<Promise<void>>();
  /** Per partition the offset before which everything is answered, and was not deleted yet. */
  private readonly answered = new Map<number, bigint>();

  constructor(private readonly options: KafkaOrdersOptions) {
    this.kafka = kafkaClient(options);
    this.producer = new LaneProducer(this.kafka);
  }

  /** Returns at once: a broker that is not there yet is waited for. */
  async start(): Promise<void> {
    const { service, deleteMs } = this.options;
    const { intake } = intakeTopics(service);
    const strategy = new BatchKafkaServer({
      ...this.options,
      groupId: `writ-intake-${service}`,
      topics: { orders: [intake.name] },
      newestOnly: new Set(),
      beforeJoin: () => this.ensureTopics(),
      onTrouble: (message) => this.troubled(message),
    });
    const take: OrderTaker = (batch, context) => this.take(batch, context);
    const logger = false;
    this.app = await NestFactory.createMicroservice(ordersModule(take), { strategy, logger });
    await this.app.listen();
    this.deleting = setInterval(() => void this.deleteAnswered(intake.name), deleteMs ?? DELETE_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.deleting);
    this.closing.abort();
    await this.app?.close();
    await Promise.all(this.working);
    this.app = undefined;
    await this.producer.close();
    await this.admin?.disconnect().catch(() => undefined);
    this.admin = undefined;
  }

  status(): { running: boolean; trouble?: string } {
    const running = this.app !== undefined;
    return this.trouble === undefined ? { running } : { running, trouble: this.trouble };
  }

  /**
   * Returns at once: kafkajs fetches nothing from a broker while a batch of it is handled, so that
   * one partition that waits would hold up all others. This one is not fetched meanwhile.
   */
  private async take(batch: KafkaBatch, context: KafkaBatchContext): Promise<void> {
    const control = context.control();
    const resume = control.pause();
    const work = this.answerAll(batch, control).then((isDone) => {
      this.working.delete(work);
      // What was not answered must not be stepped over.
      if (isDone) resume();
    });
    this.working.add(work);
  }

  /** @returns whether all are answered; false once they are another's, or come again */
  private async answerAll(batch: KafkaBatch, control: PartitionControl): Promise<boolean> {
    const { topic, partition, messages } = batch;
    const orders = messages.map(({ offset, headers = {}, value }) => {
      return { topic, partition, offset, headers, value };
    });
    const next = (messages.at(-1)?.offset ?? -1n) + 1n;
    let answers: readonly OrderAnswer[] | undefined;
    while (control.isCurrent()) {
      try {
        answers ??= await this.options.answer(orders, () => control.isCurrent());
        if (!answers || !control.isCurrent()) return false;
        await this.producer.send(this.lanesOf(partition, answers));
        control.applied(next);
        this.answered.set(partition, next);
        this.troubled(undefined);
        return true;
      } catch (error) {
        this.troubled(error instanceof Error ? error.message : String(error));
        const { signal } = this.closing;
        await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return false;
  }

  private lanesOf(partition: number, answers: readonly OrderAnswer[]): Lane[] {
    const { replies, refused } = intakeTopics(this.options.service);
    const lanes: Record<OrderAnswer['to'], Lane> = {
      replies: { topic: replies.name, partition, messages: [] },
      refused: { topic: refused.name, partition: 0, messages: [] },
    };
    for (const { to, ...message } of answers) lanes[to].messages.push(message);
    return Object.values(lanes);
  }

  private troubled(message: string | undefined): void {
    if (this.trouble === message) return;
    this.trouble = message;
    this.options.onTrouble?.(message);
  }

  private async ensureTopics(): Promise<void> {
    const { service, replication } = this.options;
    await ensureTopics(await this.connectedAdmin(), intakeShapes(service), replication ?? 1);
  }

  /** Best effort: what is not deleted now is later, and by its age at last. */
  private async deleteAnswered(topic: string): Promise<void> {
    for (const [partition, offset] of this.answered) {
      const partitions = [{ partition, offset: String(offset) }];
      const isDone = await this.connectedAdmin()
        .then((admin) => admin.deleteTopicRecords({ topic, partitions }))
        .then(
          () => true,
          () => false,
        );
      if (isDone && this.answered.get(partition) === offset) this.answered.delete(partition);
    }
  }

  private async connectedAdmin(): Promise<Admin> {
    if (this.admin) return this.admin;
    const admin = this.kafka.admin();
    await admin.connect();
    return (this.admin = admin);
  }
}

function ordersModule(take: OrderTaker) {
  @Module({
    controllers: [OrdersController],
    providers: [{ provide: ORDER_TAKER, useValue: take }],
  })
  class OrdersModule {}
  return OrdersModule;
}
