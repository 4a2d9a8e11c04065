/**
 * Opens a new epoch of one ledger, after a restore or a promotion (docs/runbooks/restore.md):
 *
 *   WRIT_COURT_DB_OWNER=postgres://… node deploy/open-epoch.mjs court --reason restored-from-backup
 *
 * Needs the owner's connection string, which no running service has. The reason is public text
 * without personal data. Prints one JSON line: ledger, epoch, fromPosition.
 */
import { parseArgs } from 'node:util';
import { EpochRefused, openEpoch } from '@writ/ledger';

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
const owner = process.env[setting];
if (!owner) refuse(`${setting} is required: the owner's connection string`);
try {
  process.stdout.write(`${JSON.stringify(await openEpoch(owner, ledger, values.reason))}\n`);
} catch (error) {
  if (error instanceof EpochRefused) refuse(`${setting}: ${error.message}`);
  throw error;
}
