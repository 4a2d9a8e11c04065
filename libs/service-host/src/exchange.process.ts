import { EmbeddedFactSource, type FactSource } from '@writ/exchange';
import type { LedgerReader } from '@writ/ledger';
import type { LedgerName } from '@writ/contracts';
import type { OpenHost } from './host.process.js';
import { openReader } from './ledgers.postgres.js';

/** The relay and the sources of one service, running. */
export type Exchange = { stop(): Promise<void> };

/**
 * Starts what a service has to do with the exchange: a source per consumer on the configured
 * transport and, over Kafka, the relay of its own ledger.
 *
 * @throws Error when a consumer names a ledger whose reader is not configured (embedded)
 */
export async function startExchange(host: OpenHost): Promise<Exchange> {
  const readers: Partial<Record<LedgerName, LedgerReader>> = {};
  const sources: FactSource[] = [];
  const stop = async () => {
    for (const source of sources.toReversed()) await source.stop();
    for (const reader of Object.values(readers)) await reader.close();
  };
  try {
    for (const consumer of host.consumers) {
      for (const ledger of consumer.ledgers) readers[ledger] ??= readerOf(host, ledger);
      const { clock, assessed } = host.surroundings;
      const source = new EmbeddedFactSource({
        readers,
        clock,
        assessed: Object.fromEntries(assessed),
        onAlarm: ({ ledger, bucket, reason, position }) =>
          host.logger.error({ ledger, bucket, reason, position }, 'a bucket stands still'),
      });
      sources.push(source);
      await source.start(consumer);
    }
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readerOf(host: OpenHost, ledger: LedgerName): LedgerReader {
  const url = host.config.ledgerReaders[ledger];
  if (!url) throw new Error(`WRIT_${ledger.toUpperCase()}_DB_READER is needed by ${host.service}`);
  return openReader(ledger, url);
}
