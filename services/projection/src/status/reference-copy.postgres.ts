import { REFERENCE_BUCKET } from '@writ/contracts';
import type { Pool } from 'pg';
import { referenceOf, type Reference } from '../answer/reference.js';
import type { ReferenceItem } from '../fold/reference-fold.js';
import { ledgerCode, type StateSet } from '../store/state-set.js';
import type { Snapshot } from './answer-status.js';

type Loaded = { set: StateSet; root: string; reference: Reference };

/**
 * Lists and memoranda in memory, in exactly the state a snapshot was read at. Told by their root,
 * not by their place: what comes back from quarantine changes them where the place stays.
 */
export class ReferenceCopy {
  private loaded: Loaded | undefined;

  constructor(private readonly pool: Pool) {}

  /**
   * @returns the reference of the snapshot's moment; undefined when it has moved on since: the
   *   snapshot has to be read again
   */
  async at({ progress, referenceRoot }: Snapshot): Promise<Reference | undefined> {
    const { set } = progress;
    const known = this.loaded;
    if (known?.set === set && known.root === referenceRoot) return known.reference;
    const loaded = (this.loaded = await this.load(set));
    return loaded.root === referenceRoot ? loaded.reference : undefined;
  }

  private async load(set: StateSet): Promise<Loaded> {
    // One statement: the items and the root they have belong together.
    const { rows } = await this.pool.query<{ root: string; key: string | null; state: string }>(
      `SELECT progress.root, kept.key, kept.state
       FROM projection.progress_${set} progress
       LEFT JOIN projection.reference_${set} kept
         ON kept.ledger = progress.ledger AND (kept.key LIKE 'list/%' OR kept.key LIKE 'memo%')
       WHERE progress.ledger = $1 AND progress.bucket = $2`,
      [ledgerCode('regulatory'), REFERENCE_BUCKET],
    );
    const items = rows.flatMap(({ key, state }) =>
      key === null ? [] : [[key, JSON.parse(state) as ReferenceItem] as const],
    );
    return { set, root: rows[0]?.root ?? '', reference: referenceOf(items) };
  }
}
