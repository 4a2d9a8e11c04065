import type { LedgerName } from '@writ/contracts';
import type { StreamRead } from '@writ/decider';
import type { CustomTypesConfig } from 'pg';
import type { ReadLine } from './connection.postgres.js';
import type { RecordedFact } from './ledger.js';
import { recordedFactOfRow, type EventRow } from './recorded-fact.js';

export const EVENT_COLUMNS = 'position, prev, version, epoch, bucket, stream, leaf, canonical';

const INT4 = 23;
const INT2 = 21;

/** Leaves bytea and bigint as the text that came. */
export const EVENT_TYPES = {
  getTypeParser: (oid: number) => (oid === INT4 || oid === INT2 ? Number : String),
} as unknown as CustomTypesConfig;

const STREAMS_PER_QUERY_MAX = 500;

const READ_STREAMS_SQL = `SELECT ${EVENT_COLUMNS} FROM ledger.event
  WHERE stream = ANY (string_to_array($1, E'\\n'))`;

type Waiting = {
  resolve: (read: StreamRead<RecordedFact>) => void;
  reject: (error: unknown) => void;
};

/**
 * Reads streams from the primary, never from a cache. All reads asked for in one turn of the
 * event loop go out as one query.
 */
export class StreamReads {
  #waiting = new Map<string, Waiting[]>();

  constructor(
    private readonly ledger: LedgerName,
    private readonly line: ReadLine,
  ) {}

  read(stream: string): Promise<StreamRead<RecordedFact>> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) setImmediate(() => this.#send());
      const waiting = this.#waiting.get(stream);
      if (waiting) waiting.push({ resolve, reject });
      else this.#waiting.set(stream, [{ resolve, reject }]);
    });
  }

  #send(): void {
    const all = [...this.#waiting];
    this.#waiting = new Map();
    for (let at = 0; at < all.length; at += STREAMS_PER_QUERY_MAX) {
      void this.#readStreams(new Map(all.slice(at, at + STREAMS_PER_QUERY_MAX)));
    }
  }

  async #readStreams(asked: Map<string, Waiting[]>): Promise<void> {
    try {
      const rows = await this.line.query<EventRow>({
        name: 'read-streams',
        text: READ_STREAMS_SQL,
        values: [[...asked.keys()].join('\n')],
        types: EVENT_TYPES,
      });
      const events = new Map<string, RecordedFact[]>();
      for (const row of rows) {
        const list = events.get(row.stream);
        const event = recordedFactOfRow(this.ledger, row);
        if (list) list.push(event);
        else events.set(row.stream, [event]);
      }
      for (const [stream, waiting] of asked) {
        const read = streamRead(stream, events.get(stream) ?? []);
        for (const { resolve } of waiting) resolve(read);
      }
    } catch (error) {
      for (const { reject } of [...asked.values()].flat()) reject(error);
    }
  }
}

function streamRead(stream: string, events: RecordedFact[]): StreamRead<RecordedFact> {
  events.sort((a, b) => a.version - b.version);
  return { stream, version: events.length, events };
}

const READ_RANGE = {
  name: 'read-range',
  text: `SELECT ${EVENT_COLUMNS} FROM ledger.event
    WHERE position >= $1::bigint AND position < $1::bigint + $2::bigint ORDER BY position`,
  types: EVENT_TYPES,
};

/** @returns the query of `count` events from a position on */
export function rangeQuery(first: number, count: number) {
  return { ...READ_RANGE, values: [first, count] };
}

const READ_KEY = {
  name: 'read-key',
  text: `SELECT k.fingerprint, ${EVENT_COLUMNS} FROM ledger.command_key k
    JOIN ledger.event e ON e.position >= k.first AND e.position < k.first + k.count
    WHERE k.key = $1::uuid ORDER BY position`,
  types: EVENT_TYPES,
};

/** @returns what was recorded under a key (its hash), if anything */
export async function readKey(
  ledger: LedgerName,
  line: ReadLine,
  keyHash: string,
): Promise<{ fingerprint: string; events: RecordedFact[] } | undefined> {
  const query = { ...READ_KEY, values: [keyHash] };
  const rows = await line.query<EventRow & { fingerprint: string }>(query);
  const [first] = rows;
  if (!first) return undefined;
  const events = rows.map((row) => recordedFactOfRow(ledger, row));
  return { fingerprint: first.fingerprint, events };
}
