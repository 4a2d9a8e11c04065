import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import type pg from 'pg';
import type { Batch } from './batch.js';
import type { PreparedCommand } from './prepare-command.js';

/** Most events of one bulk chunk: a longer COPY would hold the lock too long. */
export const BULK_CHUNK_EVENTS_MAX = 2_000;

const COPY_EVENTS = `COPY ledger.event
  (position, prev, version, epoch, bucket, stream, leaf, canonical) FROM STDIN`;
const COPY_KEYS = 'COPY ledger.command_key (key, first, count, fingerprint) FROM STDIN';

/** Copies a batch's events and keys; all else of it goes with the one statement. */
export async function copyRows(client: pg.Client, batch: Batch): Promise<void> {
  const events = batch.events.map(
    ({ position, prev, version, epoch, bucket, stream, leaf, canonical }) =>
      `${position}\t${prev}\t${version}\t${epoch}\t${bucket}\t${stream}\t` +
      `\\\\x${leaf}\t${escaped(canonical)}\n`,
  );
  const keys = batch.keys.map(
    ({ keyHash, first, count, fingerprint }) =>
      `${keyHash}\t${first}\t${count}\t${escaped(fingerprint)}\n`,
  );
  await copy(client, COPY_EVENTS, events);
  await copy(client, COPY_KEYS, keys);
}

/** The driver cannot copy while it pipelines; nothing else is under way here. */
async function copy(client: pg.Client, sql: string, rows: readonly string[]): Promise<void> {
  const driver = client as unknown as { pipeline: boolean };
  driver.pipeline = false;
  try {
    await pipeline(Readable.from([Buffer.from(rows.join(''))]), client.query(copyFrom(sql)));
  } finally {
    driver.pipeline = true;
  }
}

/** Canonical text has no raw control character: only backslashes need care. */
function escaped(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\', '\\\\') : text;
}

/** @returns how many commands from `at` on make one chunk: at least one, all events of each */
export function chunkLength(commands: readonly PreparedCommand[], at: number): number {
  let events = 0;
  let end = at;
  while (end < commands.length) {
    events += commands[end]?.facts.length ?? 0;
    if (events > BULK_CHUNK_EVENTS_MAX && end > at) break;
    end++;
  }
  return end - at;
}
