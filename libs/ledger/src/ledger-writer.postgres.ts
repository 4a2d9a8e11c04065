import { chunksOf } from './bulk-chunks.js';
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

const CHUNKS_SENT_MAX = 2;

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
 * `appendBulk` throws the first LedgerSqlError when all others were tried: they are recorded. Any
 * other error ends it: commands before are recorded, or tell so when tried again under their keys.
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
      const outcomes: FactOutcome[] = [];
      let refused: LedgerSqlError | undefined;
      const sent: Promise<FactOutcome[]>[] = [];
      const takeFirst = async () => {
        try {
          outcomes.push(...((await sent.shift()) ?? []));
        } catch (error) {
          if (!(error instanceof LedgerSqlError)) throw error;
          refused ??= error;
        }
      };
      // One that is written, one behind it, one being made: others' commands come in between.
      for (const chunk of chunksOf(commands)) {
        const prepared = chunk.map((command) => prepareCommand(ledger, validate, command));
        const appending = sequencer.appendChunk(prepared);
        // It is looked at in its turn, and fails then.
        void appending.catch(() => undefined);
        sent.push(appending);
        if (sent.length > CHUNKS_SENT_MAX) await takeFirst();
      }
      while (sent.length > 0) await takeFirst();
      if (refused) throw refused;
      return outcomes;
    },
    async close() {
      await sequencer.close();
      await line.close();
    },
  };
}
