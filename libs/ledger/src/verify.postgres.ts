import type { LedgerName } from '@writ/contracts';
import type { ReadLine } from './connection.postgres.js';
import type { LedgerVerification } from './ledger.js';
import type { EventRow } from './recorded-fact.js';
import { EVENT_COLUMNS, EVENT_TYPES } from './reads.postgres.js';
import { bucketLastOf, HEAD_COLUMNS } from './slow-path.postgres.js';
import { TILE_WIDTH } from './merkle.js';
import { LedgerCheck, type StoredBatch, type StoredTile } from './verify-facts.js';

const PAGE_EVENTS = 2_000;

type Fault = LedgerVerification['faults'][number];

const EPOCHS = {
  name: 'verify-epochs',
  text: 'SELECT epoch, from_position AS from FROM ledger.epoch ORDER BY epoch',
};
const SIZE = { name: 'verify-size', text: 'SELECT max(size) AS size FROM ledger.batch' };
const EVENTS = {
  name: 'verify-events',
  text: `SELECT ${EVENT_COLUMNS}, coalesce((SELECT p.position FROM ledger.event p
      WHERE p.stream = e.stream AND p.version = e.version - 1), -1) AS previous
    FROM ledger.event e WHERE position >= $1::bigint AND position < $2::bigint
    ORDER BY position LIMIT ${PAGE_EVENTS}`,
  types: EVENT_TYPES,
};
const BATCHES = {
  name: 'verify-batches',
  text: `SELECT ${HEAD_COLUMNS}, b.epoch FROM ledger.batch b
    WHERE b.size > $1::bigint AND b.size <= $2::bigint`,
};
const TILES = {
  name: 'verify-tiles',
  text: `SELECT level, index, encode(root, 'hex') AS root, encode(hashes, 'hex') AS hashes
    FROM ledger.tile WHERE level = $3::smallint AND index >= $1::bigint AND index < $2::bigint`,
};
const KEYS = {
  name: 'verify-keys',
  text: `SELECT count(*) AS beyond FROM ledger.command_key
    WHERE first + count > (SELECT max(size) FROM ledger.batch)`,
};

/** One statement, since the ledger may grow: its events and its batches as of one moment. */
const ENDS = {
  name: 'verify-ends',
  text: `SELECT (SELECT coalesce(max(position), -1) + 1 FROM ledger.event) AS events,
    (SELECT max(size) FROM ledger.batch) AS size`,
};

/** Checks the whole ledger as it stood at the start, one short transaction a page. */
export async function verifyLedger(
  ledger: LedgerName,
  line: ReadLine,
  onProgress: (checked: number, size: number) => void = () => undefined,
): Promise<LedgerVerification> {
  const epochs = await line.query<{ epoch: number; from: string }>(EPOCHS);
  const size = Number((await line.query<{ size: string }>(SIZE))[0]?.size);
  const check = new LedgerCheck(
    ledger,
    epochs.map(({ epoch, from }) => ({ epoch, from: Number(from) })),
  );
  while (check.size < size) {
    const from = check.size;
    const to = Math.min(size, from + PAGE_EVENTS);
    const rows = await line.query<EventRow & { previous: string }>({
      ...EVENTS,
      values: [from, to],
    });
    // Fewer rows than positions: the check tells which, and this loop ends.
    if (rows.length === 0) break;
    const events = rows.map(({ previous, ...row }) => ({
      ...row,
      position: Number(row.position),
      prev: Number(row.prev),
      leaf: row.leaf.slice(2),
      previousVersionAt: Number(previous),
    }));
    check.page(events, await batchesOf(line, from, to), await tilesOf(line, from, to));
    onProgress(check.size, size);
  }
  const result = check.result(size);
  const faults = [...result.faults, ...(await faultsBeyond(line, size))];
  return { ...result, ok: result.ok && faults.length === 0, faults };
}

/** What is there beyond the last batch, which ends the ledger. */
async function faultsBeyond(line: ReadLine, position: number): Promise<Fault[]> {
  const [keys] = await line.query<{ beyond: string }>(KEYS);
  const [ends] = await line.query<{ events: string; size: string }>(ENDS);
  const rules: string[] = [];
  if (Number(keys?.beyond) !== 0) rules.push('keys_name_recorded_events');
  if (Number(ends?.events) > Number(ends?.size)) rules.push('events_have_their_batch');
  return rules.map((rule) => ({ position, rule }));
}

async function batchesOf(line: ReadLine, from: number, to: number): Promise<StoredBatch[]> {
  type Row = { size: string; frontier: string; bucket_last: string; at: string; epoch: number };
  const rows = await line.query<Row>({ ...BATCHES, values: [from, to] });
  return rows.map((row) => ({
    size: Number(row.size),
    frontier: row.frontier,
    bucketLast: bucketLastOf(row.bucket_last),
    recordedAt: row.at,
    epoch: row.epoch,
  }));
}

async function tilesOf(line: ReadLine, from: number, to: number): Promise<StoredTile[]> {
  type Row = { level: number; index: string; root: string; hashes: string };
  const tiles: StoredTile[] = [];
  for (let level = 0, width = TILE_WIDTH; width <= to; level++, width *= TILE_WIDTH) {
    const values = [Math.floor(from / width), Math.floor(to / width), level];
    const rows = await line.query<Row>({ ...TILES, values });
    tiles.push(...rows.map((row) => ({ ...row, index: Number(row.index) })));
  }
  return tiles;
}
