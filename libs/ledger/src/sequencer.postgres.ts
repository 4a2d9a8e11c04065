import type { Clock } from './clock.js';
import type { LedgerName } from '@writ/contracts';
import type pg from 'pg';
import { appendParameters, hasAppended, type AppendResult } from './append.sql.js';
import { predictBatch, type PredictedBatch, type Verdict } from './batch.js';
import {
  beforeReconnecting,
  connectLedger,
  cutConnection,
  sqlStateOf,
  withWatchdog,
  type LedgerConnection,
  type LedgerTimeouts,
} from './connection.postgres.js';
import { LedgerClockError, LedgerSqlError, LedgerUnavailableError } from './ledger-error.js';
import type { FactOutcome, RecordedFact } from './ledger.js';
import { outcomeOf } from './outcome.js';
import type { PreparedCommand } from './prepare-command.js';
import { rangeQuery } from './reads.postgres.js';
import { recordedFactOfRow, type EventRow } from './recorded-fact.js';
import type { SequenceState, VersionOverlay } from './sequence.js';
import { APPEND_STATEMENT, appendUnderLock, endFrozenHolders } from './slow-path.postgres.js';

const COMMANDS_PER_BATCH_MAX = 1_000;
const BATCHES_IN_FLIGHT_MAX = 2;
/** From so many waiting commands on, half of them go first when nothing is in flight. */
const SPLIT_FROM = 8;
/** How long to stay under the lock after another writer came between. */
const STAY_SLOW_MS = 300;

const LOCK_NOT_AVAILABLE = '55P03';
const STATEMENT_TIMED_OUT = '57014';
/** Another writer took the positions; serialisation, deadlock, lock and statement time-outs. */
const TRY_AGAIN = new Set(['23505', '40001', '40P01', LOCK_NOT_AVAILABLE, STATEMENT_TIMED_OUT]);
/** The server was busy, perhaps; what is too slow again is too slow by itself. */
const TIME_OUTS_MAX = 2;

export type SequencerOptions = {
  ledger: LedgerName;
  connection: LedgerConnection;
  clock: Clock;
  comparesClock: boolean;
  timeouts: LedgerTimeouts;
};

/** A command (or a bulk chunk of them) that waits for its verdicts. */
type Job = {
  commands: readonly PreparedCommand[];
  giveUpAt: number;
  resolve: (outcomes: FactOutcome[]) => void;
  reject: (error: unknown) => void;
};

/**
 * The one batcher of a ledger in this process, on one direct connection. Batches go the fast path,
 * at most two in flight, each decided on the state predicted from the one before. Whatever says no
 * – a constraint, a guard, an error, a lost connection – lets what is in flight settle and takes
 * all of it, in order, through the slow path.
 */
export class Sequencer {
  #queue: Job[] = [];
  #client: pg.Client | undefined;
  /** Predicted: as if all in flight were recorded. Undefined: not known. */
  #state: SequenceState | undefined;
  #inFlight = 0;
  /** Commands of the batch sent last. */
  #lastLength = 0;
  #inFlightVersions: VersionOverlay | undefined;
  /** Of batches that came back undone, until all in flight have settled. */
  #returned: Job[] = [];
  #slowUntil = 0;
  /** The slow path, or connecting: nothing else is sent. */
  #exclusive = false;
  #scheduled = false;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(private readonly options: SequencerOptions) {}

  /** Queues one command. */
  async append(command: PreparedCommand): Promise<FactOutcome> {
    const [outcome] = await this.#enqueue([command]);
    if (!outcome) throw new Error('a command without outcome');
    return outcome;
  }

  /** Queues one chunk of a bulk append; it takes its turn among the other commands. */
  appendChunk(commands: readonly PreparedCommand[]): Promise<FactOutcome[]> {
    return this.#enqueue(commands);
  }

  #enqueue(commands: readonly PreparedCommand[]): Promise<FactOutcome[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new LedgerUnavailableError('the ledger is closed'));
        return;
      }
      const giveUpAt = performance.now() + this.options.timeouts.unavailable;
      this.#queue.push({ commands, giveUpAt, resolve, reject });
      this.#schedule();
    });
  }

  /** Once per turn of the event loop, so that what arrives together is written together. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    while (!this.#exclusive && this.#queue.length > 0) {
      if (this.#mustGoSlow()) {
        if (this.#inFlight === 0) void this.#goSlow();
        return;
      }
      if (!this.#mayFollow()) return;
      this.#goFast();
    }
    if (this.#queue.length === 0 && this.#inFlight === 0 && !this.#exclusive) {
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  #mustGoSlow(): boolean {
    return (
      this.#client === undefined || this.#state === undefined || this.#slowUntil > performance.now()
    );
  }

  /**
   * A statement costs the server as much as a dozen rows: a second batch follows the one in flight
   * when it is no smaller, else it goes on growing until that one has come back.
   */
  #mayFollow(): boolean {
    if (this.#inFlight === 0) return true;
    return this.#inFlight < BATCHES_IN_FLIGHT_MAX && this.#queue.length >= this.#lastLength;
  }

  #goFast(): void {
    const client = this.#client;
    const state = this.#state;
    if (!client || !state) return;
    const jobs = this.#takeBatch();
    const commands = jobs.flatMap((job) => job.commands);
    const clock = this.options.clock.now().toISOString();
    const predicted = predictBatch(state, commands, this.#inFlightVersions, clock);
    if (!predicted) {
      this.#state = undefined;
      this.#queue.unshift(...jobs);
      return;
    }
    this.#inFlight++;
    this.#lastLength = jobs.length;
    this.#inFlightVersions = predicted.batch.versions;
    void this.#sendFast(client, predicted, clock).then(
      (recorded) => {
        // The next batch is on its way before this one's callers go on.
        this.#settle(recorded ? [] : jobs);
        if (recorded) this.#answer(jobs, predicted.batch.verdicts, new Map());
      },
      (error: unknown) => {
        if (sqlStateOf(error) === undefined) this.#dropConnection(client);
        if (isOfAnotherWriter(error)) this.#staySlow();
        this.#settle(jobs);
      },
    );
  }

  async #sendFast(
    client: pg.Client,
    { batch, guards }: PredictedBatch,
    clock: string,
  ): Promise<boolean> {
    const { comparesClock, timeouts } = this.options;
    const values = appendParameters(batch, guards, comparesClock ? clock : null);
    const query = { ...APPEND_STATEMENT, values };
    const result = await withWatchdog(client, timeouts.answer, () =>
      client.query<AppendResult>(query),
    );
    const [row] = result.rows;
    // After a batch of ours that came back undone, the next cannot but miss its base.
    if (row && !row.base_ok && this.#returned.length === 0) this.#staySlow();
    return hasAppended(row);
  }

  #settle(undone: Job[]): void {
    this.#inFlight--;
    if (undone.length > 0) {
      this.#returned.push(...undone);
      this.#state = undefined;
    }
    if (this.#inFlight === 0) {
      this.#inFlightVersions = undefined;
      this.#queue.unshift(...this.#returned.splice(0));
    }
    this.#pump();
  }

  #staySlow(): void {
    this.#slowUntil = performance.now() + STAY_SLOW_MS;
  }

  /**
   * Callers whose commands were written together come back together: in two halves, this process
   * prepares one while the server writes the other, instead of each waiting for the other.
   *
   * @returns the next jobs, in order: one at least, and no more commands than a batch may have
   */
  #takeBatch(): Job[] {
    const waiting = this.#queue.length;
    const length = waiting > SPLIT_FROM && this.#inFlight === 0 ? Math.ceil(waiting / 2) : waiting;
    let end = 0;
    let commands = 0;
    while (end < length) {
      commands += this.#queue[end]?.commands.length ?? 0;
      if (commands > COMMANDS_PER_BATCH_MAX && end > 0) break;
      end++;
    }
    return this.#queue.splice(0, end);
  }

  async #goSlow(): Promise<void> {
    this.#exclusive = true;
    const jobs = this.#takeBatch();
    try {
      await this.#appendSlow(jobs);
    } catch (error) {
      for (const job of jobs) job.reject(error);
    } finally {
      this.#exclusive = false;
      this.#schedule();
    }
  }

  /** Through the slow path until each job has its verdict or its error. */
  async #appendSlow(jobs: Job[], timeOutsMax = TIME_OUTS_MAX): Promise<void> {
    let timeOuts = 0;
    for (let attempt = 0; ; attempt++) {
      this.#giveUp(jobs, undefined);
      if (jobs.length === 0) return;
      try {
        if (await this.#tryUnderLock(jobs)) return;
        this.#staySlow();
      } catch (error) {
        this.#state = undefined;
        const code = sqlStateOf(error);
        if (error instanceof LedgerClockError) throw error;
        if (code === STATEMENT_TIMED_OUT) timeOuts++;
        if (code !== undefined && (!TRY_AGAIN.has(code) || timeOuts >= timeOutsMax)) {
          await this.#singleOut(jobs, code, error);
          return;
        }
        if (code === '23505') this.#staySlow();
        else await this.#afterTrouble(jobs, code, error, attempt);
      }
    }
  }

  /** The commands singly: only the culprit fails. */
  async #singleOut(jobs: Job[], code: string, cause: unknown): Promise<void> {
    const [only] = jobs;
    if (!only || jobs.length > 1) {
      for (const job of jobs) await this.#appendSlow([job], 1);
    } else if (only.commands.length > 1) {
      // Each further time-out is dear; a refusal comes at once, and halves find it in few steps.
      const parts = code === STATEMENT_TIMED_OUT ? only.commands.length : 2;
      await this.#appendParts(only, Math.ceil(only.commands.length / parts));
    } else if (code === STATEMENT_TIMED_OUT) {
      only.reject(new LedgerUnavailableError('the statement timed out', { cause }));
    } else {
      only.reject(new LedgerSqlError(code, { cause }));
    }
  }

  /** The chunk's caller hears of its first culprit when the others were tried. */
  async #appendParts(whole: Job, length: number): Promise<void> {
    const outcomes: FactOutcome[] = [];
    const failures: unknown[] = [];
    for (let at = 0; at < whole.commands.length; at += length) {
      const part: Job = {
        ...whole,
        commands: whole.commands.slice(at, at + length),
        resolve: (own) => void outcomes.push(...own),
        reject: (error) => void failures.push(error),
      };
      await this.#appendSlow([part], 1);
    }
    if (failures.length > 0) whole.reject(failures[0]);
    else whole.resolve(outcomes);
  }

  async #afterTrouble(
    jobs: Job[],
    code: string | undefined,
    error: unknown,
    attempt: number,
  ): Promise<void> {
    const client = this.#client;
    const { lock } = this.options.timeouts;
    if (code === undefined && client) this.#dropConnection(client);
    if (code === LOCK_NOT_AVAILABLE && client) {
      await endFrozenHolders(client, lock).catch(() => undefined);
    }
    this.#giveUp(jobs, error);
    if (jobs.length > 0 && code === undefined) await beforeReconnecting(attempt);
  }

  /** Tells those who have waited too long that their outcome is unknown. */
  #giveUp(jobs: Job[], cause: unknown): void {
    const now = performance.now();
    for (const job of jobs.filter(({ giveUpAt }) => giveUpAt < now || this.#closed)) {
      job.reject(new LedgerUnavailableError('the outcome is unknown', { cause }));
      jobs.splice(jobs.indexOf(job), 1);
    }
  }

  async #tryUnderLock(jobs: readonly Job[]): Promise<boolean> {
    const client = (this.#client ??= await this.#connect());
    const { ledger, clock, comparesClock, timeouts } = this.options;
    const commands = jobs.flatMap((job) => job.commands);
    const cached = this.#state;
    this.#state = undefined;
    return withWatchdog(client, timeouts.answer, async () => {
      const appended = await appendUnderLock(client, commands, {
        ledger,
        clock: clock.now().toISOString(),
        comparesClock,
        cached,
      });
      if (appended.outcome === 'interfered') return false;
      const known = await this.#readKnown(client, appended.verdicts);
      this.#state = appended.state;
      this.#answer(jobs, appended.verdicts, known);
      return true;
    });
  }

  /** The events of commands that were recorded before. */
  async #readKnown(client: pg.Client, verdicts: readonly Verdict[]) {
    const events = new Map<number, RecordedFact[]>();
    for (const verdict of verdicts) {
      if (verdict.kind !== 'known') continue;
      const { first, count } = verdict;
      const { rows } = await client.query<EventRow>(rangeQuery(first, count));
      events.set(
        first,
        rows.map((row) => recordedFactOfRow(this.options.ledger, row)),
      );
    }
    return events;
  }

  #answer(
    jobs: readonly Job[],
    verdicts: readonly Verdict[],
    known: ReadonlyMap<number, RecordedFact[]>,
  ): void {
    let at = 0;
    for (const { commands, resolve } of jobs) {
      const own = verdicts.slice(at, (at += commands.length));
      resolve(own.map((verdict) => outcomeOf(this.options.ledger, verdict, known)));
    }
  }

  async #connect(): Promise<pg.Client> {
    const { connection, timeouts } = this.options;
    const client = await connectLedger(connection, timeouts, () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      this.#state = undefined;
    });
    return client;
  }

  #dropConnection(client: pg.Client): void {
    cutConnection(client);
    if (this.#client === client) this.#client = undefined;
    this.#state = undefined;
  }

  /** Lets what is queued finish, then ends the connection. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
      this.#schedule();
    });
    this.#closed = true;
    await this.#client?.end();
  }
}

/** Only another writer takes a position or a size that was ours by prediction. */
function isOfAnotherWriter(error: unknown): boolean {
  const { constraint } = error as { constraint?: string };
  return constraint === 'event_pkey' || constraint === 'batch_pkey';
}
