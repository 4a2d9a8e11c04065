import { rereadSource } from '@writ/enforcement';
import { projectionService } from '@writ/projection';
import { remakeDatabase } from '@writ/service-host';
import type pg from 'pg';
import { asOwner, emptyDatabase, mustBeStopped, ownerOf } from './owner-session.postgres.js';
import type { Owners } from './take-backup.postgres.js';

/** Who reads again, and what: a ledger, the aliases, or everything. */
export type Reread =
  | { service: 'enforcement'; what: 'court' | 'regulatory' }
  | { service: 'projection'; what: 'everything' | 'identity' };

/**
 * Lets a stopped consumer read again from the start what was restored behind it.
 *
 * @returns of the projection how many journalled answers were kept, or aliases forgotten; of
 *   enforcement how many of its decisions rested on facts that are gone
 * @throws BackupRefused while the service runs
 */
export async function reread(
  owners: Partial<Owners>,
  asked: Reread,
): Promise<Record<string, number>> {
  const own = ownerOf(owners, asked.service);
  await asOwner(own, (db) => mustBeStopped(db, asked.service));
  if (asked.service === 'enforcement') {
    const source = ownerOf(owners, asked.what);
    return asOwner(source, async (db) => ({ voided: await rereadSource(own, asked.what, db) }));
  }
  return asked.what === 'identity' ? asOwner(own, forgetAliases) : remakeProjection(own);
}

async function forgetAliases(db: pg.Client): Promise<{ forgotten: number }> {
  await db.query('BEGIN');
  const { rowCount } = await db.query('DELETE FROM projection.alias');
  await db.query('UPDATE projection.alias_place SET sequence = 0, current_to = NULL');
  await db.query('COMMIT');
  return { forgotten: rowCount ?? 0 };
}

/** It decides nothing, so all of it is folded anew; what was answered lies nowhere else. */
async function remakeProjection(owner: string): Promise<{ answersKept: number }> {
  let answersKept = 0;
  let columns = '';
  await remakeDatabase(projectionService, owner, {
    emptied: async (db) => {
      await mustBeStopped(db, 'projection');
      const { rows } = await db.query<{ columns: string }>(
        `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
         FROM pg_attribute WHERE attrelid = 'projection.answer'::regclass AND attnum > 0
           AND NOT attisdropped`,
      );
      columns = rows[0]?.columns ?? '';
      await db.query('CREATE TEMPORARY TABLE kept ON COMMIT DROP AS TABLE projection.answer');
      await emptyDatabase(db, 'projection');
    },
    filled: async (db) => {
      const kept = await db.query(
        `INSERT INTO projection.answer (${columns}) SELECT ${columns} FROM pg_temp.kept`,
      );
      answersKept = kept.rowCount ?? 0;
    },
  });
  return { answersKept };
}
