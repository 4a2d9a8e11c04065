import type { IntakeRefused, IntakeReply } from '@writ/contracts';
import { Kafka, logLevel, type Consumer, type Producer } from 'kafkajs';
import { eventually } from './eventually.fixture.js';

export type Sent = {
  headers: Record<string, string>;
  value: string | Buffer | null;
  partition?: number;
};
/** A reply with the id it came under. */
export type Reply = IntakeReply & { ce_id: string };

/** A client of the court's intake that sends what no client should, and hears every answer. */
export class IntakeProbe {
  readonly replies: Reply[] = [];
  readonly refused: IntakeRefused[] = [];
  private waiting: (() => void)[] = [];

  private constructor(
    private readonly producer: Producer,
    private readonly consumer: Consumer,
  ) {}

  /** Waits for the topics: a court that has just started may be making them. */
  static open(brokers: string[]): Promise<IntakeProbe> {
    return eventually(() => IntakeProbe.connect(brokers));
  }

  private static async connect(brokers: string[]): Promise<IntakeProbe> {
    const kafka = new Kafka({ brokers, clientId: 'intake-probe', logLevel: logLevel.NOTHING });
    const groupId = 'intake-probe';
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
    const probe = new IntakeProbe(kafka.producer(), consumer);
    await probe.producer.connect();
    await consumer.connect();
    const topics = ['court.intake-replies', 'court.intake-refused'];
    await consumer.subscribe({ topics, fromBeginning: true }).catch(async (error: unknown) => {
      await probe.close();
      throw error;
    });
    await consumer.run({
      eachMessage: async ({ topic, message }) => {
        const said = JSON.parse(String(message.value)) as IntakeReply & IntakeRefused;
        const ce_id = String(message.headers?.['ce_id']);
        if (topic === 'court.intake-refused') probe.refused.push(said);
        else probe.replies.push({ ...said, ce_id });
        for (const tell of probe.waiting.splice(0)) tell();
      },
    });
    return probe;
  }

  /** @returns where it stands: what its answer is named after */
  async send({ headers, value, partition }: Sent): Promise<string> {
    const message = { headers, value, ...(partition === undefined ? {} : { partition }) };
    const [sent] = await this.producer.send({ topic: 'court.intake', messages: [message] });
    return `court.intake/${sent?.partition}/${sent?.baseOffset}`;
  }

  /** Resolves with the first reply to an order. */
  async replyTo(id: string): Promise<Reply> {
    for (;;) {
      const reply = this.replies.find(({ order }) => order.id === id);
      if (reply) return reply;
      await this.heard();
    }
  }

  /** Resolves when something else was answered. */
  heard(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async close(): Promise<void> {
    await this.consumer.disconnect();
    await this.producer.disconnect();
  }
}
