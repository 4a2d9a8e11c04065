import { LEDGERS, REFERENCE_BUCKET } from '@writ/contracts';
import type { Pool } from 'pg';
import type { SubjectState } from '../fold/subject-state.js';
import { progressOf, progressSql, type Progress } from '../store/progress.js';
import { ledgerCode, otherSet, type StateSet } from '../store/state-set.js';
import { textColumn } from '../store/text-columns.js';
import type { Found, Snapshot } from './answer-status.js';

/** Looked up by the alias (64 hex digits) or by subject id (32). */
export type Lookup = { alias: string } | { subject: string };

/** `at` 0: where everything stands; else the ordinal of a look-up, once per ledger. */
type Row = {
  at: string;
  root: string | null;
  subject: string | null;
  since: Date | null;
  ledger: number | null;
  state: string | null;
};

type Pending = {
  lookups: readonly Lookup[];
  resolve: (snapshot: Snapshot) => void;
  reject: (error: unknown) => void;
};

const STATEMENTS_MAX = 2;
const LOOKUPS_MAX = 1_000;

/**
 * Reads aliases, states, quarantine (of the reference too) and progress in one statement, so that
 * an answer rests on one moment. What is asked while statements are on their way shares the next.
 */
export class SnapshotReader {
  private set: StateSet = 'a';
  private readonly waiting: Pending[] = [];
  private running = 0;
  private scheduled = false;
  /** Progress is the same text between two moves: parsed once. */
  private parsed: { text: string; progress: Progress } | undefined;

  /** @param consumer the name whose quarantine counts */
  constructor(
    private readonly pool: Pool,
    private readonly consumer: string,
  ) {}

  read(lookups: readonly Lookup[]): Promise<Snapshot> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ lookups, resolve, reject });
      this.schedule();
    });
  }

  /** What came in with the same turn of the event loop goes together. */
  private schedule(): void {
    if (this.scheduled || this.waiting.length === 0 || this.running >= STATEMENTS_MAX) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      const batch = this.take();
      this.running++;
      void this.run(batch).finally(() => {
        this.running--;
        this.schedule();
      });
      this.schedule();
    });
  }

  private take(): Pending[] {
    const batch: Pending[] = [];
    let size = 0;
    while (
      this.waiting[0] &&
      (size === 0 || size + this.waiting[0].lookups.length <= LOOKUPS_MAX)
    ) {
      const pending = this.waiting.shift()!;
      size += pending.lookups.length;
      batch.push(pending);
    }
    return batch;
  }

  private async run(batch: readonly Pending[]): Promise<void> {
    try {
      const { found, ...shared } = await this.query(batch.flatMap(({ lookups }) => lookups));
      let from = 0;
      for (const { lookups, resolve } of batch) {
        resolve({ ...shared, found: found.slice(from, from + lookups.length) });
        from += lookups.length;
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  private async query(lookups: readonly Lookup[]): Promise<Snapshot> {
    const aliases = textColumn(lookups.map((by) => ('alias' in by ? by.alias : undefined)));
    const subjects = textColumn(lookups.map((by) => ('subject' in by ? by.subject : undefined)));
    for (;;) {
      const { rows } = await this.pool.query<Row>({
        name: `status-${this.set}`,
        text: STATEMENT[this.set],
        values: [aliases, subjects, this.consumer],
      });
      const first = rows.find(({ at }) => at === '0');
      const progress = this.progressIn(first?.state ?? '');
      if (progress.set === this.set) {
        const since = first?.since;
        return {
          progress,
          referenceRoot: first?.root ?? '',
          ...(since ? { referenceSetAsideSince: since.toISOString() } : {}),
          found: foundIn(rows, lookups.length),
        };
      }
      this.set = otherSet(this.set);
    }
  }

  private progressIn(text: string): Progress {
    if (this.parsed?.text !== text) this.parsed = { text, progress: progressOf(text) };
    return this.parsed.progress;
  }
}

function statement(set: StateSet): string {
  return `
    WITH given AS MATERIALIZED (
      SELECT * FROM unnest(string_to_array($1, E'\\n', '\\N'), string_to_array($2, E'\\n', '\\N'))
        WITH ORDINALITY AS given (alias, subject, at)
    )
    SELECT 0::bigint AS at,
      (SELECT root FROM projection.progress_${set}
       WHERE ledger = ${ledgerCode('regulatory')} AND bucket = ${REFERENCE_BUCKET}) AS root,
      NULL::text AS subject,
      (SELECT since FROM exchange.quarantine
       WHERE consumer = $3 AND ledger = 'regulatory' AND subject = '') AS since,
      NULL::smallint AS ledger, ${progressSql(set)} AS state
    UNION ALL
    SELECT given.at, NULL, owner.subject::text, waiting.since, kept.ledger, kept.state
    FROM given
    LEFT JOIN projection.alias known ON known.alias = decode(given.alias, 'hex')
    CROSS JOIN LATERAL (SELECT coalesce(given.subject::uuid, known.subject) AS subject) owner
    LEFT JOIN LATERAL (
      SELECT min(since) AS since FROM exchange.quarantine
      WHERE consumer = $3 AND ledger IN ('court', 'regulatory', 'enforcement')
        AND quarantine.subject = replace(owner.subject::text, '-', '')
    ) waiting ON true
    LEFT JOIN projection.state_${set} kept ON kept.subject = owner.subject`;
}

const STATEMENT: Readonly<Record<StateSet, string>> = { a: statement('a'), b: statement('b') };

function foundIn(rows: readonly Row[], count: number): Found[] {
  const found = Array.from({ length: count }, (): Found => ({ state: {} }));
  for (const { at, subject, since, ledger, state } of rows) {
    const one = found[Number(at) - 1];
    if (!one || subject === null) continue;
    one.subject = subject.replaceAll('-', '');
    if (since) one.quarantinedSince = since.toISOString();
    const name = ledger === null ? undefined : LEDGERS[ledger];
    if (name && state !== null) (one.state as Record<string, unknown>)[name] = JSON.parse(state);
  }
  return found as (Found & { state: SubjectState })[];
}
