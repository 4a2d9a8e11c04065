import type { AuthorityStanding } from '@writ/contracts';
import type { Pool } from 'pg';

/** Steps from one authority to the next by its newest number: a look per authority, no scan. */
const NEWEST = `
  WITH RECURSIVE newest AS (
    (SELECT authority, seq, size FROM ledger.authority_seq
     ORDER BY authority DESC, seq DESC LIMIT 1)
    UNION ALL
    SELECT next.* FROM newest, LATERAL (
      SELECT authority, seq, size FROM ledger.authority_seq before
      WHERE before.authority < newest.authority
      ORDER BY authority DESC, seq DESC LIMIT 1
    ) next
  )
  SELECT newest.authority, newest.seq, batch.recorded_at
  FROM newest JOIN ledger.batch batch USING (size) ORDER BY newest.authority`;

/**
 * @param reader connections of the ledger's reader role
 * @returns every authority that a fact of this ledger speaks for, by name
 */
export async function readAuthorities(reader: Pick<Pool, 'query'>): Promise<AuthorityStanding[]> {
  type Row = { authority: string; seq: string; recorded_at: Date };
  const { rows } = await reader.query<Row>(NEWEST);
  return rows.map(({ authority, seq, recorded_at: at }) => {
    return { authority, submissions: Number(seq), lastRecordedAt: at.toISOString() };
  });
}
