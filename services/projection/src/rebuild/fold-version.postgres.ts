import type { Sql } from '@writ/exchange';
import type { Logger } from 'pino';
import { FOLD_VERSION } from '../fold/subject-state.js';
import { liveState } from '../projection.consumer.js';

/**
 * Says loudly that the set which answers was folded by another fold: what this build folds into it
 * follows other rules than what it holds, until a rebuild is accepted.
 */
export async function warnOfOtherFold(db: Sql, logger: Pick<Logger, 'error'>): Promise<void> {
  const { foldVersion } = await liveState(db);
  if (foldVersion === FOLD_VERSION) return;
  logger.error(
    { live: foldVersion, build: FOLD_VERSION },
    'the live state is of another fold version: rebuild and accept, see docs/runbooks/rebuild.md',
  );
}
