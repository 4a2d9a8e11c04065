import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerName } from '@writ/contracts';
import { Client } from 'pg';
import type { Sql } from './place-store.postgres.js';
import { relay, type RelayOptions, type RelayPlaces } from './relay.js';
import { RelayHoldsMore } from './relay-start.js';

/** Advisory locks share one number space per database: 'WRIT', then generation and ledger. */
const LOCK_SPACE = 0x57524954;
const LOCK_POLL_MS = 500;

/**
 * The relay's place in `exchange.relay_place` of the ledger's own database.
 *
 * @param generation of topics (their prefix): each is published from the start
 */
export function relayPlaces(db: Sql, ledger: LedgerName, generation = ''): RelayPlaces {
  return {
    load: async () => {
      const { rows } = await db.query<{ epoch: number; place: string; leaf: string | null }>(
        'SELECT epoch, place, leaf FROM exchange.relay_place WHERE ledger = $1 AND generation = $2',
        [ledger, generation],
      );
      const [row] = rows;
      if (!row) return { epoch: 0, place: -1 };
      const { epoch, place, leaf } = row;
      return { epoch, place: Number(place), ...(leaf === null ? {} : { leaf }) };
    },
    move: async ({ epoch, place, leaf }) => {
      await db.query(
        `INSERT INTO exchange.relay_place (ledger, generation, epoch, place, leaf)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (ledger, generation)
         DO UPDATE SET epoch = excluded.epoch, place = excluded.place, leaf = excluded.leaf`,
        [ledger, generation, epoch, place, leaf ?? null],
      );
    },
  };
}

export type RelayServiceOptions = Omit<RelayOptions, 'places' | 'pause'> & {
  /** Of the ledger's database, as writer; a direct connection (no transaction pooler). */
  connectionString: string;
  /** Of topics: their prefix, as the publisher has it; default none. */
  generation?: string;
  /** Told once, when the relay stops for good: it holds more than the ledger. */
  onAlarm?: (message: string) => void;
};

export type RelayStatus = {
  state: 'waiting' | 'publishing' | 'stopped' | 'alarm';
  trouble?: string;
};

/**
 * One relay per ledger, however many processes try: the others wait for its advisory lock. The
 * lock and the place are on one connection, so whoever loses the lock cannot move the place.
 */
export class RelayService {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private current: RelayStatus = { state: 'waiting' };

  constructor(private readonly options: RelayServiceOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  status(): RelayStatus {
    return this.current;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.publishUnderLock();
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (error instanceof RelayHoldsMore) {
          this.current = { state: 'alarm', trouble: message };
          this.options.onAlarm?.(message);
          return;
        }
        const isNew = this.current.trouble !== message;
        this.current = { state: 'waiting', trouble: message };
        if (isNew) this.options.onTrouble?.(message);
      }
      await pause(LOCK_POLL_MS, signal);
    }
    this.current = { state: 'stopped' };
  }

  /** What the relay tells is also its status. */
  private watched(): Pick<RelayOptions, 'onTrouble' | 'onCalm'> {
    return {
      onTrouble: (trouble) => {
        this.current = { state: 'publishing', trouble };
        this.options.onTrouble?.(trouble);
      },
      onCalm: () => {
        const wasTroubled = this.current.trouble !== undefined;
        this.current = { state: 'publishing' };
        if (wasTroubled) this.options.onCalm?.();
      },
    };
  }

  /** Returns when the lock was not to be had, was lost, or the service stops. */
  private async publishUnderLock(): Promise<void> {
    const { connectionString, ledger, publisher, generation = '' } = this.options;
    const db = new Client({ connectionString, keepAlive: true });
    // One controller and no AbortSignal.any: Node 20 may collect a joined signal before it fires.
    const ending = new AbortController();
    const end = () => ending.abort();
    db.on('error', end);
    db.on('end', end);
    this.stopping.signal.addEventListener('abort', end, { once: true });
    if (this.stopping.signal.aborted) end();
    await db.connect();
    try {
      const { rows } = await db.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock($1, hashtext($2)) AS held',
        [LOCK_SPACE, `${generation}${ledger}`],
      );
      if (!rows[0]?.held) {
        this.current = { state: 'waiting' };
        return;
      }
      // What opening was in trouble with is over when the first loop works.
      this.current = { ...this.current, state: 'publishing' };
      const places = relayPlaces(db, ledger, generation);
      await relay({ ...this.options, ...this.watched(), places, pause }, ending.signal);
    } finally {
      this.stopping.signal.removeEventListener('abort', end);
      await publisher.close();
      await db.end().catch(() => undefined);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
