import { randomBytes } from 'node:crypto';
import type { Identifier, SealTextsRequest } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { In, type DataSource, type EntityManager } from 'typeorm';
import { AliasRow, SealedTextRow } from '../identity.entity.js';
import { dataKeys, dataKeysOrNew, ERASED } from './data-key.repository.js';
import { open, seal } from './sealing.js';

export type Text = SealTextsRequest['texts'][number];
export type SealRefusal = 'ref_reused_with_another_text' | 'subject_is_erased';
export type RevealedSubject = { subject: string; names: string[]; identifiers: Identifier[] };

/** Texts sealed under their owner's key. */
export class TextRepository {
  constructor(
    private readonly database: DataSource,
    private readonly world: { keyFile: Buffer; now: () => Date },
  ) {}

  /**
   * Seals texts, all or none. A reference that is taken keeps its text: the same text again changes
   * nothing, another one is refused.
   */
  async seal(texts: readonly Text[]): Promise<Decision<Text, SealRefusal>> {
    const byRef = new Map<string, Text>();
    for (const [index, text] of texts.entries()) {
      const same = byRef.get(text.ref);
      if (same && !isSame(same, text)) {
        return refuse('ref_reused_with_another_text', `/texts/${index}/ref`);
      }
      byRef.set(text.ref, text);
    }
    const runner = this.database.createQueryRunner();
    try {
      await runner.startTransaction();
      const decision = await this.sealNew(runner.manager, byRef, texts);
      if (decision.kind === 'record') await runner.commitTransaction();
      return decision;
    } finally {
      // Nothing of a refused batch stays.
      if (runner.isTransactionActive) await runner.rollbackTransaction();
      await runner.release();
    }
  }

  private async sealNew(
    manager: EntityManager,
    byRef: ReadonlyMap<string, Text>,
    texts: readonly Text[],
  ): Promise<Decision<Text, SealRefusal>> {
    const { keyFile, now } = this.world;
    const owners = texts.map(({ owner }) => owner);
    const keys = await dataKeysOrNew(manager, keyFile, owners, now());
    const erased = texts.findIndex(({ owner }) => keys.get(owner) === ERASED);
    if (erased >= 0) return refuse('subject_is_erased', `/texts/${erased}/owner`);
    const rows = [...byRef.values()].map((text) => {
      const sealed = seal(keys.get(text.owner) as Buffer, text, text.text, randomBytes(12));
      return { ...text, text: undefined, sealed: sealed.toString('base64') };
    });
    rows.sort((a, b) => (a.ref < b.ref ? -1 : 1));
    const fresh = await manager.query<{ ref: string }[]>(
      `INSERT INTO identity.sealed_text (ref, owner, kind, sealed)
       SELECT ref, owner, kind, decode(sealed, 'base64')
       FROM json_to_recordset($1) AS row (ref text, owner text, kind text, sealed text)
       ON CONFLICT (ref) DO NOTHING RETURNING ref`,
      [JSON.stringify(rows)],
    );
    const isNew = new Set(fresh.map(({ ref }) => ref));
    const taken = [...byRef.keys()].filter((ref) => !isNew.has(ref));
    for (const kept of await this.texts(taken, manager)) {
      const asked = byRef.get(kept.ref);
      if (asked && !isSame(asked, kept)) {
        const index = texts.findIndex(({ ref }) => ref === kept.ref);
        return refuse('ref_reused_with_another_text', `/texts/${index}/ref`);
      }
    }
    return record(...texts.filter(({ ref }) => isNew.has(ref)));
  }

  /** @returns the texts of these references; what is unknown or erased is left out */
  async texts(refs: readonly string[], manager = this.database.manager): Promise<Text[]> {
    if (refs.length === 0) return [];
    const rows = await manager.findBy(SealedTextRow, { ref: In([...refs]) });
    const keys = await dataKeys(
      manager,
      this.world.keyFile,
      rows.map(({ owner }) => owner),
    );
    return rows.flatMap((row) => {
      const key = keys.get(row.owner);
      if (key === undefined || key === ERASED) return [];
      const { ref, owner, kind } = row;
      return [{ ref, owner, kind: kind as Text['kind'], text: open(key, row, row.sealed) }];
    });
  }

  /** @returns names and identifiers of these subjects; unknown or erased ones are left out */
  async subjects(subjects: readonly string[]): Promise<RevealedSubject[]> {
    const manager = this.database.manager;
    const keys = await dataKeys(manager, this.world.keyFile, subjects);
    const names = await manager.findBy(SealedTextRow, { owner: In([...subjects]), kind: 'name' });
    const aliases = await manager.findBy(AliasRow, { subject: In([...subjects]) });
    return subjects.flatMap((subject) => {
      const key = keys.get(subject);
      if (key === undefined || key === ERASED) return [];
      return [
        {
          subject,
          names: names
            .filter(({ owner }) => owner === subject)
            .map((row) => open(key, row, row.sealed)),
          identifiers: aliases
            .filter((row) => row.subject === subject)
            .map(({ scheme, alias, sealed }) => {
              const place = { owner: subject, ref: alias, kind: 'identifier' };
              return { scheme, value: open(key, place, sealed) };
            }),
        },
      ];
    });
  }
}

function isSame(a: Text, b: Text): boolean {
  return a.owner === b.owner && a.kind === b.kind && a.text === b.text;
}
