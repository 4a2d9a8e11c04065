import type { LedgerName, Watermark } from '@writ/contracts';
import type { LedgerReader } from '@writ/ledger';
import type { FactConsumer, FactSource, SourceStatus, StoppedBucket } from './fact-source.js';

export type EmbeddedSourceOptions = {
  /** One per ledger the consumer listens to; reader role. Not closed by the source. */
  readers: Partial<Record<LedgerName, LedgerReader>>;
  clock: { now(): Date };
  /** Facts read, and applied in one transaction, at once; default 5,000. */
  pageSize?: number;
  /** How often an idle source hands over watermarks; default 1,000 ms. */
  watermarkMs?: number;
  /** Enforcement's only: how far it has assessed; read before the ledger's head. */
  assessed?: Partial<Record<LedgerName, AssessedReader>>;
  onAlarm?: (stopped: StoppedBucket) => void;
};

/** @returns per bucket how far the ledger's owner has assessed its sources */
export type AssessedReader = () => Promise<((bucket: number) => Watermark['assessed']) | undefined>;

/** Reads the ledgers themselves; no broker. */
export class EmbeddedFactSource implements FactSource {
  readonly transport = 'embedded';

  constructor(private readonly options: EmbeddedSourceOptions) {}

  async start(consumer: FactConsumer): Promise<void> {
    throw new Error(`not built yet: ${consumer.name} ${Object.keys(this.options.readers).length}`);
  }

  async stop(): Promise<void> {}

  status(): SourceStatus {
    return { transport: 'embedded', running: false, stopped: [] };
  }
}
