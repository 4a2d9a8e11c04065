import { LEDGERS, type LedgerName } from '@writ/contracts';
import { SERVICES, type HostConfig } from '@writ/service-host';
import { sql } from './databases.process.js';
import type { RowContext } from './row-file.js';
import { openSide, type Side } from './side.process.js';
import type { FillQuestion, FillSetup } from './sides/fill-ledgers.process.js';

type Urls = { owner: string; writer: string; reader: string };

/** @returns how many facts there are now */
export async function fillLedgers(
  ledgers: Record<LedgerName, Urls>,
  question: FillQuestion,
  note: RowContext['note'],
): Promise<number> {
  const writers = {
    court: ledgers.court.writer,
    regulatory: ledgers.regulatory.writer,
    enforcement: ledgers.enforcement.writer,
  };
  const setup: FillSetup = { writers };
  const side: Side<FillQuestion, Record<LedgerName, number>> = await openSide(
    'fill-ledgers',
    setup,
  );
  const began = performance.now();
  const counts = await side.ask(question);
  await side.stop();
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  note(`filled ${JSON.stringify(counts)} in ${Math.round((performance.now() - began) / 1_000)} s`);
  return total;
}

/** @returns settings of a projection by itself on these databases */
export function configOf(
  database: Urls,
  ledgers: Record<LedgerName, Urls>,
  keys: string,
): HostConfig {
  const nowhere = SERVICES.map((service) => [service, 'http://127.0.0.1:9']);
  return {
    listen: { host: '127.0.0.1', port: 0 },
    transport: 'embedded',
    kafkaBrokers: [],
    urls: Object.fromEntries(nowhere) as HostConfig['urls'],
    database: { writer: database.writer, reader: database.reader },
    ledgerReaders: {
      court: ledgers.court.reader,
      regulatory: ledgers.regulatory.reader,
      enforcement: ledgers.enforcement.reader,
    },
    keys,
    logLevel: 'error',
  };
}

/** @returns whether the live projection stands at the head of every ledger, in every bucket */
export async function hasCaughtUp(
  url: string,
  ledgers: Record<LedgerName, Urls>,
): Promise<boolean> {
  const rows = await sql<{ ledger: LedgerName; up_to: string; buckets: string }>(
    url,
    `SELECT ledger, min(up_to) AS up_to, count(*) AS buckets FROM exchange.place
     WHERE consumer = 'projection' GROUP BY ledger`,
  ).catch(() => []);
  if (rows.length < LEDGERS.length) return false;
  for (const { ledger, up_to, buckets } of rows) {
    const [head] = await sql<{ size: string }>(
      ledgers[ledger].reader,
      'SELECT max(size) AS size FROM ledger.batch',
    );
    if (Number(buckets) !== 33 || Number(up_to) !== Number(head?.size) - 1) return false;
  }
  return true;
}
