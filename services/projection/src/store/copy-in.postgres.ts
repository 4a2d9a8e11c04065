import { finished } from 'node:stream/promises';
import type { ClientBase, PoolClient } from 'pg';
import { from } from 'pg-copy-streams';
import { columnsSql, textColumn } from './text-columns.js';

/** A table, and its columns with their types in the order of the fields of a line. */
export type CopyTarget = { table: string; columns: Readonly<Record<string, string>> };

/** Up to here (characters) an INSERT, which can travel with other statements, costs less. */
const INSERT_MAX = 16_384;
/** What COPY escapes; an absent value is told the same in both. */
const ESCAPED = /\\(?!N[\t\n])/;

/** @returns whether `insert` can take these lines */
export function isInsertable(lines: string): boolean {
  return lines.length <= INSERT_MAX && !ESCAPED.test(lines);
}

/** Inserts lines as COPY takes them, in one statement. A row that is there fails the whole. */
export async function insertLines(
  db: PoolClient,
  { table, columns }: CopyTarget,
  lines: string,
): Promise<void> {
  if (lines === '') return;
  const rows = lines
    .slice(0, -1)
    .split('\n')
    .map((line) => line.split('\t'));
  const names = Object.keys(columns);
  const fields = names.map((name) => `given.${name}::${columns[name]}`);
  await db.query(
    `INSERT INTO ${table} (${names.join(', ')})
     SELECT ${fields.join(', ')} FROM ${columnsSql(1, names)}`,
    names.map((_, at) => textColumn(rows.map((row) => row[at]))),
  );
}

/**
 * Copies lines into a table, inside the caller's transaction. A row that is there already fails
 * the whole. Nothing may be sent on the connection meanwhile.
 */
export async function copyIn(
  db: ClientBase,
  { table, columns }: CopyTarget,
  lines: string,
): Promise<void> {
  if (lines === '') return;
  // The driver cannot copy while it pipelines: what was sent before must have been answered.
  await db.query('SELECT 1');
  const driver = db as unknown as { pipeline: boolean };
  const { pipeline } = driver;
  driver.pipeline = false;
  try {
    const names = Object.keys(columns).join(', ');
    const copy = db.query(from(`COPY ${table} (${names}) FROM STDIN`));
    copy.end(Buffer.from(lines));
    await finished(copy);
  } finally {
    driver.pipeline = pipeline;
  }
}
