import type { KeyObject } from 'node:crypto';
import type { Clock, Ids } from '@writ/service-host';
import type { Pool } from 'pg';
import type { DeclaredSchemes } from './aliases/declared-schemes.postgres.js';
import type { Rebuilder } from './rebuild/rebuilder.postgres.js';
import type { AnswerJournal } from './status/answer-journal.postgres.js';
import type { Movements } from './status/movements.process.js';
import type { ReferenceCopy } from './status/reference-copy.postgres.js';
import type { SnapshotReader } from './status/snapshot.postgres.js';

export const PROJECTION_PARTS = Symbol('parts of the projection');

/** What the projection's endpoints share, made once by the module. */
export type ProjectionParts = {
  clock: Clock;
  ids: Ids;
  aliasKey: KeyObject;
  schemes: DeclaredSchemes;
  snapshots: SnapshotReader;
  references: ReferenceCopy;
  movements: Movements;
  journal: AnswerJournal;
  rebuilder: Rebuilder;
  /** The reader role. */
  reader: Pool;
};
