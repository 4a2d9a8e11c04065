import { REFERENCE_BUCKET } from '@writ/contracts';
import type { Pool } from 'pg';
import { referenceOf, type Reference } from '../answer/reference.js';
import type { ReferenceItem } from '../fold/reference-fold.js';
import type { Progress } from '../store/progress.js';
import { ledgerCode, type StateSet } from '../store/state-set.js';

export type ReferenceItems = readonly (readonly [string, ReferenceItem])[];

type Loaded = { set: StateSet; place: number; items: ReferenceItems; reference: Reference };

/** Lists and memoranda in memory, as of exactly the place a snapshot was read at. */
export class ReferenceCopy {
  private loaded: Loaded | undefined;

  constructor(private readonly pool: Pool) {}

  /**
   * @returns the reference at the snapshot's place; undefined when it has moved on since: the
   *   snapshot has to be read again
   */
  async at(progress: Progress): Promise<Loaded | undefined> {
    const { place } = progress.of('regulatory', REFERENCE_BUCKET);
    if (this.loaded?.set !== progress.set || this.loaded.place < place) {
      this.loaded = await this.load(progress.set);
    }
    return this.loaded.place === place ? this.loaded : undefined;
  }

  private async load(set: StateSet): Promise<Loaded> {
    // One statement: the items and the place they stand at belong together.
    const { rows } = await this.pool.query<{ place: string; key: string | null; state: string }>(
      `SELECT progress.place, kept.key, kept.state
       FROM projection.progress_${set} progress
       LEFT JOIN projection.reference_${set} kept
         ON kept.ledger = progress.ledger AND (kept.key LIKE 'list/%' OR kept.key LIKE 'memo%')
       WHERE progress.ledger = $1 AND progress.bucket = $2`,
      [ledgerCode('regulatory'), REFERENCE_BUCKET],
    );
    const items = rows.flatMap(({ key, state }) =>
      key === null ? [] : [[key, JSON.parse(state) as ReferenceItem] as const],
    );
    const place = Number(rows[0]?.place ?? -1);
    return { set, place, items, reference: referenceOf(items) };
  }
}
