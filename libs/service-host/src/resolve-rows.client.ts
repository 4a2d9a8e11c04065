import type { Identifier } from '@writ/contracts';
import type { IdentityClient } from './identity.client.js';

/** Whom a row of a source is about. */
export type SubjectOfRow = { row: number; identifiers: Identifier[]; name?: string };
/** What identity answered, by row. */
export type RowSubjects = ReadonlyMap<number, { subject: string } | { refused: string }>;

const SUBJECTS_AT_ONCE_MAX = 1_000;

/**
 * Asks identity whom a source's rows are about; who is not known yet is created. A row that is
 * refused leaves the others as they are.
 *
 * @returns also the alias changes whoever asks about them needs to have seen; 0 for no rows
 * @throws Problem 503 when identity is down
 */
export async function resolveRows(
  identity: Pick<IdentityClient, 'resolve'>,
  rows: readonly SubjectOfRow[],
  correlation: string,
): Promise<{ subjects: RowSubjects; aliasSequence: number }> {
  const subjects = new Map<number, { subject: string } | { refused: string }>();
  let aliasSequence = 0;
  for (let at = 0; at < rows.length; at += SUBJECTS_AT_ONCE_MAX) {
    const some = rows.slice(at, at + SUBJECTS_AT_ONCE_MAX);
    const request = {
      purpose: 'feed-import',
      subjects: some.map(({ identifiers, name }) => {
        return { identifiers, create: true, ...(name === undefined ? {} : { name }) };
      }),
    };
    const { results } = await identity.resolve(request, correlation);
    for (const [index, { row }] of some.entries()) {
      const result = results[index];
      if (result?.outcome === 'resolved') {
        subjects.set(row, { subject: result.subject });
        aliasSequence = Math.max(aliasSequence, result.aliasSequence);
      } else {
        const reason = result?.outcome === 'refused' ? result.reason : 'subject_is_not_resolved';
        subjects.set(row, { refused: reason });
      }
    }
  }
  return { subjects, aliasSequence };
}
