import type { Applied, FactConsumer, ParkedFact, RelayStatus, SourceStatus } from '@writ/exchange';

/** One thing a service has running on the exchange: a consumer's source, or its relay. */
export type ExchangePart = {
  /** The consumer's name, `relay`, or `intake`: orders that come over Kafka. */
  part: string;
  /** Of the relay: `waiting` also while another process publishes. */
  state: 'running' | 'waiting' | 'publishing' | 'stopped' | 'alarm';
  /** Buckets that stand still until somebody has looked. */
  stoppedBuckets: number;
  /** What is wrong now; it is tried again (not in the state `alarm`). */
  trouble?: string;
};

/** @returns a consumer's source as health and metrics tell it */
export function sourcePart(
  part: string,
  { running, stopped, trouble }: SourceStatus,
): ExchangePart {
  const state = running ? 'running' : 'stopped';
  return { part, state, stoppedBuckets: stopped.length, ...(trouble ? { trouble } : {}) };
}

/** @returns the relay as health and metrics tell it */
export function relayPart({ state, trouble }: RelayStatus): ExchangePart {
  return { part: 'relay', state, stoppedBuckets: 0, ...(trouble ? { trouble } : {}) };
}

/** @returns the intake of orders as health and metrics tell it */
export function intakePart({ running, trouble }: { running: boolean; trouble?: string }) {
  const state = running ? 'running' : 'stopped';
  const part: ExchangePart = { part: 'intake', state, stoppedBuckets: 0 };
  return trouble === undefined ? part : { ...part, trouble };
}

/** Does a part stand still until somebody acts? What is tried again does not. */
export function standsStill({ state, stoppedBuckets }: ExchangePart): boolean {
  return state === 'alarm' || stoppedBuckets > 0;
}

/** The facts of one delivery that were set aside for one reason; no subject, no content. */
export type ParkedLine = Omit<ParkedFact, 'bucket'> & { consumer: string; facts: number };

/** @returns one line per ledger, reason and type, naming the first position */
export function parkedLines(consumer: string, parked: readonly ParkedFact[]): ParkedLine[] {
  const lines = new Map<string, ParkedLine>();
  for (const { ledger, reason, type, position } of parked) {
    const key = `${ledger}/${reason}/${type}`;
    const line = lines.get(key) ?? { consumer, ledger, reason, type, position, facts: 0 };
    lines.set(key, { ...line, facts: line.facts + 1 });
  }
  return [...lines.values()];
}

/** The same consumer; what it sets aside is told as well. */
export function tellingConsumer(
  consumer: FactConsumer,
  tell: (line: ParkedLine) => void,
): FactConsumer {
  const { name, ledgers } = consumer;
  const apply = async (delivery: Parameters<FactConsumer['apply']>[0]): Promise<Applied> => {
    const applied = await consumer.apply(delivery);
    parkedLines(name, applied.parked ?? []).forEach(tell);
    return applied;
  };
  return { name, ledgers, places: (keys) => consumer.places(keys), apply };
}
