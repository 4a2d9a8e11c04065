import type { AliasesPage } from '@writ/contracts';
import { checkOut, giveBack } from '@writ/service-host';
import type { Pool } from 'pg';
import { columnsSql, textColumn } from '../store/text-columns.js';

/** Alias changes after a sequence, as the identity service serves them. */
export type FetchAliases = (after: number, limit: number, waitMs: number) => Promise<AliasesPage>;

export type AliasCopyOptions = {
  pool: Pool;
  fetch: FetchAliases;
  /** Told the schemes of new aliases, so that their declarations are at hand later on. */
  meet: (schemes: Iterable<string>) => Promise<void>;
  /** After each page. */
  onMoved: () => void;
  onTrouble: (error: unknown) => void;
  pause: (ms: number) => Promise<void>;
};

const PAGE = 5_000;
const WAIT_MS = 1_000;
const RETRY_MS = 500;

/** Identity holds fewer changes than were taken in: it was restored; the copy is of its past. */
export class AliasesWereLost extends Error {
  constructor(after: number, last: number) {
    super(`identity holds ${last} alias changes, the copy ${after}: see docs/runbooks/restore.md`);
  }
}

/**
 * The copy of identity's aliases that lets an answer do without a hop. Follows by sequence; what is
 * unlinked or erased there is gone here with the next page.
 */
export class AliasCopy {
  private stopped = false;
  private following: Promise<void> | undefined;

  constructor(private readonly options: AliasCopyOptions) {}

  start(): void {
    this.following ??= this.follow();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.following;
  }

  /** Takes one page in. @returns whether there was anything new */
  async takeIn(waitMs: number): Promise<boolean> {
    const { pool, fetch, meet, onMoved, onTrouble } = this.options;
    const { rows } = await pool.query<{ sequence: string }>(
      'SELECT sequence FROM projection.alias_place',
    );
    const after = Number(rows[0]?.sequence ?? 0);
    const page = await fetch(after, PAGE, waitMs);
    const moved = await applyAliases(pool, after, page);
    if (moved) onMoved();
    const linked = page.changes.filter(({ kind }) => kind === 'linked');
    // Aliases do not wait for it: whoever asks by an unknown scheme has it asked for again.
    await meet(new Set(linked.map(({ scheme }) => scheme))).catch(onTrouble);
    return page.changes.length > 0;
  }

  private async follow(): Promise<void> {
    // The first answer says at once how current the copy is; only then is there time to wait.
    let waitMs = 0;
    while (!this.stopped) {
      try {
        await this.takeIn(waitMs);
        waitMs = WAIT_MS;
      } catch (error) {
        if (this.stopped) return;
        waitMs = 0;
        this.options.onTrouble(error);
        await this.options.pause(RETRY_MS);
      }
    }
  }
}

/**
 * Applies a page in one statement-sized transaction; one that does not join on is refused.
 *
 * @returns false when another process has taken it in already
 * @throws AliasesWereLost where identity stands before the copy: it is not current, and stays so
 */
export async function applyAliases(pool: Pool, after: number, page: AliasesPage): Promise<boolean> {
  const { changes, at, last } = page;
  if (last < after) throw new AliasesWereLost(after, last);
  changes.forEach(({ sequence }, index) => {
    if (sequence !== after + 1 + index) throw new Error('alias changes do not join on');
  });
  const sequence = after + changes.length;
  const current = sequence >= last ? at : undefined;
  const db = await checkOut(pool);
  try {
    await db.query('BEGIN');
    const { rowCount } = await db.query(
      `UPDATE projection.alias_place SET sequence = $2,
         current_to = greatest(current_to, $3::timestamptz) WHERE sequence = $1`,
      [after, sequence, current ?? null],
    );
    if (rowCount === 1) {
      // In order: the same alias may be linked and unlinked within a page.
      for (const run of runsOf(changes)) {
        await db.query(STATEMENT[run[0]!.kind], [
          textColumn(run.map(({ alias }) => alias)),
          textColumn(run.map(({ subject }) => subject)),
        ]);
      }
    }
    await db.query('COMMIT');
    giveBack(db);
    return rowCount === 1;
  } catch (error) {
    await db.query('ROLLBACK').catch(() => {});
    giveBack(db, error instanceof Error ? error : true);
    throw error;
  }
}

type Change = AliasesPage['changes'][number];

const GIVEN = columnsSql(1, ['alias', 'subject']);
const GIVEN_IN_ORDER = GIVEN.replace(
  ' AS given (alias, subject)',
  ' WITH ORDINALITY AS given (alias, subject, at)',
);
const STATEMENT: Readonly<Record<Change['kind'], string>> = {
  linked: `
    INSERT INTO projection.alias (alias, subject)
    SELECT DISTINCT ON (given.alias) decode(given.alias, 'hex'), given.subject::uuid
    FROM ${GIVEN_IN_ORDER} ORDER BY given.alias, given.at DESC
    ON CONFLICT (alias) DO UPDATE SET subject = excluded.subject`,
  unlinked: `
    DELETE FROM projection.alias kept USING ${GIVEN}
    WHERE kept.alias = decode(given.alias, 'hex') AND kept.subject = given.subject::uuid`,
  // Every alias of the subject goes; the change itself names none.
  erased: `
    DELETE FROM projection.alias kept USING ${GIVEN} WHERE kept.subject = given.subject::uuid`,
};

/** Neighbours of one kind go into one statement. */
function runsOf(changes: readonly Change[]): Change[][] {
  const runs: Change[][] = [];
  for (const change of changes) {
    const run = runs.at(-1);
    if (run?.[0]?.kind === change.kind) run.push(change);
    else runs.push([change]);
  }
  return runs;
}
