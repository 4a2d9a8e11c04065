import { setTimeout as delay } from 'node:timers/promises';
import type { LedgerName } from '@writ/contracts';
import { Client } from 'pg';
import type { Sql } from './place-store.postgres.js';
import { relay, RelayHoldsMore, type RelayOptions, type RelayPlaces } from './relay.js';

/** Advisory locks share one number space per database: 'WRIT' and the ledger's letter. */
const LOCK_SPACE = 0x57524954;
const LOCK_OF: Record<LedgerName, number> = { court: 1, regulatory: 2, enforcement: 3 };
const LOCK_POLL_MS = 500;

/** The relay's place in `exchange.relay_place` of the ledger's own database. */
export function relayPlaces(db: Sql, ledger: LedgerName): RelayPlaces {
  return {
    load: async () => {
      const { rows } = await db.query<{ epoch: number; place: string }>(
        'SELECT epoch, place FROM exchange.relay_place WHERE ledger = $1',
        [ledger],
      );
      return rows[0] ? { ...rows[0], place: Number(rows[0].place) } : { epoch: 0, place: -1 };
    },
    move: async ({ epoch, place }) => {
      await db.query(
        `INSERT INTO exchange.relay_place (ledger, epoch, place) VALUES ($1, $2, $3)
         ON CONFLICT (ledger) DO UPDATE SET epoch = excluded.epoch, place = excluded.place`,
        [ledger, epoch, place],
      );
    },
  };
}

export type RelayServiceOptions = Omit<RelayOptions, 'places' | 'pause'> & {
  /** Of the ledger's database, as writer; a direct connection (no transaction pooler). */
  connectionString: string;
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
        this.current = { state: 'waiting', trouble: message };
        this.options.onTrouble?.(message);
      }
      await pause(LOCK_POLL_MS, signal);
    }
    this.current = { state: 'stopped' };
  }

  /** Returns when the lock was not to be had, was lost, or the service stops. */
  private async publishUnderLock(): Promise<void> {
    const { connectionString, ledger, publisher } = this.options;
    const db = new Client({ connectionString, keepAlive: true });
    const lost = new AbortController();
    db.on('error', () => lost.abort());
    db.on('end', () => lost.abort());
    await db.connect();
    try {
      const { rows } = await db.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock($1, $2) AS held',
        [LOCK_SPACE, LOCK_OF[ledger]],
      );
      if (!rows[0]?.held) return;
      this.current = { state: 'publishing' };
      const signal = AbortSignal.any([this.stopping.signal, lost.signal]);
      await relay({ ...this.options, places: relayPlaces(db, ledger), pause }, signal);
    } finally {
      await publisher.close();
      await db.end().catch(() => undefined);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
