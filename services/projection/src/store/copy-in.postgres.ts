import { finished } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from } from 'pg-copy-streams';

/**
 * Copies lines into a table, inside the caller's transaction. A row that is there already fails
 * the whole.
 */
export async function copyIn(
  db: ClientBase,
  table: string,
  columns: readonly string[],
  lines: string,
): Promise<void> {
  if (lines === '') return;
  const copy = db.query(from(`COPY ${table} (${columns.join(', ')}) FROM STDIN`));
  copy.end(Buffer.from(lines));
  await finished(copy);
}
