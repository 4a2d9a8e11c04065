import { BaseRpcContext } from '@nestjs/microservices';

/** A fetched batch without any type of the client. */
export type KafkaBatch = {
  topic: string;
  partition: number;
  messages: KafkaMessage[];
};

export type KafkaMessage = {
  offset: bigint;
  headers: Record<string, Buffer | string | (Buffer | string)[] | undefined> | undefined;
  value: Buffer | null;
};

/** What a handler may ask of the partition it is handed. */
export type PartitionControl = {
  /** False once the group was rebalanced: the partition may be another's now. */
  isCurrent(): boolean;
  /** Tells that everything before `next` is durably applied: a hint for the next start. */
  applied(next: bigint): void;
  /** Stops fetching this partition until the returned function is called. */
  pause(): () => void;
};

/** Pairs handlers with `BatchKafkaServer` alone. */
export const KAFKA_BATCH = Symbol('KAFKA_BATCH');

export class KafkaBatchContext extends BaseRpcContext<[PartitionControl]> {
  constructor(control: PartitionControl) {
    super([control]);
  }

  control(): PartitionControl {
    return this.getArgByIndex(0);
  }
}
