import { LEDGERS, type LedgerName } from '@writ/contracts';
import { Client } from 'pg';
import { openEpochSql } from './ledger-schema.sql.js';

/** Why no epoch was opened: nothing was changed. */
export class EpochRefused extends Error {}

/**
 * Opens a new epoch of one ledger, after a restore or a promotion (docs/runbooks/restore.md).
 *
 * @param owner the owner's connection string, which no running service has
 * @param reason public text, no personal data
 * @throws EpochRefused when that is not the database of the ledger, or nothing is said for a reason
 */
export async function openEpoch(
  owner: string,
  ledger: LedgerName,
  reason: string,
): Promise<{ ledger: LedgerName; epoch: number; fromPosition: number }> {
  if (!LEDGERS.includes(ledger)) throw new EpochRefused(`there is no ledger ${String(ledger)}`);
  if (!reason.trim()) throw new EpochRefused('a reason is required');
  const db = new Client({ connectionString: owner });
  db.on('error', () => {});
  await db.connect();
  try {
    // The lock row names the ledger: another service's database is another ledger.
    const { rows } = await db.query<{ ledger: string }>('SELECT ledger FROM ledger.lock');
    if (rows[0]?.ledger !== ledger) {
      throw new EpochRefused(`this is the database of the ledger ${rows[0]?.ledger}`);
    }
    await db.query(openEpochSql(reason));
    const newest = await db.query<{ epoch: number; from: string }>(
      'SELECT epoch, from_position AS from FROM ledger.epoch ORDER BY epoch DESC LIMIT 1',
    );
    const { epoch = 0, from = '0' } = newest.rows[0] ?? {};
    return { ledger, epoch, fromPosition: Number(from) };
  } finally {
    await db.end();
  }
}
