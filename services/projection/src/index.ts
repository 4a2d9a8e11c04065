import { LEDGERS } from '@writ/contracts';
import type { ServiceDefinition } from '@writ/service-host';
import { AskedBy1763900003000 } from './migrations/1763900003000-asked-by.migration.js';
import { Projection1763800000000 } from './migrations/1763800000000-projection.migration.js';
import { DeclaredSchemes1763900001000 } from './migrations/1763900001000-declared-schemes.migration.js';
import { FoldVersions1763900000000 } from './migrations/1763900000000-fold-versions.migration.js';
import { SetIndexes1763900002000 } from './migrations/1763900002000-set-indexes.migration.js';
import { ProjectionModule } from './projection.module.js';

/** The projection: decides nothing; folds published facts into what is answered. */
export const projectionService: ServiceDefinition = {
  name: 'projection',
  listensTo: LEDGERS,
  migrations: [
    Projection1763800000000,
    FoldVersions1763900000000,
    DeclaredSchemes1763900001000,
    SetIndexes1763900002000,
    AskedBy1763900003000,
  ],
  module: (host) => ProjectionModule.register(host),
};

export { liveSet, LIVE_CONSUMER, ProjectionConsumer } from './projection.consumer.js';
export { Rebuilder } from './rebuild/rebuilder.postgres.js';
export { ProjectionModule } from './projection.module.js';
export { readRoots, rootOf } from './rebuild/rebuild-state.postgres.js';
