import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { AliasChange } from '@writ/contracts';
import type { DataSource, EntityManager } from 'typeorm';
import { dataKeysOrNew, ERASED } from '../text/data-key.repository.js';
import { seal } from '../text/sealing.js';
import {
  resolveSubjects,
  type CheckedSubject,
  type KnownAlias,
  type Link,
  type RefusedSubject,
  type Resolution,
} from './resolve-subjects.js';

/** Any number of ours: the lock under which the feed of alias changes grows. */
const SEQUENCING_LOCK = 7_411_001;
/** How long another process's change may go unnoticed by a long poll here. */
const POLL_MS = 250;

type World = { keyFile: Buffer; newSubject: () => string; now: () => Date };

/** Aliases and the feed of their changes. */
export class SubjectRepository {
  readonly #grown = new EventEmitter().setMaxListeners(0);
  #stopped = false;

  constructor(
    private readonly database: DataSource,
    private readonly world: World,
  ) {}

  /**
   * Resolves a batch, creating and linking where asked; one transaction, all or nothing.
   *
   * @param allOrNone a refused subject refuses the batch: nothing is linked
   */
  async resolve(
    subjects: readonly (CheckedSubject | RefusedSubject)[],
    allOrNone: boolean,
  ): Promise<Resolution> {
    const manager = this.database.manager;
    const isRefused = ({ results }: Resolution) =>
      allOrNone && results.some(({ outcome }) => outcome === 'refused');
    const looked = resolveSubjects(
      subjects,
      await known(manager, subjects),
      0,
      this.world.newSubject,
    );
    if (looked.links.length === 0 || isRefused(looked)) return looked;
    return this.sequenced(async (transaction) => {
      const table = await known(transaction, subjects);
      const last = await lastSequence(transaction);
      const decided = resolveSubjects(subjects, table, last, this.world.newSubject);
      if (!isRefused(decided)) await this.write(transaction, decided);
      return decided;
    });
  }

  /**
   * Changes the alias table, one writer at a time: what `work` reads is what was committed before.
   * Whoever waits for a change is woken.
   */
  async sequenced<T>(work: (transaction: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.database.transaction(async (transaction) => {
      // A statement of its own: those behind it see all that was committed before.
      await takeSequencingLock(transaction);
      return work(transaction);
    });
    this.#grown.emit('grown');
    return result;
  }

  private async write(manager: EntityManager, { links, created }: Resolution): Promise<void> {
    const { keyFile, now } = this.world;
    if (links.length === 0) return;
    await manager.query(
      `INSERT INTO identity.subject (subject, created_at)
       SELECT subject, $2 FROM unnest(string_to_array($1, E'\\n')) AS subject`,
      [created.join('\n'), now()],
    );
    const owners = links.map(({ subject }) => subject);
    const keys = await dataKeysOrNew(manager, keyFile, owners, now());
    const rows = links.map((link) => {
      const key = keys.get(link.subject);
      if (key === undefined || key === ERASED) throw new Error('an alias of an erased subject');
      return { ...link, normalised: undefined, sealed: sealIdentifier(key, link) };
    });
    await manager.query(
      `WITH row AS (
         SELECT * FROM json_to_recordset($1)
           AS row (alias text, scheme text, subject text, sequence bigint, sealed text)
       ), change AS (
         INSERT INTO identity.alias_change (sequence, kind, scheme, alias, subject)
         SELECT sequence, 'linked', scheme, alias, subject FROM row
       )
       INSERT INTO identity.alias (alias, scheme, subject, sequence, sealed)
       SELECT alias, scheme, subject, sequence, decode(sealed, 'base64') FROM row`,
      [JSON.stringify(rows)],
    );
  }

  /** @returns changes after a sequence, in order, and the newest sequence there is */
  async changesAfter(
    after: number,
    limit: number,
  ): Promise<{ changes: AliasChange[]; last: number }> {
    const changes = await this.database.query<AliasChange[]>(
      `SELECT sequence::float8 AS sequence, kind, scheme, alias, subject
       FROM identity.alias_change WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
      [after, limit],
    );
    const last = await lastSequence(this.database.manager);
    return { changes, last };
  }

  /** Resolves when there is a change after that sequence, or after `waitMs`. */
  async grownBeyond(sequence: number, waitMs: number): Promise<void> {
    for (let waited = 0; waited < waitMs && !this.#stopped; waited += POLL_MS) {
      const pause = AbortSignal.timeout(Math.min(POLL_MS, waitMs - waited));
      await once(this.#grown, 'grown', { signal: pause }).catch(() => undefined);
      if ((await lastSequence(this.database.manager)) > sequence) return;
    }
  }

  /** Ends all long polls; there are none afterwards. */
  stop(): void {
    this.#stopped = true;
    this.#grown.emit('grown');
  }
}

function sealIdentifier(key: Buffer, { subject, alias, normalised }: Link): string {
  const place = { owner: subject, ref: alias, kind: 'identifier' };
  return seal(key, place, normalised, randomBytes(12)).toString('base64');
}

/** One writer at a time, until its commit: sequences are dense and never seen out of order. */
async function takeSequencingLock(manager: EntityManager): Promise<void> {
  // A frozen holder must not stop everyone: its session is ended by the server.
  await manager.query(
    `SELECT set_config('idle_in_transaction_session_timeout', '15s', true),
            set_config('lock_timeout', '30s', true)`,
  );
  await manager.query('SELECT pg_advisory_xact_lock($1)', [SEQUENCING_LOCK]);
}

/** @returns the sequence of the newest change; under the lock nobody adds one */
export async function lastSequence(manager: EntityManager): Promise<number> {
  const [row] = await manager.query<{ last: number }[]>(
    'SELECT coalesce(max(sequence), 0)::float8 AS last FROM identity.alias_change',
  );
  return row?.last ?? 0;
}

async function known(
  manager: EntityManager,
  subjects: readonly (CheckedSubject | RefusedSubject)[],
): Promise<Map<string, KnownAlias>> {
  const aliases = subjects.flatMap((subject) =>
    subject.outcome === 'checked' ? subject.aliases.map(({ alias }) => alias) : [],
  );
  const rows = await manager.query<(KnownAlias & { alias: string })[]>(
    `SELECT alias, subject, sequence::float8 AS sequence FROM identity.alias
     WHERE alias = ANY(string_to_array($1, E'\\n'))`,
    [aliases.join('\n')],
  );
  return new Map(rows.map(({ alias, subject, sequence }) => [alias, { subject, sequence }]));
}
