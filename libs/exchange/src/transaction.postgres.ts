import type { Pool, PoolClient } from 'pg';

/**
 * Sends what `start` asks for at once: on a connection that pipelines it is one write and one way
 * there and back, whatever the number of queries; on another they follow each other as ever.
 *
 * Waits for all of them, even after one has failed: whoever then rolls back must be the last to
 * say something on the connection, or what is said later stands outside the transaction.
 *
 * @param start begins each of its queries before it waits for any
 * @throws what the first of them in its order has thrown
 */
export async function inOneFlight<T extends readonly unknown[]>(
  db: PoolClient,
  start: () => { [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const { stream } = (db as unknown as { connection: { stream: Corkable } }).connection;
  stream.cork();
  let flight: { [K in keyof T]: Promise<T[K]> };
  try {
    flight = start();
  } finally {
    stream.uncork();
  }
  const settled = await Promise.allSettled(flight as readonly Promise<unknown>[]);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  }) as unknown as T;
}

type Corkable = { cork(): void; uncork(): void };

/**
 * Runs the work in one transaction; whatever it throws rolls back. BEGIN travels with the first
 * queries of the work. COMMIT travels alone: it must not go out when a write before it failed here,
 * before it was sent.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (db: PoolClient) => Promise<T>,
): Promise<T> {
  const db = await pool.connect();
  let broken: Error | undefined;
  // An error nobody listens to would end the process: losing the database fails this work alone.
  const onError = (error: Error) => (broken = error);
  db.on('error', onError);
  try {
    const [, result] = await inOneFlight<[unknown, T]>(db, () => [db.query('BEGIN'), work(db)]);
    const { command } = await db.query('COMMIT');
    // A failure the work kept to itself: the server has rolled back, and says so only here.
    if (command !== 'COMMIT') throw new Error(`the transaction ended in ${command}`);
    return result;
  } catch (error) {
    await db.query('ROLLBACK').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    db.off('error', onError);
    db.release(broken);
  }
}
