import type { KeyObject } from 'node:crypto';
import type { Identifier, ResolveResult } from '@writ/contracts';
import { aliasOf, checkIdentifier, type SchemeDeclaration } from '@writ/identifiers';

/** One identifier that passed its checks. */
export type CheckedAlias = {
  scheme: string;
  normalised: string;
  alias: string;
  flags: readonly string[];
};

export type RefusedSubject = Extract<ResolveResult, { outcome: 'refused' }>;
export type CheckedSubject = { outcome: 'checked'; create: boolean; aliases: CheckedAlias[] };

/** What the alias table holds of one alias. */
export type KnownAlias = { subject: string; sequence: number };

/** A new row of the alias table and of its change feed. */
export type Link = KnownAlias & { scheme: string; normalised: string; alias: string };

export type Resolution = { results: ResolveResult[]; links: Link[]; created: string[] };

/**
 * Are all identifiers of one subject in order? A name is never looked at: equal names never join.
 *
 * @returns the aliases to look up, or the first refusal with its field within the subject
 */
export function checkSubject(
  subject: { identifiers: readonly Identifier[]; create: boolean },
  key: KeyObject,
  declared: ReadonlyMap<string, SchemeDeclaration>,
): CheckedSubject | RefusedSubject {
  const aliases: CheckedAlias[] = [];
  for (const [index, { scheme, value }] of subject.identifiers.entries()) {
    const checked = checkIdentifier(scheme, value, declared);
    if (!checked.ok) {
      const field = `/identifiers/${index}${checked.field}`;
      return { outcome: 'refused', reason: checked.reason, field };
    }
    const { normalised, flags } = checked;
    aliases.push({ scheme, normalised, alias: aliasOf(key, scheme, normalised), flags });
  }
  return { outcome: 'checked', create: subject.create, aliases };
}

/**
 * Who is meant, and what is to be linked. Subjects are taken in order: what one of them links, the
 * next one finds, so that a batch answers as its single requests would.
 *
 * @param known what the table holds of all aliases asked for
 * @param last sequence of the newest change
 * @param newSubject gives random subject ids
 */
export function resolveSubjects(
  subjects: readonly (CheckedSubject | RefusedSubject)[],
  known: ReadonlyMap<string, KnownAlias>,
  last: number,
  newSubject: () => string,
): Resolution {
  const table = new Map(known);
  const links: Link[] = [];
  const created: string[] = [];
  const results = subjects.map((subject): ResolveResult => {
    if (subject.outcome === 'refused') return subject;
    const found = subject.aliases.map(({ alias }) => table.get(alias));
    const first = found.find((row) => row !== undefined);
    const other = found.findIndex((row) => row && row.subject !== first?.subject);
    if (other >= 0) {
      const reason = 'identifiers_belong_to_different_subjects';
      return { outcome: 'refused', reason, field: `/identifiers/${other}` };
    }
    if (!first && !subject.create) return { outcome: 'unknown' };
    const id = first?.subject ?? newSubject();
    if (!first) created.push(id);
    if (subject.create) {
      for (const { alias, scheme, normalised } of subject.aliases) {
        if (table.has(alias)) continue;
        const link = { alias, scheme, normalised, subject: id, sequence: last + links.length + 1 };
        links.push(link);
        table.set(alias, link);
      }
    }
    return {
      outcome: 'resolved',
      subject: id,
      created: !first,
      aliasSequence: Math.max(
        ...subject.aliases.map(({ alias }) => table.get(alias)?.sequence ?? 0),
      ),
      flags: [...new Set(subject.aliases.flatMap(({ flags }) => flags))],
    };
  });
  return { results, links, created };
}
