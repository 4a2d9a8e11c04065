import { Partitioners, type Kafka, type Producer, type ProducerRecord } from 'kafkajs';
import { sendLanes, type Lane } from './send-lane.kafka.js';

/**
 * A producer with which kafkajs cannot lose a message: one send carries one topic-partition and its
 * response is checked; a lane per partition has one send in flight; after any rejected send it is
 * thrown away and the caller sends everything again. Not idempotent on purpose: kafkajs would use
 * a rejected batch's sequence numbers again, and whoever reads drops duplicates anyway.
 */
export class LaneProducer {
  /** Connected once, however many ask meanwhile: whoever comes second would leave one behind. */
  private producer: Promise<Producer> | undefined;

  constructor(private readonly kafka: Kafka) {}

  /** Resolves when all are acknowledged. @throws when any was not: send all of them again */
  async send(lanes: Iterable<Lane>): Promise<void> {
    try {
      await sendLanes(await this.connected(), lanes);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** One request for many partitions, for what the next message replaces: it can be lost. */
  async sendReplaceable(record: ProducerRecord): Promise<void> {
    await (await this.connected()).send(record);
  }

  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.then((connected) => connected.disconnect()).catch(() => undefined);
  }

  private connected(): Promise<Producer> {
    if (this.producer) return this.producer;
    const connecting = this.connect();
    this.producer = connecting;
    connecting.catch(() => {
      if (this.producer === connecting) this.producer = undefined;
    });
    return connecting;
  }

  private async connect(): Promise<Producer> {
    const producer = this.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: Partitioners.DefaultPartitioner,
      idempotent: false,
      metadataMaxAge: 30_000,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
    });
    try {
      await producer.connect();
      return producer;
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw error;
    }
  }
}
