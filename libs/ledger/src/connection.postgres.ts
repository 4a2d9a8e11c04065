import pg from 'pg';
import { LedgerUnavailableError } from './ledger-error.js';

/** A `postgres://` URL: where and as whom; the database role decides what may be done there. */
export type LedgerConnection = string;

/** All in milliseconds. */
export type LedgerTimeouts = {
  /** After which the server ends the session of a frozen holder of the lock. */
  idleInTransaction: number;
  lock: number;
  statement: number;
  connect: number;
  /** After which a silent server counts as lost: longer than `statement`. */
  answer: number;
  /** After which a caller is told that the outcome is unknown. */
  unavailable: number;
};

export const LEDGER_TIMEOUTS: LedgerTimeouts = {
  idleInTransaction: 5_000,
  lock: 5_000,
  statement: 15_000,
  connect: 5_000,
  answer: 20_000,
  unavailable: 60_000,
};

/**
 * A direct connection (no transaction pooler) that pipelines what is sent to it: each query is a
 * transaction of its own unless BEGIN says otherwise.
 *
 * @param onLost called once when the connection ends for whatever reason
 */
export async function connectLedger(
  connection: LedgerConnection,
  timeouts: LedgerTimeouts,
  onLost: () => void,
): Promise<pg.Client> {
  const settings = {
    jit: 'off',
    plan_cache_mode: 'force_generic_plan',
    // Every look-up has its key; a plan made while the tables were empty must not scan later.
    enable_seqscan: 'off',
    // On tables not analysed yet a look-up by key was planned with workers: 28 ms instead of one.
    max_parallel_workers_per_gather: 0,
    statement_timeout: timeouts.statement,
    lock_timeout: timeouts.lock,
    idle_in_transaction_session_timeout: timeouts.idleInTransaction,
    tcp_user_timeout: timeouts.answer,
    tcp_keepalives_idle: 10,
    tcp_keepalives_interval: 5,
    tcp_keepalives_count: 3,
    timezone: 'UTC',
  };
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  const config = {
    connectionString: connection,
    options: options.join(' '),
    application_name: 'writ-ledger',
    connectionTimeoutMillis: timeouts.connect,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    pipeline: true,
  };
  const client = new pg.Client(config);
  // `error` comes with every loss; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  client.once('end', onLost);
  return client;
}

/** Cuts the connection at once; all that waits on it fails as lost. */
export function cutConnection(client: pg.Client): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
  connection.stream.destroy();
}

/**
 * Runs `work` on a connection; if the server stays silent for longer than `ms`, the connection is
 * cut and so counts as lost.
 */
export async function withWatchdog<T>(
  client: pg.Client,
  ms: number,
  work: () => Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => cutConnection(client), ms);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

/** Connection errors, shut-down, and the time-outs that end a session. */
const SESSION_ENDS = /^(08|57P|25P03|25P04)/;

/** @returns the SQLSTATE if the server has refused the statement and the session lives on */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof pg.DatabaseError) || error.code === undefined) return undefined;
  const fatal = error.severity === 'FATAL' || error.severity === 'PANIC';
  return fatal || SESSION_ENDS.test(error.code) ? undefined : error.code;
}

const RETRY_MS_MAX = 500;

/** Waits before connecting again: longer each time. */
export async function beforeReconnecting(attempt: number): Promise<void> {
  const ms = Math.min(RETRY_MS_MAX, 10 * 2 ** attempt);
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** A connection for reads: a lost one is opened again and the read repeated. */
export class ReadLine {
  #client: Promise<pg.Client> | undefined;
  #closed = false;

  /** @param onConnected called after each (re)connection, before the first query */
  constructor(
    private readonly connection: LedgerConnection,
    private readonly timeouts: LedgerTimeouts,
    private readonly onConnected: (client: pg.Client) => Promise<void> = async () => undefined,
  ) {}

  /** Opens the connection unless it is open. */
  async connected(): Promise<pg.Client> {
    if (this.#closed) throw new LedgerUnavailableError('the ledger is closed');
    return (this.#client ??= this.#connect());
  }

  async #connect(): Promise<pg.Client> {
    const forget = () => {
      this.#client = undefined;
    };
    try {
      const client = await connectLedger(this.connection, this.timeouts, forget);
      await this.onConnected(client);
      return client;
    } catch (error) {
      forget();
      throw error;
    }
  }

  /** @throws LedgerUnavailableError when the database is out of reach for too long */
  async query<R extends pg.QueryResultRow>(query: pg.QueryConfig): Promise<R[]> {
    const giveUpAt = performance.now() + this.timeouts.unavailable;
    for (let attempt = 0; ; attempt++) {
      try {
        const client = await this.connected();
        const { answer } = this.timeouts;
        return (await withWatchdog(client, answer, () => client.query<R>(query))).rows;
      } catch (error) {
        if (sqlStateOf(error) !== undefined || error instanceof LedgerUnavailableError) throw error;
        if (performance.now() > giveUpAt) {
          throw new LedgerUnavailableError('the ledger cannot be read', { cause: error });
        }
        await beforeReconnecting(attempt);
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#client?.catch(() => undefined);
    await client?.end();
  }
}
