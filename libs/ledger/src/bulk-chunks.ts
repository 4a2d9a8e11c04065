import type { BulkCommand } from './ledger.js';

/** Most events of one bulk chunk: who appends beside it waits for two of them at most. */
export const BULK_CHUNK_EVENTS_MAX = 1_000;

/** @returns the commands in chunks: all events of a command in one, and never an empty one */
export function* chunksOf(commands: readonly BulkCommand[]): Generator<BulkCommand[]> {
  let chunk: BulkCommand[] = [];
  let events = 0;
  for (const command of commands) {
    if (chunk.length > 0 && events + command.write.length > BULK_CHUNK_EVENTS_MAX) {
      yield chunk;
      chunk = [];
      events = 0;
    }
    chunk.push(command);
    events += command.write.length;
  }
  if (chunk.length > 0) yield chunk;
}
