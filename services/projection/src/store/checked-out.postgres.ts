import type { Pool, PoolClient } from 'pg';

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
