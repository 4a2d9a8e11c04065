import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaStatePublisher } from '@writ/exchange';
import { Client } from 'pg';
import type { Logger } from 'pino';
import { liveSet } from '../projection.consumer.js';
import {
  beginPublication,
  forgetDue,
  readDue,
  readMarks,
  readStates,
} from './state-due.postgres.js';

export type StatePublicationOptions = {
  /** Of the writer role; a direct connection (no transaction pooler). */
  connectionString: string;
  publisher: Pick<KafkaStatePublisher, 'open' | 'publish' | 'mark' | 'close'>;
  clock: { now(): Date };
  logger: Pick<Logger, 'warn'>;
};

/** 'writ stat': one publisher at a time, whatever the number of processes. */
const PUBLICATION_LOCK = 8_245_931_027_532_116;
const ROWS_MAX = 8;
const IDLE_MS = 100;
const RETRY_MS = 1_000;

/**
 * Publishes subject states to the compacted topic, beside the fold and never in its way: the fold
 * notes who changed in its own transaction, and what was noted goes once the broker has it. At
 * least once; the newest state each time, so that many changes of a subject may be one message.
 */
export class StatePublication {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** Nothing was published since the last marks. */
  private isMarked = false;

  constructor(private readonly options: StatePublicationOptions) {}

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.publishUnderLock().catch((error: unknown) =>
        this.options.logger.warn({ err: error }, 'states will be published later'),
      );
      await pause(RETRY_MS, signal);
    }
  }

  /** Returns when another process publishes, or this one stops. */
  private async publishUnderLock(): Promise<void> {
    const { connectionString, publisher, clock } = this.options;
    const db = new Client({ connectionString, keepAlive: true });
    // With the connection the lock is lost: what is on its way must not overtake another's.
    db.on('error', () => void publisher.close());
    await db.connect();
    try {
      const { rows } = await db.query<{ held: boolean }>(
        'SELECT pg_try_advisory_lock($1) AS held',
        [PUBLICATION_LOCK],
      );
      if (!rows[0]?.held) return;
      await publisher.open();
      this.isMarked = false;
      await db.query('BEGIN');
      await beginPublication(db, clock.now());
      await db.query('COMMIT');
      while (!this.stopping.signal.aborted) await this.publishSome(db);
    } finally {
      await publisher.close();
      await db.end().catch(() => undefined);
    }
  }

  private async publishSome(db: Client): Promise<void> {
    const { ordinals, subjects } = await readDue(db, ROWS_MAX);
    if (ordinals.length === 0) {
      if (!this.isMarked) await this.mark(db);
      return pause(IDLE_MS, this.stopping.signal);
    }
    this.isMarked = false;
    const states = await readStates(db, await liveSet(db), subjects);
    if (!states) return;
    await this.options.publisher.publish(states);
    await forgetDue(db, ordinals);
  }

  /** Only what is whole is marked: with something due again meanwhile there is nothing to say. */
  private async mark(db: Client): Promise<void> {
    const marks = await readMarks(db, await liveSet(db), this.options.clock.now());
    if (marks.length === 0) return;
    await this.options.publisher.mark(marks);
    this.isMarked = true;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
