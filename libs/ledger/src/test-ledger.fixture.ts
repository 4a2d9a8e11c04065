import { testPostgres, type FreshDatabase } from '@writ/testkit';
import pg from 'pg';
import type { Clock } from './clock.js';
import { openLedgerReader } from './ledger-reader.postgres.js';
import { ledgerSchemaSql } from './ledger-schema.sql.js';
import { openLedgerWriter, type LedgerWriterOptions } from './ledger-writer.postgres.js';
import type { LedgerReader, LedgerWriter } from './ledger.js';

export const systemClock: Clock = { now: () => new Date() };

/** A court ledger in a database of its own, with its roles. */
export type TestLedger = {
  database: FreshDatabase;
  writer: LedgerWriter;
  reader: LedgerReader;
  /** Another writer with connections and predictions of its own, as another process has. */
  another(options?: Partial<LedgerWriterOptions>): LedgerWriter;
  /** Runs SQL as the superuser. */
  admin<R extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<R[]>;
  /** Ends what a test has started, also when the test fails: whatever is left keeps it running. */
  closeFirst(end: () => Promise<void>): void;
  close(): Promise<void>;
};

export async function openTestLedger(
  options: Partial<LedgerWriterOptions> = {},
): Promise<TestLedger> {
  const server = await testPostgres();
  const database = await server.freshDatabase('court');
  const names = { writerRole: `${database.name}_writer`, readerRole: `${database.name}_reader` };
  await run(database.owner, ledgerSchemaSql({ ledger: 'court', ...names }));
  const opened: { close(): Promise<void> }[] = [];
  const first: (() => Promise<void>)[] = [];
  const another = (own: Partial<LedgerWriterOptions> = {}) => {
    const fixed = { ledger: 'court', connection: database.writer, clock: systemClock } as const;
    const writer = openLedgerWriter({ ...fixed, ...options, ...own });
    opened.push(writer);
    return writer;
  };
  const reader = openLedgerReader({ ledger: 'court', connection: database.reader });
  opened.push(reader);
  return {
    database,
    writer: another(),
    reader,
    another,
    admin: (sql, values) => run(database.admin, sql, values),
    closeFirst: (end) => void first.push(end),
    async close() {
      await Promise.all(first.map((end) => end()));
      await Promise.all(opened.map((ledger) => ledger.close()));
      await database.drop();
    },
  };
}

async function run<R extends pg.QueryResultRow>(
  url: string,
  sql: string,
  values?: unknown[],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(sql, values)).rows;
  } finally {
    await client.end();
  }
}
