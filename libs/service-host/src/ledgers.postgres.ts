import type { LedgerName } from '@writ/contracts';
import { httpFactFetcher, type FactFetcher } from '@writ/exchange';
import {
  ledgerSchemaSql,
  openLedgerReader,
  openLedgerWriter,
  type LedgerReader,
  type LedgerWriter,
} from '@writ/ledger';
import type { HostConfig } from './config.js';
import type { Clock } from './service.process.js';

/** Writes as the writer role of the ledger's own service. */
export function openWriter(
  ledger: LedgerName,
  { database, allowClockAhead = false }: Pick<HostConfig, 'database' | 'allowClockAhead'>,
  clock: Clock,
): LedgerWriter {
  return openLedgerWriter({ ledger, connection: database.writer, clock, allowClockAhead });
}

/** @param url of the reader role */
export function openReader(ledger: LedgerName, url: string): LedgerReader {
  return openLedgerReader({ ledger, connection: url });
}

export type LedgerFacts = FactFetcher & { close(): Promise<void> };

/**
 * Facts of any ledger from the ledger itself: embedded through the reader role, as the exchange
 * reads them; else, and where that role is not configured, over HTTP.
 */
export function openFacts({
  transport,
  ledgerReaders,
  urls,
}: Pick<HostConfig, 'transport' | 'ledgerReaders' | 'urls'>): LedgerFacts {
  const overHttp = httpFactFetcher(urls);
  const readers = new Map<LedgerName, LedgerReader>();
  return {
    fetch: async (ledger, after, limit) => {
      const url = transport === 'embedded' ? ledgerReaders[ledger] : undefined;
      if (url === undefined) return overHttp.fetch(ledger, after, limit);
      const reader = readers.get(ledger) ?? openReader(ledger, url);
      readers.set(ledger, reader);
      return (await reader.readFrom(after, limit)).facts;
    },
    close: async () => {
      await Promise.all([...readers.values()].map((reader) => reader.close()));
    },
  };
}

/** @returns SQL of the tables of a ledger and their grants */
export function ledgerTables(
  ledger: LedgerName,
  roles: { writer: string; reader: string },
): string {
  return ledgerSchemaSql({ ledger, writerRole: roles.writer, readerRole: roles.reader });
}
