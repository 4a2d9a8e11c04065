import type { Message, Producer } from 'kafkajs';
import type { OutgoingMessage } from './message.js';

/** Well below the broker's limit of 1 MiB per batch, headers not counted. */
const SEND_BYTES_MAX = 500_000;
const SEND_MESSAGES_MAX = 1_000;
export const SEND_TIMEOUT_MS = 10_000;

/** One partition's messages, in order. */
export type Lane = { topic: string; partition: number; messages: OutgoingMessage[] };

/**
 * Sends all lanes side by side; within a lane one send is in flight, each carries one
 * topic-partition, and its response is checked.
 *
 * @throws the first failure, after every lane has settled: nothing old can then overtake
 */
export async function sendLanes(producer: Producer, lanes: Iterable<Lane>): Promise<void> {
  const sends = await Promise.allSettled([...lanes].map((lane) => sendLane(producer, lane)));
  const failed = sends.find((send) => send.status === 'rejected');
  if (failed) throw failed.reason;
}

async function sendLane(producer: Producer, { topic, partition, messages }: Lane): Promise<void> {
  for (const chunk of chunked(messages)) {
    const records: Message[] = chunk.map((message) => ({ ...message, partition }));
    const timeout = SEND_TIMEOUT_MS;
    const response = await producer.send({ topic, acks: -1, timeout, messages: records });
    const [only] = response;
    const isWhole =
      response.length === 1 &&
      only?.topicName === topic &&
      only.partition === partition &&
      only.errorCode === 0 &&
      only.baseOffset !== undefined;
    if (!isWhole) throw new Error(`${topic}/${partition} was not acknowledged`);
  }
}

/** Bounds one send by messages and bytes. */
function* chunked(messages: readonly OutgoingMessage[]): Generator<OutgoingMessage[]> {
  let chunk: OutgoingMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.value ?? '');
    const isFull = bytes + size > SEND_BYTES_MAX || chunk.length === SEND_MESSAGES_MAX;
    if (isFull && chunk.length > 0) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(message);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}
