import type { Pool } from 'pg';
import type { CommandContext } from './command-context.js';
import { Problem } from './problem.js';

/** Idempotency keys of what is recorded in many appends: each belongs to one body. */
export type ImportKeys = {
  /**
   * Takes a key for one body, before anything is recorded under it.
   *
   * @returns for which body it is taken, now or before, and the answer if there is one
   */
  take(key: string, fingerprint: string): Promise<{ fingerprint: string; answer?: string }>;
  keep(key: string, answer: string): Promise<void>;
  /** A refused import leaves its key free, as a refused command does. */
  free(key: string): Promise<void>;
};

/**
 * @param pool the writer role of the service's own database
 * @param schema the service's: it has a table `feed_import` (key, fingerprint, answer)
 */
export function importKeys(pool: Pool, schema: 'court' | 'regulatory'): ImportKeys {
  const table = `${schema}.feed_import`;
  return {
    take: async (key, fingerprint) => {
      // The row that is there stays as it is; it is only locked, so that it can be returned.
      const { rows } = await pool.query<{ fingerprint: string; answer: string | null }>(
        `INSERT INTO ${table} AS taken (key, fingerprint) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET fingerprint = taken.fingerprint
         RETURNING fingerprint, answer`,
        [key, fingerprint],
      );
      const [row] = rows;
      if (!row) throw new Error('a key that is taken has its row');
      const taken = { fingerprint: row.fingerprint };
      return row.answer === null ? taken : { ...taken, answer: row.answer };
    },
    keep: async (key, answer) => {
      await pool.query(`UPDATE ${table} SET answer = $2 WHERE key = $1`, [key, answer]);
    },
    free: async (key) => {
      await pool.query(`DELETE FROM ${table} WHERE key = $1 AND answer IS NULL`, [key]);
    },
  };
}

/**
 * Imports under an idempotency key, which belongs to this body from the start: two at once under
 * one key are one. One that was killed goes on under it.
 *
 * @returns the first answer, also when the same comes again
 * @throws Problem 422 when the key came with another body, and what the import throws
 */
export async function underKey<T>(
  keys: ImportKeys,
  { key, fingerprint }: Pick<CommandContext, 'key' | 'fingerprint'>,
  run: () => Promise<T>,
): Promise<T> {
  const taken = await keys.take(key, fingerprint);
  if (taken.fingerprint !== fingerprint) {
    throw new Problem(422, 'key_reused_with_another_body', '/headers/idempotency-key');
  }
  if (taken.answer !== undefined) return JSON.parse(taken.answer) as T;
  try {
    const answer = await run();
    await keys.keep(key, JSON.stringify(answer));
    return answer;
  } catch (error) {
    if (error instanceof Problem && error.status === 422) await keys.free(key);
    throw error;
  }
}
