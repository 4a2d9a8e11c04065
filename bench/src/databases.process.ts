import {
  provisionDatabase,
  startPostgres,
  type DatabaseUrls,
  type PostgresServer,
} from '@writ/local-servers';
import type { LedgerName } from '@writ/contracts';
import { ledgerSchemaSql } from '@writ/ledger';
import pg from 'pg';

/** A server as the product starts its own: every setting its default, fsync on. */
export function benchPostgres(): Promise<PostgresServer> {
  return startPostgres({ endWith: process.pid });
}

/** A ledger in a database of its own, with its roles. */
export async function ledgerDatabase(
  server: PostgresServer,
  ledger: LedgerName,
): Promise<DatabaseUrls> {
  const name = `writ_${ledger}`;
  const urls = await provisionDatabase(
    server.url('postgres'),
    name,
    ledger,
    () => 'bench-only-database',
  );
  const roles = { writerRole: `${name}_writer`, readerRole: `${name}_reader` };
  await sql(urls.owner, ledgerSchemaSql({ ledger, ...roles }));
  return urls;
}

/** An empty database of the superuser's, for a reference. */
export async function plainDatabase(server: PostgresServer, name: string): Promise<string> {
  await sql(server.url('postgres'), `CREATE DATABASE ${name}`);
  return server.url(name);
}

/** Runs SQL on a connection of its own. @returns the rows of the last statement */
export async function sql<R extends pg.QueryResultRow>(
  url: string,
  text: string,
  values?: unknown[],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const result = (await client.query<R>(text, values)) as pg.QueryResult<R> | pg.QueryResult<R>[];
    return (Array.isArray(result) ? result.at(-1)?.rows : result.rows) ?? [];
  } finally {
    await client.end();
  }
}
