import { chunkLength } from './bulk.postgres.js';
import type { Clock } from './clock.js';
import {
  LEDGER_TIMEOUTS,
  ReadLine,
  type LedgerConnection,
  type LedgerTimeouts,
} from './connection.postgres.js';
import { factValidator } from './fact-validators.js';
import { LedgerSqlError } from './ledger-error.js';
import type { BulkCommand, FactOutcome, LedgerWriter } from './ledger.js';
import { pendingKeys } from './pending-keys.js';
import { keyHashOf, prepareCommand } from './prepare-command.js';
import { readKey, StreamReads } from './reads.postgres.js';
import { Sequencer } from './sequencer.postgres.js';
import type { LedgerName } from '@writ/contracts';

export type LedgerWriterOptions = {
  ledger: LedgerName;
  /** As the writer role; direct, not through a transaction pooler. */
  connection: LedgerConnection;
  clock: Clock;
  /** Tests and sandbox data folders only: takes a clock ahead of the database's. */
  allowClockAhead?: boolean;
  timeouts?: Partial<LedgerTimeouts>;
};

/**
 * Opens a ledger for writing. Connects on first use; one connection appends, another reads.
 *
 * `append` throws LedgerInputError (nothing recorded), LedgerSqlError (this command alone failed,
 * nothing recorded), LedgerClockError (nothing recorded), LedgerUnavailableError (unknown).
 * `appendBulk` throws the first of these when all others were tried: they are recorded, or will
 * tell when tried again under their keys.
 */
export function openLedgerWriter(options: LedgerWriterOptions): LedgerWriter {
  const { ledger, connection, clock } = options;
  const timeouts = { ...LEDGER_TIMEOUTS, ...options.timeouts };
  const comparesClock = options.allowClockAhead !== true;
  const sequencer = new Sequencer({ ledger, connection, clock, comparesClock, timeouts });
  const line = new ReadLine(connection, timeouts);
  const reads = new StreamReads(ledger, line);
  const share = pendingKeys();
  const validate = factValidator(ledger);
  return {
    readStream: (stream) => reads.read(stream),
    findKey: (key) => readKey(ledger, line, keyHashOf(key)),
    async append(command) {
      const prepared = prepareCommand(ledger, validate, command);
      return share(prepared, () => sequencer.append(prepared));
    },
    async appendBulk(commands: readonly BulkCommand[]) {
      const prepared = commands.map((command) => prepareCommand(ledger, validate, command));
      const outcomes: FactOutcome[] = [];
      let refused: LedgerSqlError | undefined;
      for (let at = 0, length; at < prepared.length; at += length) {
        length = chunkLength(prepared, at);
        try {
          outcomes.push(...(await sequencer.appendChunk(prepared.slice(at, at + length))));
        } catch (error) {
          if (!(error instanceof LedgerSqlError)) throw error;
          refused ??= error;
        }
      }
      if (refused) throw refused;
      return outcomes;
    },
    async close() {
      await sequencer.close();
      await line.close();
    },
  };
}
