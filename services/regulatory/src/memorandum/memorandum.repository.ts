import { checkOut, giveBack } from '@writ/service-host';
import type { Pool } from 'pg';

const LOCK = 'writ regulatory memoranda';

/** Which memoranda are recorded, and who may record the next: one at a time, over all processes. */
export class MemorandumRepository {
  private queue: Promise<unknown> = Promise.resolve();

  constructor(private readonly pool: Pool) {}

  /**
   * Nobody else records a memorandum until the work is done: what several lay on one list is
   * summed, and two that are decided side by side would each not see the other. A session lock:
   * it falls with its connection.
   *
   * @param work gets the codes of all memoranda recorded
   */
  async alone<T>(work: (memoranda: readonly string[]) => Promise<T>): Promise<T> {
    // In this process by turns, so that those who wait hold no connection.
    const turn = this.queue.then(() => this.locked(work));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async locked<T>(work: (memoranda: readonly string[]) => Promise<T>): Promise<T> {
    const client = await checkOut(this.pool);
    let broken: Error | undefined;
    try {
      await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [LOCK]);
      // Streams of memoranda, by their first event: '.' follows '-'.
      const { rows } = await client.query<{ stream: string }>(
        `SELECT stream FROM ledger.event
         WHERE stream >= 'memorandum-' AND stream < 'memorandum.' AND version = 1`,
      );
      return await work(rows.map(({ stream }) => stream.slice('memorandum-'.length)));
    } finally {
      await client
        .query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [LOCK])
        .catch((error: Error) => (broken = error));
      giveBack(client, broken);
    }
  }
}
