import type { Pool } from 'pg';

type Request = { key: string; fingerprint: string };

/** What each key of an acknowledgement request means, whatever of its rows was recorded. */
export type AcknowledgedRequests = {
  /**
   * Before anything of it is recorded: after a crash the key is bound all the same.
   *
   * @returns false when the key means another request
   */
  take(request: Request): Promise<boolean>;
  /** Something of it was accepted. */
  keep(request: Request): Promise<void>;
  /** All of it was refused: refusals are not stored, the key is free. */
  release(request: Request): Promise<void>;
};

/** @param pool the writer role of the service's own database */
export function postgresRequests(pool: Pool): AcknowledgedRequests {
  return {
    take: async ({ key, fingerprint }) => {
      // The update changes nothing: it makes the row that is there come back.
      const { rows } = await pool.query<{ fingerprint: string }>(
        `INSERT INTO enforcement.acknowledged_request (key, fingerprint) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING fingerprint`,
        [key, fingerprint],
      );
      return rows[0]?.fingerprint === fingerprint;
    },
    keep: async ({ key, fingerprint }) => {
      // An insert, since the same request beside this one may have been refused and have let go.
      await pool.query(
        `INSERT INTO enforcement.acknowledged_request AS known (key, fingerprint, kept)
         VALUES ($1, $2, true)
         ON CONFLICT (key) DO UPDATE SET kept = true
           WHERE known.fingerprint = excluded.fingerprint AND NOT known.kept`,
        [key, fingerprint],
      );
    },
    release: async ({ key, fingerprint }) => {
      await pool.query(
        `DELETE FROM enforcement.acknowledged_request
         WHERE key = $1 AND fingerprint = $2 AND NOT kept`,
        [key, fingerprint],
      );
    },
  };
}
