/**
 * Opens a new epoch of one ledger, after a restore or a promotion (docs/runbooks/restore.md):
 *
 *   WRIT_COURT_DB_OWNER=postgres://… node deploy/open-epoch.mjs court --reason restored-from-backup
 *
 * Needs the owner's connection string, which no running service has. The reason is public text
 * without personal data. Prints one JSON line: ledger, epoch, fromPosition.
 */
import { parseArgs } from 'node:util';
import { openEpochSql } from '@writ/ledger';
import pg from 'pg';

const LEDGERS = ['court', 'regulatory', 'enforcement'];

/** Exit code 2: the command cannot be carried out as given. */
function refuse(why) {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { reason: { type: 'string' } },
});
const [ledger] = positionals;
if (positionals.length !== 1 || !LEDGERS.includes(ledger)) {
  refuse(`usage: open-epoch.mjs ${LEDGERS.join('|')} --reason TEXT`);
}
if (!values.reason?.trim()) refuse('--reason is required');
const setting = `WRIT_${ledger.toUpperCase()}_DB_OWNER`;
const connectionString = process.env[setting];
if (!connectionString) refuse(`${setting} is required: the owner's connection string`);

const db = new pg.Client({ connectionString });
await db.connect();
try {
  // The lock row names the ledger: another service's database is another ledger.
  const { rows } = await db.query('SELECT ledger FROM ledger.lock');
  if (rows[0]?.ledger !== ledger) {
    refuse(`${setting} is the database of the ledger ${rows[0]?.ledger}`);
  }
  await db.query(openEpochSql(values.reason));
  const newest = await db.query(
    'SELECT epoch, from_position FROM ledger.epoch ORDER BY epoch DESC LIMIT 1',
  );
  const { epoch, from_position: from } = newest.rows[0];
  process.stdout.write(`${JSON.stringify({ ledger, epoch, fromPosition: Number(from) })}\n`);
} finally {
  await db.end();
}
