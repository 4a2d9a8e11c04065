import type { LedgerName } from '@writ/contracts';
import {
  ledgerSchemaSql,
  openLedgerReader,
  openLedgerWriter,
  type LedgerReader,
  type LedgerWriter,
} from '@writ/ledger';
import type { Clock } from './service.js';

/** @param url of the writer role of the ledger's own service */
export function openWriter(ledger: LedgerName, url: string, clock: Clock): LedgerWriter {
  return openLedgerWriter({ ledger, connection: url, clock });
}

/** @param url of the reader role */
export function openReader(ledger: LedgerName, url: string): LedgerReader {
  return openLedgerReader({ ledger, connection: url });
}

/** @returns SQL of the tables of a ledger and their grants */
export function ledgerTables(
  ledger: LedgerName,
  roles: { writer: string; reader: string },
): string {
  return ledgerSchemaSql({ ledger, writerRole: roles.writer, readerRole: roles.reader });
}
