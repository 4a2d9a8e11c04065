import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { KAFKA_BATCH, KafkaBatchContext, type KafkaBatch } from './kafka-batch-context.kafka.js';

/** Takes a batch of orders in; resolves when each is answered. */
export type OrderTaker = (batch: KafkaBatch, context: KafkaBatchContext) => Promise<void>;

export const ORDER_TAKER = Symbol('ORDER_TAKER');

@Controller()
export class OrdersController {
  constructor(@Inject(ORDER_TAKER) private readonly take: OrderTaker) {}

  @EventPattern<string>('orders', KAFKA_BATCH)
  orders(@Payload() batch: KafkaBatch, @Ctx() context: KafkaBatchContext): Promise<void> {
    return this.take(batch, context);
  }
}
