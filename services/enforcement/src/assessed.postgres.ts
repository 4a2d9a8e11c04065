import { REFERENCE_BUCKET, type Watermark } from '@writ/contracts';
import type { Pool } from 'pg';
import { CONSUMER } from './enforcement.consumer.js';

type PlaceRow = { ledger: 'court' | 'regulatory'; bucket: number; up_to: string };

const NOTHING = { court: -1, regulatory: -1, reference: -1 };

/**
 * How far every decision that follows is recorded, per bucket: the places of the consumer, held
 * back by facts that wait in quarantine and by memoranda whose causes are not all gone through.
 * Both come from one statement; whoever reads a ledger's head afterwards sees the decisions too.
 */
export async function readAssessed(pool: Pool): Promise<(bucket: number) => Watermark['assessed']> {
  const { rows } = await pool.query<PlaceRow>(
    `SELECT ledger, bucket, least(up_to,
       (SELECT min(first_position) - 1 FROM exchange.quarantine q
        WHERE q.consumer = p.consumer AND q.ledger = p.ledger AND q.bucket = p.bucket),
       CASE WHEN ledger = 'regulatory' AND bucket = ${REFERENCE_BUCKET} THEN
         (SELECT min(position) - 1 FROM enforcement.list_job WHERE NOT done) END) AS up_to
     FROM exchange.place p WHERE consumer = $1`,
    [CONSUMER],
  );
  const reference = rows.find(
    ({ ledger, bucket }) => ledger === 'regulatory' && bucket === REFERENCE_BUCKET,
  );
  const known = new Map<number, typeof NOTHING>();
  for (const { ledger, bucket, up_to } of rows) {
    const assessed = known.get(bucket) ?? {
      ...NOTHING,
      reference: Number(reference?.up_to ?? -1),
    };
    known.set(bucket, { ...assessed, [ledger]: Number(up_to) });
  }
  return (bucket) => known.get(bucket) ?? NOTHING;
}
