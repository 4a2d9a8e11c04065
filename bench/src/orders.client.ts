import { Kafka, logLevel } from 'kafkajs';
import { until } from './wait.process.js';

/** A court's system that sends judgments, either way. */
export type OrdersClient = {
  /** @returns orders per second, from the first sent to the last answered */
  overKafka(run: string, orders: number): Promise<number>;
  /** The same commands, by 32 callers. */
  overHttp(run: string, orders: number): Promise<number>;
  close(): Promise<void>;
};

const CALLERS = 32;
const PARTITIONS = 32;
const TYPE = 'court.intake.judgment-effective.v1';
const AUTHORITY = 'bench.court';
const ACTOR = 'system:bench';

const judgment = (id: string) => ({
  caseNumber: `bench ${id}`,
  instrument: {
    kind: 'judgment',
    number: `bench judgment ${id}`,
    issuer: AUTHORITY,
    effectiveOn: { date: '2020-01-01', zone: 'Asia/Shanghai' },
  },
});

/** @param court origin of the court's own process */
export async function ordersClient(brokers: string[], court: string): Promise<OrdersClient> {
  const kafka = new Kafka({ brokers, clientId: 'bench-orders', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const isThere = async () => {
    const asked = ['court.intake', 'court.intake-replies'].map((topic) =>
      admin.fetchTopicOffsets(topic),
    );
    return Promise.all(asked).then(
      () => true,
      () => false,
    );
  };
  await until('the court takes orders', isThere);
  await admin.disconnect();
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: 'bench-orders', maxWaitTimeInMs: 20 });
  await producer.connect();
  await consumer.connect();
  let heard = 0;
  let enough = Number.POSITIVE_INFINITY;
  let tell: () => void = () => undefined;
  await consumer.subscribe({ topics: ['court.intake-replies'], fromBeginning: true });
  await consumer.run({
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) {
        const { status } = JSON.parse(String(value)) as { status: number };
        if (status !== 201) throw new Error(`an order was answered ${status}`);
      }
      heard += batch.messages.length;
      if (heard >= enough) tell();
    },
  });
  const overKafka = async (run: string, orders: number) => {
    enough = heard + orders;
    const answered = new Promise<void>((resolve) => (tell = resolve));
    const started = performance.now();
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => {
      const ids = Array.from({ length: orders }, (_, n) => n).filter((n) => n % 32 === partition);
      const messages = ids.map((n) => message(`${run}-${n}`, partition));
      return producer.send({ topic: 'court.intake', messages });
    });
    await Promise.all(partitions);
    await answered;
    return orders / ((performance.now() - started) / 1_000);
  };
  const overHttp = async (run: string, orders: number) => {
    let next = 0;
    const started = performance.now();
    const caller = async () => {
      while (next < orders) await command(court, `${run}-${next++}`);
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    return orders / ((performance.now() - started) / 1_000);
  };
  const close = async () => {
    await consumer.disconnect();
    await producer.disconnect();
  };
  return { overKafka, overHttp, close };
}

function message(id: string, partition: number) {
  const headers = {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: '/bench',
    ce_type: TYPE,
    ce_authority: AUTHORITY,
    ce_actor: ACTOR,
    'content-type': 'application/json',
  };
  return { partition, key: id, value: JSON.stringify(judgment(id)), headers };
}

async function command(court: string, id: string): Promise<void> {
  const answer = await fetch(`${court}/court/v1/cases`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'writ-authority': AUTHORITY,
      'writ-actor': ACTOR,
      'idempotency-key': id,
    },
    body: JSON.stringify(judgment(id)),
  });
  await answer.arrayBuffer();
  if (answer.status !== 201) throw new Error(`a command was answered ${answer.status}`);
}
