import type { AnswerPosition, JournalledAnswer, MeasureAnswer } from '@writ/contracts';
import type { Pool } from 'pg';
import { textColumn, columnsSql } from '../store/text-columns.js';

/** What was told about one subject: who asked, for what, what the answer was, how it stood. */
export type JournalEntry = {
  answer: string;
  /** At the counter, or the whole record. */
  asked: 'status' | 'record';
  answeredAt: string;
  asker: string;
  actor?: string;
  purpose: string;
  /** Undefined: the identifier belonged to nobody known; it is not kept. */
  subject?: string;
  scheme?: string;
  place?: string;
  position: Readonly<AnswerPosition>;
  answers: readonly MeasureAnswer[];
};

type Group = { entries: JournalEntry[]; done: Promise<void> };

/** Group commit: entries that come while one commit is on its way share the next. */
export class AnswerJournal {
  private running: Promise<void> = Promise.resolve();
  private next: Group | undefined;

  constructor(private readonly pool: Pool) {}

  /** Resolves once the entries are durable; an answer is given only after that. */
  async write(entries: readonly JournalEntry[]): Promise<void> {
    if (this.next) {
      this.next.entries.push(...entries);
      return this.next.done;
    }
    const group: Group = { entries: [...entries], done: Promise.resolve() };
    group.done = this.running.then(() => {
      this.next = undefined;
      return this.insert(group.entries);
    });
    this.next = group;
    this.running = group.done.catch(() => {});
    return group.done;
  }

  private async insert(entries: readonly JournalEntry[]): Promise<void> {
    const names = Object.keys(COLUMNS);
    await this.pool.query({
      name: 'journal',
      text: INSERT,
      values: names.map((name) => textColumn(entries.map(COLUMNS[name]!))),
    });
  }
}

const COLUMNS: Readonly<Record<string, (entry: JournalEntry) => string | undefined>> = {
  answer: ({ answer }) => answer,
  asked: ({ asked }) => asked,
  answered_at: ({ answeredAt }) => answeredAt,
  asker: ({ asker }) => asker,
  actor: ({ actor }) => actor,
  purpose: ({ purpose }) => purpose,
  subject: ({ subject }) => subject,
  scheme: ({ scheme }) => scheme,
  place: ({ place }) => place,
  position: ({ position }) => JSON.stringify(position),
  answers: ({ answers }) => JSON.stringify(answers),
};

const INSERT = `
  INSERT INTO projection.answer (${Object.keys(COLUMNS).join(', ')})
  SELECT answer::uuid, asked, answered_at::timestamptz, asker, actor, purpose, subject::uuid, scheme,
    place, position, answers
  FROM ${columnsSql(1, Object.keys(COLUMNS))}`;

type AnswerRow = {
  asked: JournalledAnswer['asked'];
  answered_at: Date;
  subject: string | null;
  scheme: string | null;
  place: string | null;
  position: string;
  answers: string;
};

/** @returns an answer as it was given, or undefined where none was given under that id */
export async function journalledAnswer(
  pool: Pool,
  answerId: string,
): Promise<JournalledAnswer | undefined> {
  const { rows } = await pool.query<AnswerRow>(
    `SELECT asked, answered_at, replace(subject::text, '-', '') AS subject, scheme, place, position,
       answers
     FROM projection.answer WHERE answer = $1::uuid`,
    [answerId],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { asked, answered_at, subject, scheme, place } = row;
  return {
    answerId,
    asked,
    answeredAt: answered_at.toISOString(),
    subject,
    scheme,
    place,
    position: JSON.parse(row.position) as AnswerPosition,
    answers: JSON.parse(row.answers) as MeasureAnswer[],
  };
}
