import { LEDGERS, type AnswerPosition, type LedgerName } from '@writ/contracts';
import type { Sql } from '@writ/exchange';
import { checkOut, giveBack } from '@writ/service-host';
import type { Pool, PoolClient } from 'pg';
import type { ReferenceItem } from '../fold/reference-fold.js';
import { progressOf, progressSql, type Progress } from '../store/progress.js';
import { ledgerCode, ledgerOfCode, type StateSet } from '../store/state-set.js';
import { legalTimeOf, type When } from '../answer/answer.js';
import { inForceSql, sqlTime } from '../times.js';

/** How a thing of the record stood from one fact on. */
export type KeptFact = {
  ledger: LedgerName;
  position: number;
  recordedAt: string;
  type: string;
  cause?: string;
  knownUntil?: number;
  data: unknown;
};

/** What is read together, at one moment, in one short transaction. */
export async function atOneMoment<T>(
  pool: Pool,
  read: (db: PoolClient, progress: Progress) => Promise<T>,
): Promise<T> {
  const db = await checkOut(pool);
  try {
    // The lock before the snapshot: whoever empties a set that answered before waits for us.
    await db.query(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
      LOCK TABLE projection.live IN ACCESS SHARE MODE`);
    const result = await read(db, await readProgress(db));
    await db.query('COMMIT');
    giveBack(db);
    return result;
  } catch (error) {
    await db.query('ROLLBACK').catch(() => {});
    giveBack(db, error instanceof Error ? error : true);
    throw error;
  }
}

async function readProgress(db: Sql): Promise<Progress> {
  const { rows } = await db.query<{ set: StateSet }>('SELECT set FROM projection.live');
  const told = await db.query<{ text: string }>(`SELECT ${progressSql(rows[0]!.set)} AS text`);
  return progressOf(told.rows[0]!.text);
}

/** @returns every fact kept of a subject, by ledger and position */
export async function readHistory(db: Sql, set: StateSet, subject: string): Promise<KeptFact[]> {
  const { rows } = await db.query<{
    ledger: number;
    position: string;
    at: string;
    type: string;
    cause: string | null;
    known_until: string | null;
    data: string;
  }>(
    `SELECT ledger, position, type, cause, known_until, data,
       to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
     FROM projection.history_${set} WHERE subject = $1::uuid AND part = 0
     ORDER BY ledger, position`,
    [subject],
  );
  return rows.map((row) => ({
    ledger: ledgerOfCode(row.ledger),
    position: Number(row.position),
    recordedAt: row.at,
    type: row.type,
    ...(row.cause === null ? {} : { cause: row.cause }),
    ...(row.known_until === null ? {} : { knownUntil: Number(row.known_until) }),
    data: JSON.parse(row.data) as unknown,
  }));
}

/** @returns reference items by key: exact keys, and all of some kinds (`list/`, `memorandum/`) */
export async function readReference(
  db: Sql,
  set: StateSet,
  keys: readonly string[],
  kinds: readonly string[],
): Promise<[string, ReferenceItem][]> {
  const { rows } = await db.query<{ key: string; state: string }>(
    `SELECT key, state FROM projection.reference_${set}
     WHERE key = ANY($1) OR key LIKE ANY($2) ORDER BY key`,
    [keys, kinds.map((kind) => `${kind}%`)],
  );
  return rows.map(({ key, state }) => [key, JSON.parse(state) as ReferenceItem]);
}

/** Facts set aside from a position on; `subject` is empty for lists and memoranda (and cases). */
export type SetAside = {
  ledger: LedgerName;
  firstPosition: number;
  since: string;
  subject: string;
};

/** @param subjects of which what waits is told; absent: of all */
export async function readQuarantine(
  db: Sql,
  consumer: string,
  subjects?: readonly string[],
): Promise<SetAside[]> {
  const { rows } = await db.query<{
    ledger: LedgerName;
    first_position: string;
    since: Date;
    subject: string;
  }>(
    `SELECT ledger, first_position, since, subject FROM exchange.quarantine
     WHERE consumer = $1 AND ledger = ANY($2) AND ($3::text[] IS NULL OR subject = ANY($3))`,
    [consumer, LEDGERS, subjects ?? null],
  );
  return rows.map(({ ledger, first_position, since, subject: id }) => {
    return {
      ledger,
      firstPosition: Number(first_position),
      since: since.toISOString(),
      subject: id,
    };
  });
}

export type EntriesAsked = { list: string; when: When; known: AnswerPosition };

/** Rows of a list's entries as known at a position that hold at a legal time. */
function activeSql(set: StateSet, when: When): string {
  const known = LEDGERS.filter((ledger) => ledger !== 'enforcement').map((ledger) => {
    const position = `$${ledger === 'court' ? 2 : 3}::bigint`;
    return `(ledger = ${ledgerCode(ledger)} AND position <= ${position}
      AND (known_until IS NULL OR known_until > ${position}))`;
  });
  const instant = 'now' in when ? 'moment.at' : '$4';
  return `FROM projection.history_${set} kept ${'now' in when ? nowSql(set) : ''}
    WHERE list = $1 AND (${known.join(' OR ')}) AND ${inForceSql(instant, '$5', '$6')}`;
}

/**
 * "Now" of a row is never before what it says was recorded or observed (I2), as in every answer: an
 * end of a ledger whose clock runs ahead of ours has come. What was observed is looked up only
 * where it can matter: in rows with a bound to come.
 */
function nowSql(set: StateSet): string {
  const observed = `
    SELECT CASE WHEN told.at >= '0001' THEN told.at::timestamptz END
    FROM projection.history_${set} whole, LATERAL (
      SELECT whole.data::jsonb ->> 'observedAt' AS at
    ) told
    WHERE whole.subject = kept.subject AND whole.ledger = kept.ledger
      AND whole.position = kept.position AND whole.part = 0`;
  return `
    CROSS JOIN LATERAL (SELECT greatest($4::timestamptz, recorded_at) AS at) recorded
    CROSS JOIN LATERAL (
      SELECT CASE WHEN ledger = ${ledgerCode('regulatory')}
        AND (from_at > recorded.at OR until_at > recorded.at)
        THEN greatest(recorded.at, (${observed})) ELSE recorded.at END AS at
    ) moment`;
}

function activeParameters({ list, when, known }: EntriesAsked): unknown[] {
  const { instant, date, dayEnd } = sqlTime(legalTimeOf(when));
  return [list, known.court, known.regulatory, instant, date, dayEnd];
}

/** @returns entries in force and the subjects they concern; a cause holds at most once at a time */
export async function countActive(
  db: Sql,
  set: StateSet,
  asked: EntriesAsked,
): Promise<{ listings: number; subjects: number }> {
  const { rows } = await db.query<{ listings: string; subjects: string }>(
    `SELECT count(*) AS listings, count(DISTINCT subject) AS subjects
     ${activeSql(set, asked.when)}`,
    activeParameters(asked),
  );
  return { listings: Number(rows[0]!.listings), subjects: Number(rows[0]!.subjects) };
}

export type ActiveEntry = { ledger: LedgerName; listing: string; subject: string };

/** @returns a page of entries in force, in the order of their ids, after the given one */
export async function pageActive(
  db: Sql,
  set: StateSet,
  asked: EntriesAsked,
  after: { listing: string; ledger: LedgerName } | undefined,
  limit: number,
): Promise<ActiveEntry[]> {
  const { rows } = await db.query<{ ledger: number; cause: string; subject: string }>(
    `SELECT ledger, cause, subject ${activeSql(set, asked.when)} AND (cause, ledger) > ($7, $8::smallint)
     ORDER BY cause, ledger LIMIT $9`,
    [
      ...activeParameters(asked),
      after?.listing ?? '',
      after ? ledgerCode(after.ledger) : -1,
      limit,
    ],
  );
  return rows.map(({ ledger, cause, subject }) => {
    return {
      ledger: ledgerOfCode(ledger),
      listing: cause,
      subject: subject.replaceAll('-', ''),
    };
  });
}
