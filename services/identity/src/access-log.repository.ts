import type { DataSource, EntityManager } from 'typeorm';
import type { Viewer } from './viewer.js';

/** One look: who, what for, at whom. No values, no names. */
export type Access = Viewer & {
  at: Date;
  action: 'resolve' | 'reveal' | 'erase';
  purpose: string;
  correlation: string;
  /** How many subjects or texts were asked about, found or not. */
  count: number;
  subjects: readonly string[];
};

/**
 * Written before the answer leaves, an erasure's in its transaction; the running service can
 * neither change nor remove it.
 */
export async function logAccess(
  database: DataSource | EntityManager,
  access: Access,
): Promise<void> {
  const { at, action, authority, actor, purpose, correlation, count, subjects } = access;
  await database.query(
    `INSERT INTO identity.access_log
       (at, action, authority, actor, purpose, correlation, count, subjects)
     VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce(string_to_array(nullif($8, ''), ','), '{}'))`,
    [at, action, authority, actor, purpose, correlation, count, [...new Set(subjects)].join(',')],
  );
}
