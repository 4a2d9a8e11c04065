import { setMaxListeners } from 'node:events';
import type { Exchange } from './exchange.process.js';
import type { ExchangePart } from './exchange-watch.js';

type Step = () => Promise<void> | void;

/** When a service's parts start, pause and stop, and in what order. */
export type Lifecycle = {
  /** Aborted first of all on a stop. */
  readonly stopping: AbortSignal;
  onReady(start: Step): void;
  onStop(stop: Step): void;
  /** After the process listens: relay, consumers, then what asked for `onReady`. */
  start(): Promise<void>;
  /** Started, not suspended and not stopping. */
  isStarted(): boolean;
  /** Stops consuming and publishing; the service's paths answer 503 until `resume`. */
  suspend(): Promise<void>;
  resume(): Promise<void>;
  isSuspended(): boolean;
  /** Its sources and its relay; none while it is not started. */
  exchange(): ExchangePart[];
  /** Ends what keeps requests open. Before the process stops listening. */
  announceStop(): void;
  /** Consumers first, then what asked for `onStop`, newest first; databases last. */
  stop(): Promise<void>;
};

/**
 * @param startExchange called on each start and resume
 * @param closeDatabases called once all that uses them has stopped
 */
export function lifecycle(
  startExchange: () => Promise<Exchange>,
  closeDatabases: () => Promise<void>,
): Lifecycle {
  const starts: Step[] = [];
  const stops: Step[] = [];
  let exchange: Exchange | undefined;
  let state: 'opened' | 'started' | 'suspended' | 'stopped' = 'opened';
  const stopping = new AbortController();
  // One listener per long poll is no leak.
  setMaxListeners(0, stopping.signal);
  return {
    stopping: stopping.signal,
    onReady: (start) => void starts.push(start),
    onStop: (stop) => void stops.push(stop),
    start: async () => {
      exchange = await startExchange();
      for (const start of starts) await start();
      state = 'started';
    },
    isStarted: () => state === 'started',
    suspend: async () => {
      state = 'suspended';
      await exchange?.stop();
      exchange = undefined;
    },
    resume: async () => {
      exchange ??= await startExchange();
      state = 'started';
    },
    isSuspended: () => state === 'suspended',
    exchange: () => exchange?.status() ?? [],
    announceStop: () => stopping.abort(),
    stop: async () => {
      stopping.abort();
      state = 'stopped';
      await exchange?.stop();
      for (const stop of stops.toReversed()) await stop();
      await closeDatabases();
    },
  };
}
