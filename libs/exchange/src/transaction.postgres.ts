import type { Pool, PoolClient } from 'pg';

/**
 * Sends what `start` asks for at once: on a connection that pipelines it is one write and one way
 * there and back, whatever the number of queries; on another they follow each other as ever.
 *
 * @param start begins its queries before it waits for any
 */
export async function inOneFlight<T>(db: PoolClient, start: () => Promise<T>): Promise<T> {
  const { stream } = (db as unknown as { connection: { stream: Corkable } }).connection;
  stream.cork();
  let flight: Promise<T>;
  try {
    flight = start();
  } finally {
    stream.uncork();
  }
  return flight;
}

type Corkable = { cork(): void; uncork(): void };

/**
 * Runs the work in one transaction; whatever it throws rolls back. BEGIN travels with the first
 * queries of `work`, COMMIT with those of `last`.
 *
 * @param last writes that nobody needs an answer from; the first that fails undoes all
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (db: PoolClient) => Promise<T>,
  last: (db: PoolClient, result: T) => Promise<unknown>[] = () => [],
): Promise<T> {
  const db = await pool.connect();
  let broken: Error | undefined;
  // An error nobody listens to would end the process: losing the database fails this work alone.
  const onError = (error: Error) => (broken = error);
  db.on('error', onError);
  try {
    const begun = () => Promise.all([db.query('BEGIN'), work(db)]);
    const [, result] = await inOneFlight(db, begun);
    // After a write that failed COMMIT rolls back, and says no more than that.
    await inOneFlight(db, () => Promise.all([...last(db, result), db.query('COMMIT')]));
    return result;
  } catch (error) {
    await db.query('ROLLBACK').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    db.off('error', onError);
    db.release(broken);
  }
}
