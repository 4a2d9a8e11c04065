import type { DeliveredFact, LedgerName } from '@writ/contracts';
import type pg from 'pg';
import {
  LEDGER_TIMEOUTS,
  ReadLine,
  type LedgerConnection,
  type LedgerTimeouts,
} from './connection.postgres.js';
import { typeAndSubject } from './envelope.js';
import { LEDGER_CHANNEL } from './ledger-schema.sql.js';
import type { LedgerHead, LedgerReader } from './ledger.js';
import { rootOfFrontier } from './merkle.js';
import { EVENT_TYPES, StreamReads } from './reads.postgres.js';
import { bucketLastOf, HEAD_COLUMNS } from './slow-path.postgres.js';
import { verifyLedger } from './verify.postgres.js';

export type LedgerReaderOptions = {
  ledger: LedgerName;
  /** As the reader role; direct, or NOTIFY does not arrive (polling still works). */
  connection: LedgerConnection;
  timeouts?: Partial<LedgerTimeouts>;
  /** Milliseconds between looks when no NOTIFY comes; default 250. */
  pollMs?: number;
};

const READ_HEAD = {
  name: 'head',
  text: `SELECT ${HEAD_COLUMNS}, (SELECT max(o.epoch) FROM ledger.epoch o) AS epoch
    FROM ledger.batch b ORDER BY b.size DESC LIMIT 1`,
};
type HeadRow = { size: string; frontier: string; bucket_last: string; at: string; epoch: number };

const READ_FROM = {
  name: 'read-from',
  text: `SELECT position, prev, epoch, bucket, canonical FROM ledger.event
    WHERE position > $1::bigint ORDER BY position LIMIT $2::integer`,
  types: EVENT_TYPES,
};
type FactRow = { position: string; prev: string; epoch: number; bucket: number; canonical: string };

const POSITION_AT = {
  name: 'position-at',
  text: `SELECT size FROM ledger.batch WHERE recorded_at <= $1::timestamptz
    ORDER BY recorded_at DESC, size DESC LIMIT 1`,
};

/** Opens a ledger for reading. Connects on first use and again after a loss. */
export function openLedgerReader(options: LedgerReaderOptions): LedgerReader {
  const { ledger, connection, pollMs = 250 } = options;
  const timeouts = { ...LEDGER_TIMEOUTS, ...options.timeouts };
  const growth = new Growth();
  const line = new ReadLine(connection, timeouts, (client) => growth.listen(client));
  const reads = new StreamReads(ledger, line);
  const head = async () => {
    const [row] = await line.query<HeadRow>(READ_HEAD);
    if (!row) throw new Error('the ledger has no first batch row');
    growth.saw(Number(row.size));
    return headOf(ledger, row);
  };
  return {
    readStream: (stream) => reads.read(stream),
    head,
    async readFrom(after, limit) {
      // Sent together. The head is read first and bounds the page: both say the same size.
      const [at, rows] = await Promise.all([
        head(),
        line.query<FactRow>({ ...READ_FROM, values: [after, limit] }),
      ]);
      const facts = rows.map((row) => deliveredFact(ledger, row));
      return { facts: facts.filter(({ position }) => position < at.size), head: at };
    },
    async positionAt(recordedAt) {
      const [row] = await line.query<{ size: string }>({ ...POSITION_AT, values: [recordedAt] });
      return row ? Number(row.size) - 1 : -1;
    },
    async grownBeyond(size, ms) {
      const until = performance.now() + ms;
      // After a lost connection a NOTIFY may have been missed: hence a look at every turn.
      while (growth.size <= size && (await head()).size <= size) {
        const left = until - performance.now();
        if (left <= 0) return;
        await growth.beyond(size, Math.min(left, pollMs));
      }
    },
    verify: (onProgress) => verifyLedger(ledger, line, onProgress),
    async close() {
      growth.close();
      await line.close();
    },
  };
}

/** The newest size heard of, and those who wait for a larger one. */
class Growth {
  size = 0;
  #wake = new Set<() => void>();

  async listen(client: pg.Client): Promise<void> {
    // A restored database may be smaller than what was heard of before.
    this.size = 0;
    client.on('notification', ({ payload }) => this.saw(Number(payload)));
    await client.query(`LISTEN ${LEDGER_CHANNEL}`);
  }

  saw(size: number): void {
    if (size <= this.size) return;
    this.size = size;
    for (const wake of [...this.#wake]) wake();
  }

  /** Resolves at the next growth, or after `ms`. */
  async beyond(size: number, ms: number): Promise<void> {
    if (this.size > size) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wake.add(wake);
    });
  }

  close(): void {
    for (const wake of [...this.#wake]) wake();
  }
}

function headOf(ledger: LedgerName, row: HeadRow): LedgerHead {
  return {
    ledger,
    epoch: row.epoch,
    size: Number(row.size),
    root: rootOfFrontier(row.frontier),
    bucketLast: bucketLastOf(row.bucket_last),
    recordedAt: row.at === '' ? null : row.at,
  };
}

function deliveredFact(ledger: LedgerName, row: FactRow): DeliveredFact {
  const { epoch, bucket, canonical } = row;
  const places = { position: Number(row.position), bucket, prev: Number(row.prev) };
  return { ledger, epoch, ...places, ...typeAndSubject(canonical), canonical };
}
