import { SERVICES } from './config.js';
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';

/** One per process. Labels carry ledgers, buckets and implementers, never subjects. */
export type Metrics = {
  registry: Registry;
  lagSeconds: Gauge<'consumer' | 'ledger' | 'bucket'>;
  lagEvents: Gauge<'consumer' | 'ledger' | 'bucket'>;
  openLiftings: Gauge<'implementer'>;
  quarantinedSubjects: Gauge<'consumer'>;
  /** Buckets that stand still until somebody has looked. */
  stoppedBuckets: Gauge<'service'>;
  /** 1 while a source or the relay is in trouble. */
  exchangeTrouble: Gauge<'service' | 'part'>;
  /** Counts an answer that was a problem. */
  refusal(service: string, reason: string): void;
  /** Counts an order that came over Kafka, by what became of it. */
  order(service: string, outcome: 'recorded' | 'refused' | 'unreadable'): void;
};

/**
 * @param name of the process: a label on every sample, so that several can be joined
 * @returns the process's metrics, all at their start
 */
export function createMetrics(name = 'writ'): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ process: name });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const refusals = new Counter({
    name: 'writ_refusals_total',
    help: 'Requests answered with a problem, by its reason.',
    labelNames: ['service', 'reason'],
    registers,
  });
  const orders = new Counter({
    name: 'writ_orders_total',
    help: 'Orders that came over Kafka, by what became of them.',
    labelNames: ['service', 'outcome'],
    registers,
  });
  const lagLabels = ['consumer', 'ledger', 'bucket'] as const;
  return {
    registry,
    lagSeconds: new Gauge({
      name: 'writ_lag_seconds',
      help: 'Age of the newest watermark a consumer stands at.',
      labelNames: lagLabels,
      registers,
    }),
    lagEvents: new Gauge({
      name: 'writ_lag_events',
      help: 'Positions between the ledger and a consumer.',
      labelNames: lagLabels,
      registers,
    }),
    openLiftings: new Gauge({
      name: 'writ_open_liftings',
      help: 'Liftings an implementer has not acknowledged.',
      labelNames: ['implementer'],
      registers,
    }),
    quarantinedSubjects: new Gauge({
      name: 'writ_quarantined_subjects',
      help: 'Subjects whose facts are parked.',
      labelNames: ['consumer'],
      registers,
    }),
    stoppedBuckets: new Gauge({
      name: 'writ_stopped_buckets',
      help: 'Buckets that stand still until somebody has looked.',
      labelNames: ['service'],
      registers,
    }),
    exchangeTrouble: new Gauge({
      name: 'writ_exchange_trouble',
      help: "1 while a consumer's source, or the relay, is in trouble or stopped by an alarm.",
      labelNames: ['service', 'part'],
      registers,
    }),
    refusal: (service, reason) => {
      // Anybody can ask for any path: only names of ours become labels.
      const known = SERVICES.find((name) => name === service) ?? 'none';
      refusals.inc({ service: known, reason });
    },
    order: (service, outcome) => orders.inc({ service, outcome }),
  };
}
