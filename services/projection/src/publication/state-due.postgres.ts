import {
  LEDGERS,
  SUBJECT_BUCKETS,
  type StateMark,
  type SubjectStateMessage,
} from '@writ/contracts';
import type { Sql } from '@writ/exchange';
import { liveState } from '../projection.consumer.js';
import { ledgerCode, type StateSet } from '../store/state-set.js';
import { textColumn } from '../store/text-columns.js';
import { stateMessage, type KeptComponents } from './state-message.js';

/** Subjects in one row when all are due at once. */
const SUBJECTS_PER_ROW = 1_000;

/**
 * Notes that these subjects' states changed, in the transaction that changes them: what is
 * published can then neither run ahead of the state nor miss a change.
 */
export async function noteDue(db: Sql, subjects: readonly string[]): Promise<void> {
  if (subjects.length === 0) return;
  await db.query('INSERT INTO projection.state_due (subjects) VALUES ($1)', [textColumn(subjects)]);
}

/** Notes every subject of these sets, if anything is published at all. */
export async function noteAllDue(db: Sql, sets: readonly StateSet[]): Promise<void> {
  const tables = sets.map((set) => `SELECT subject FROM projection.state_${set}`);
  await db.query(
    `INSERT INTO projection.state_due (subjects)
     SELECT string_agg(replace(subject::text, '-', ''), E'\\n' ORDER BY subject)
     FROM (
       SELECT subject, row_number() OVER (ORDER BY subject) AS row
       FROM (${tables.join(' UNION ')}) every_subject
     ) numbered
     WHERE EXISTS (SELECT FROM projection.state_topic)
     GROUP BY row / ${SUBJECTS_PER_ROW}`,
  );
}

/** From here on changes are noted; what there is already is noted once. Call in a transaction. */
export async function beginPublication(db: Sql, since: Date): Promise<void> {
  const { rows } = await db.query(
    'INSERT INTO projection.state_topic (since) VALUES ($1) ON CONFLICT DO NOTHING RETURNING since',
    [since],
  );
  if (rows.length > 0) await noteAllDue(db, [(await liveState(db)).set]);
}

/** Nobody publishes any more: nothing is noted, and a later start publishes all anew. */
export async function endPublication(db: Sql): Promise<void> {
  await db.query('DELETE FROM projection.state_topic');
  await db.query('DELETE FROM projection.state_due');
}

export type Due = { ordinals: string[]; subjects: string[] };

/** @returns the oldest rows due and the subjects in them, each once */
export async function readDue(db: Sql, rowsMax: number): Promise<Due> {
  const { rows } = await db.query<{ ordinal: string; subjects: string }>(
    'SELECT ordinal, subjects FROM projection.state_due ORDER BY ordinal LIMIT $1',
    [rowsMax],
  );
  const subjects = new Set(rows.flatMap((row) => row.subjects.split('\n')));
  return { ordinals: rows.map(({ ordinal }) => ordinal), subjects: [...subjects] };
}

/** The broker has them. A change since then is noted in a row of its own. */
export async function forgetDue(db: Sql, ordinals: readonly string[]): Promise<void> {
  await db.query('DELETE FROM projection.state_due WHERE ordinal = ANY($1::bigint[])', [ordinals]);
}

type Row = {
  subject: string;
  fold_version: number;
  places: string;
  court: string | null;
  regulatory: string | null;
  enforcement: string | null;
};

/**
 * The states of these subjects, and where their buckets stand, at one moment.
 *
 * @returns canonical text per subject; null for one without any state
 */
export async function readStates(
  db: Sql,
  set: StateSet,
  subjects: readonly string[],
): Promise<{ subject: string; canonical: string | null }[] | undefined> {
  const component = (ledger: SubjectLedger) => `(SELECT state FROM projection.state_${set} kept
    WHERE kept.subject = given.subject::uuid AND kept.ledger = ${ledgerCode(ledger)}) AS ${ledger}`;
  const { rows } = await db.query<Row & { set: StateSet }>(
    `SELECT live.set, live.fold_version, given.subject, ${LEDGERS.map(component).join(', ')},
       (SELECT string_agg(place::text, ' ' ORDER BY ledger) FROM projection.progress_${set}
        WHERE bucket = get_byte(decode(given.subject, 'hex'), 0) % 32) AS places
     FROM projection.live,
       unnest(string_to_array($1, E'\\n')) AS given (subject)`,
    [textColumn(subjects)],
  );
  // Switched meanwhile: this set no longer answers.
  if (rows.some((row) => row.set !== set)) return undefined;
  return rows.map((row) => ({ subject: row.subject, canonical: messageOf(row) }));
}

/**
 * Where the buckets stand while no state is due, at one moment: so far the topic is whole.
 *
 * @param set the one that answers
 * @returns one mark per bucket; none when something is due, or another set answers meanwhile
 */
export async function readMarks(db: Sql, set: StateSet, now: Date): Promise<StateMark[]> {
  const { rows } = await db.query<{ bucket: number; fold_version: number; places: string }>(
    `SELECT bucket, fold_version, string_agg(place::text, ' ' ORDER BY ledger) AS places
     FROM projection.progress_${set}, projection.live
     WHERE bucket < ${SUBJECT_BUCKETS} AND live.set = $1
       AND NOT EXISTS (SELECT FROM projection.state_due)
     GROUP BY bucket, fold_version ORDER BY bucket`,
    [set],
  );
  const at = now.toISOString();
  return rows.map(({ bucket, fold_version: foldVersion, places }) => {
    return { bucket, foldVersion, position: positionOf(places), at };
  });
}

function positionOf(places: string): StateMark['position'] {
  const [court = -1, regulatory = -1, enforcement = -1] = places.split(' ').map(Number);
  return { court, regulatory, enforcement };
}

type SubjectLedger = keyof SubjectStateMessage['position'];

function messageOf({ subject, fold_version, places, ...row }: Row): string | null {
  const kept: KeptComponents = {};
  for (const ledger of LEDGERS) {
    const text = row[ledger];
    if (text !== null) kept[ledger] = text;
  }
  const position = positionOf(places);
  return stateMessage({ subject, foldVersion: fold_version, position }, kept);
}
