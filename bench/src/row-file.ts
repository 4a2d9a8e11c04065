import type { Row } from './measure.js';

/** What a row's file is told. */
export type RowContext = {
  /** A smoke run: proves that everything works, says nothing about speed. */
  quick: boolean;
  /** How many alternating pairs. */
  rounds: number;
  /** The repository. */
  root: string;
  /** One line of progress. */
  note(line: string): void;
  /** Hands a row over as soon as it is measured: what fails later does not take it along. */
  done(row: Row): void;
};

/** Measures, hands over its rows and cleans up after itself. */
export type Measure = (context: RowContext) => Promise<void>;

/** File under `rows/` → names of the rows it owes, so that none is lost when it fails. */
export const ROW_FILES: Readonly<Record<string, readonly string[]>> = {
  append: [
    'append, 32 callers, × Emmett',
    'append, 32 callers, × pgbench',
    'append, 256 callers, × pgbench',
    'append, 32 callers, p50',
    'append, 32 callers, p99',
    'append, 256 callers, p99',
    'append, 32 callers, under an open snapshot',
  ],
  'bulk-append': ['bulk append, × bare COPY'],
  status: ['status over HTTP, × bare Fastify with SELECT', 'status over HTTP, × constant answer'],
  kafka: [
    'Kafka, exchange consumer, × bare eachBatch',
    'Kafka, exchange consumer, × stock Nest server',
    'Kafka, with the projection, × bare eachBatch',
  ],
  'latency-embedded': [
    'delisting recorded → NOT_RESTRICTED, embedded, p50',
    'delisting recorded → NOT_RESTRICTED, embedded, p99',
    'listing recorded → RESTRICTED, embedded, p50',
    'listing recorded → RESTRICTED, embedded, p99',
  ],
  'latency-kafka': [
    'delisting recorded → NOT_RESTRICTED, Kafka, p50',
    'delisting recorded → NOT_RESTRICTED, Kafka, p99',
    'listing recorded → RESTRICTED, Kafka, p50',
    'listing recorded → RESTRICTED, Kafka, p99',
  ],
  intake: ['orders over Kafka until answered, × the same over HTTP, 32 callers'],
  imports: [
    'import of records, × bare COPY of its facts',
    'import of cases, × bare COPY of its facts',
    'catch-up over HTTP, × the same bytes ready-made',
    'replay over HTTP, × fetching the same pages',
  ],
  answers: [
    'status, 100,000 subjects with 1 M facts, p50',
    'status, 100,000 subjects with 1 M facts, p99',
    'record, 100,000 subjects with 1 M facts, p50',
    'record, 100,000 subjects with 1 M facts, p99',
  ],
  rebuild: [
    'rebuild of the projection, × bare SELECT',
    'rebuild of the projection, last tenth ÷ first',
    'rebuild of the projection, memory, last tenth ÷ third tenth',
    'rebuild of the projection, × Emmett projection',
    'catching up of the live projection',
  ],
  start: [
    'npm start to ready, built',
    'npm start to ready, not built',
    'embedded stack at rest, resident memory',
    'npm start to ready, 100,000 events',
    'npm start to ready, 1,000,000 events',
    'npm start to ready, 5,000,000 events',
  ],
};
