import { record, refuse, type Decision } from '@writ/decider';
import type { DataSource, EntityManager } from 'typeorm';
import { logAccess } from '../access-log.repository.js';
import { lastSequence, type SubjectRepository } from '../subject/subject.repository.js';
import type { Viewer } from '../viewer.js';

export type Erased = { subject: string; erasedAt: string; aliasSequence: number };
export type ErasureRefusal =
  'subject_is_unknown' | 'subject_is_erased' | 'key_reused_with_another_body';
export type BindRefusal = 'owner_is_unknown' | 'subject_is_unknown' | 'subject_is_erased';

/** An erasure as ordered; kept is what tells a retry, and nothing that tells who it was. */
export type ErasureOrder = Viewer & {
  target: { subject: string } | { alias: string };
  /** A code: the log of who looked keeps it as the purpose. */
  legalBasis: string;
  /** Of the command, hashed. */
  key: string;
  /** Of the command's body, salted with the unhashed idempotency key: nobody can try bodies out. */
  fingerprint: string;
  correlation: string;
};

const NO_ALIAS = '0'.repeat(64);

/** Whom texts concern, and the end of it. */
export class ErasureRepository {
  constructor(
    private readonly database: DataSource,
    private readonly world: { subjects: SubjectRepository; now: () => Date },
  ) {}

  /** Notes that an owner's texts concern these subjects; again changes nothing. */
  async bind(
    owner: string,
    subjects: readonly string[],
  ): Promise<Decision<{ owner: string; subject: string }, BindRefusal>> {
    const wanted = [...new Set(subjects)];
    return this.database.transaction(async (transaction) => {
      // Subjects before the owner, as an erasure does; one that runs is waited for.
      const found = await transaction.query<{ subject: string; erased: boolean }[]>(
        `SELECT subject, erased_at IS NOT NULL AS erased FROM identity.subject
         WHERE subject = ANY(string_to_array($1, ',')) ORDER BY subject FOR SHARE`,
        [wanted.join(',')],
      );
      const erased = new Map(found.map((row) => [row.subject, row.erased]));
      for (const [index, subject] of subjects.entries()) {
        const isErased = erased.get(subject);
        if (isErased === undefined) return refuse('subject_is_unknown', `/subjects/${index}`);
        if (isErased) return refuse('subject_is_erased', `/subjects/${index}`);
      }
      const owners = await transaction.query<unknown[]>(
        'SELECT FROM identity.data_key WHERE owner = $1 FOR SHARE',
        [owner],
      );
      if (owners.length === 0) return refuse('owner_is_unknown', '/owner');
      await transaction.query(
        `INSERT INTO identity.binding (owner, subject)
         SELECT $1, subject FROM unnest(string_to_array($2, ',')) AS subject
         ON CONFLICT DO NOTHING`,
        [owner, wanted.join(',')],
      );
      return record(...wanted.map((subject) => ({ owner, subject })));
    });
  }

  /**
   * Destroys the subject's key and texts, and those of every case that concerns nobody else;
   * unlinks all of their identifiers. Nobody finds them by one any more, and the feed no longer
   * holds what it once said of them.
   */
  async erase(order: ErasureOrder): Promise<Decision<Erased, ErasureRefusal>> {
    return this.world.subjects.sequenced(async (transaction) => {
      const [known] = await transaction.query<(Erased & { fingerprint: string })[]>(
        `SELECT subject, fingerprint, alias_sequence::float8 AS "aliasSequence", at AS "erasedAt"
         FROM identity.erasure WHERE key = $1`,
        [order.key],
      );
      if (known) {
        const { fingerprint, subject, aliasSequence, erasedAt } = known;
        if (fingerprint !== order.fingerprint) return refuse('key_reused_with_another_body');
        return record({ subject, erasedAt: new Date(erasedAt).toISOString(), aliasSequence });
      }
      const subject = await subjectOf(transaction, order.target);
      const field = 'alias' in order.target ? '/identifier' : '/subject';
      if (subject === undefined) return refuse('subject_is_unknown', field);
      if (subject.erased) return refuse('subject_is_erased', field);
      return record(await this.eraseKnown(transaction, subject.id, order));
    });
  }

  private async eraseKnown(
    transaction: EntityManager,
    subject: string,
    order: ErasureOrder,
  ): Promise<Erased> {
    const at = this.world.now();
    await transaction.query('UPDATE identity.subject SET erased_at = $2 WHERE subject = $1', [
      subject,
      at,
    ]);
    const owners = [subject, ...(await ownersLeftAlone(transaction, subject))].join(',');
    const next = (await lastSequence(transaction)) + 1;
    const statements: [string, unknown[]][] = [
      ['DELETE FROM identity.alias WHERE subject = $1', [subject]],
      [`DELETE FROM identity.sealed_text WHERE owner = ANY(string_to_array($1, ','))`, [owners]],
      [
        `UPDATE identity.data_key SET wrapped = NULL WHERE owner = ANY(string_to_array($1, ','))`,
        [owners],
      ],
      [
        `UPDATE identity.alias_change SET kind = 'erased', alias = $2 WHERE subject = $1`,
        [subject, NO_ALIAS],
      ],
      [
        `INSERT INTO identity.alias_change (sequence, kind, scheme, alias, subject)
         VALUES ($1, 'erased', 'erased', $2, $3)`,
        [next, NO_ALIAS, subject],
      ],
      [
        `INSERT INTO identity.erasure (key, fingerprint, subject, at, alias_sequence)
         VALUES ($1, $2, $3, $4, $5)`,
        [order.key, order.fingerprint, subject, at, next],
      ],
    ];
    for (const [statement, parameters] of statements) {
      await transaction.query(statement, parameters);
    }
    const { authority, actor, legalBasis: purpose, correlation } = order;
    const who = { authority, actor, purpose, correlation };
    await logAccess(transaction, { ...who, at, action: 'erase', count: 1, subjects: [subject] });
    return { subject, erasedAt: at.toISOString(), aliasSequence: next };
  }
}

async function subjectOf(
  transaction: EntityManager,
  target: ErasureOrder['target'],
): Promise<{ id: string; erased: boolean } | undefined> {
  const [column, value] = 'alias' in target ? ['alias', target.alias] : ['subject', target.subject];
  const from =
    column === 'alias'
      ? 'identity.alias JOIN identity.subject USING (subject)'
      : 'identity.subject';
  const [row] = await transaction.query<{ id: string; erased: boolean }[]>(
    `SELECT subject AS id, erased_at IS NOT NULL AS erased FROM ${from} WHERE ${column} = $1`,
    [value],
  );
  return row;
}

/** Unbinds a subject. @returns owners that concern nobody any more */
async function ownersLeftAlone(transaction: EntityManager, subject: string): Promise<string[]> {
  const [unbound] = await transaction.query<[{ owner: string }[], number]>(
    'DELETE FROM identity.binding WHERE subject = $1 RETURNING owner',
    [subject],
  );
  const owners = unbound.map(({ owner }) => owner).join(',');
  // Waits for whoever is binding another subject to one of them right now.
  await transaction.query(
    `SELECT FROM identity.data_key WHERE owner = ANY(string_to_array($1, ','))
     ORDER BY owner FOR NO KEY UPDATE`,
    [owners],
  );
  const alone = await transaction.query<{ owner: string }[]>(
    `SELECT owner FROM unnest(string_to_array($1, ',')) AS owner
     WHERE NOT EXISTS (SELECT FROM identity.binding WHERE binding.owner = owner.owner)`,
    [owners],
  );
  return alone.map(({ owner }) => owner);
}
