import { Pool, type PoolClient } from 'pg';
import type { Logger } from 'pino';

export type PoolOptions = {
  connectionString: string;
  /** Told to the server as `writ-<name>`. */
  name: string;
  max: number;
  logger: Pick<Logger, 'warn'>;
  /** Settings of each session beside the usual ones, as `name=value`. */
  settings?: readonly string[];
};

/**
 * Every look-up has its key: compiling a plan, or starting workers for it, costs more than it. A
 * big table that was not analysed yet makes the server believe otherwise.
 */
const SETTINGS = ['jit=off', 'max_parallel_workers_per_gather=0'];

/**
 * Opens a pool of connections that pipeline: queries sent without waiting for one another run in
 * their order. Statements are not prepared: a plan kept from when a table was empty scans it for
 * good once it has grown, until the server happens to analyse it.
 */
export function openPool({ name, max, logger, settings = [], ...where }: PoolOptions): Pool {
  const pool = new Pool({
    connectionString: where.connectionString,
    max,
    application_name: `writ-${name}`,
    // A frozen server must not hang every request behind it.
    connectionTimeoutMillis: 5_000,
    options: [...SETTINGS, ...settings].map((setting) => `-c ${setting}`).join(' '),
    pipeline: true,
  });
  // A server that goes away ends idle connections; the pool makes new ones.
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle connection ended'));
  return pool;
}

// Whoever holds the connection learns of its end with the next query.
const heard = () => {};

/**
 * Takes a connection out of a pool. While it is out the pool does not listen to it, and an error
 * nobody listens to ends the process: losing the database must fail what was asked, not the
 * service.
 */
export async function checkOut(pool: Pool): Promise<PoolClient> {
  const db = await pool.connect();
  db.on('error', heard);
  return db;
}

/** @param broken an error, or true, for a connection that must not be used again */
export function giveBack(db: PoolClient, broken?: Error | boolean): void {
  db.off('error', heard);
  db.release(broken);
}
