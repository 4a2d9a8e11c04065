import { Controller, Inject } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { KAFKA_BATCH, KafkaBatchContext, type KafkaBatch } from './kafka-batch-context.kafka.js';

/** Takes batches in; resolves when the next may come. */
export type BatchTaker = {
  facts(batch: KafkaBatch, context: KafkaBatchContext): Promise<void>;
  watermarks(batch: KafkaBatch): void;
};

export const BATCH_TAKER = Symbol('BATCH_TAKER');

@Controller()
export class DeliveriesController {
  constructor(@Inject(BATCH_TAKER) private readonly taker: BatchTaker) {}

  @EventPattern<string>('facts', KAFKA_BATCH)
  facts(@Payload() batch: KafkaBatch, @Ctx() context: KafkaBatchContext): Promise<void> {
    return this.taker.facts(batch, context);
  }

  @EventPattern<string>('watermarks', KAFKA_BATCH)
  watermarks(@Payload() batch: KafkaBatch): void {
    this.taker.watermarks(batch);
  }
}
