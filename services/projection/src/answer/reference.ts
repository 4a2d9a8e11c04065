import type { LegalTime } from '@writ/contracts';
import { compareLegalTimes, inForce, isEmptyInterval } from '@writ/law';
import type { ListItem, MemorandumItem, ReferenceItem } from '../fold/reference-fold.js';

export type DeclaredList = ListItem['versions'][number];

/** A row of a memorandum version with the legal time that version holds in. */
export type MemorandumRowInTime = {
  list: string;
  memorandum: string;
  memorandumVersion: number;
  row: string;
  measure: string;
  from: LegalTime;
  until?: LegalTime;
};

/** A fact that says what follows from a list. */
export type Touch = { position: number; recordedAt: string };

/** Lists and memoranda as they stood at one position of the regulator's ledger. */
export type Reference = {
  lists: ReadonlyMap<string, DeclaredList>;
  /** List → the facts that say what follows from it, by position. */
  touched: ReadonlyMap<string, readonly Touch[]>;
  /** Restrictions only. */
  rows: readonly MemorandumRowInTime[];
};

/**
 * The reference as known at a position: later versions are not there yet.
 *
 * @param items by key, as `evolveReference` keeps them
 * @param knownAt position of the regulator's ledger; absent: everything
 */
export function referenceOf(
  items: Iterable<readonly [string, ReferenceItem]>,
  knownAt = Number.MAX_SAFE_INTEGER,
): Reference {
  const lists = new Map<string, DeclaredList>();
  const touched = new Map<string, Touch[]>();
  const rows: MemorandumRowInTime[] = [];
  const touch = (list: string, { position, recordedAt }: Touch) => {
    const facts = touched.get(list);
    if (facts) facts.push({ position, recordedAt });
    else touched.set(list, [{ position, recordedAt }]);
  };
  for (const [key, item] of items) {
    const code = key.slice(key.indexOf('/') + 1);
    if (item.kind === 'list') {
      const versions = item.versions.filter(({ position }) => position <= knownAt);
      const declared = versions.at(-1);
      if (!declared) continue;
      lists.set(code, declared);
      for (const version of versions) touch(code, version);
    }
    if (item.kind === 'memorandum') {
      const versions = item.versions.filter(({ position }) => position <= knownAt);
      for (const version of versions) {
        for (const list of version.lists) touch(list, version);
      }
      rows.push(...rowsInTime(code, versions));
    }
  }
  for (const facts of touched.values()) facts.sort((a, b) => a.position - b.position);
  return { lists, touched, rows };
}

/** @returns whether a restrictive list's memorandum row imposes that measure at that time */
export function imposesAt(
  reference: Reference,
  list: string,
  measure: string,
  at: LegalTime,
): boolean {
  return reference.rows.some(
    (row) => row.list === list && row.measure === measure && inForce(row.from, row.until, at),
  );
}

/** @returns whether that row of that memorandum's version holds for a list at that time */
export function holdsRow(
  reference: Reference,
  list: string,
  named: Pick<MemorandumRowInTime, 'memorandum' | 'memorandumVersion' | 'row'>,
  at: LegalTime,
): boolean {
  return reference.rows.some(
    (row) =>
      row.list === list &&
      row.memorandum === named.memorandum &&
      row.memorandumVersion === named.memorandumVersion &&
      row.row === named.row &&
      inForce(row.from, row.until, at),
  );
}

/** A version told twice counts as told last; each ends where the first later one begins. */
function rowsInTime(memorandum: string, told: MemorandumItem['versions']): MemorandumRowInTime[] {
  const byNumber = new Map(told.map((version) => [version.memorandumVersion, version]));
  const versions = [...byNumber.values()].sort((a, b) => a.memorandumVersion - b.memorandumVersion);
  return versions.flatMap((version, index) => {
    const ends = versions.slice(index + 1).map(({ effectiveFrom }) => effectiveFrom);
    if (version.until) ends.push(version.until);
    const until = ends.reduce<LegalTime | undefined>(
      (first, end) => (!first || compareLegalTimes(end, first) < 0 ? end : first),
      undefined,
    );
    const { effectiveFrom: from, memorandumVersion } = version;
    if (until && isEmptyInterval(from, until)) return [];
    return version.rows
      .filter(({ effect }) => effect === 'restriction')
      .map(({ list, row, measure }) => {
        const named = { list, memorandum, memorandumVersion, row, measure };
        return { ...named, from, ...(until ? { until } : {}) };
      });
  });
}
