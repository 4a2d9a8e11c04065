import { createRequire } from 'node:module';
import { Kafka, logLevel, type logCreator } from 'kafkajs';

/** Structured log lines of the client; never with message bodies. */
export type KafkaLog = (level: 'warn' | 'error', message: string) => void;

export type KafkaConnection = {
  brokers: string[];
  clientId: string;
  log?: KafkaLog;
};

/** @returns a client with the settings that were tried (docs/adr, kafkajs) */
export function kafkaClient({ brokers, clientId, log }: KafkaConnection): Kafka {
  calmRequestQueue();
  return new Kafka({
    clientId,
    brokers,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator: logTo(log ?? (() => undefined)),
  });
}

function logTo(log: KafkaLog): logCreator {
  return () => (entry) => {
    const isError = entry.level === logLevel.ERROR;
    log(isError ? 'error' : 'warn', `${entry.namespace}: ${entry.log.message}`);
  };
}

type RequestQueue = {
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  throttledUntil: number;
  pending: unknown[];
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
};

let isCalm = false;

/**
 * kafkajs 2.2.4 re-arms a timer every millisecond per connection, for ever, and warns of negative
 * time-outs on Node 24. It is only needed while requests wait.
 *
 * @throws Error when kafkajs no longer has the method: then this patch is to be thought over
 */
export function calmRequestQueue(): void {
  if (isCalm) return;
  const require = createRequire(import.meta.url);
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue };
  if (typeof prototype.scheduleCheckPendingRequests !== 'function') {
    throw new Error('kafkajs has changed: scheduleCheckPendingRequests is gone');
  }
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
    const wait = this.throttledUntil - Date.now();
    this.throttleCheckTimeoutId = setTimeout(
      () => {
        this.throttleCheckTimeoutId = null;
        this.checkPendingRequests();
      },
      wait > 0 ? wait : 10,
    );
  };
  isCalm = true;
}
