import { createHash } from 'node:crypto';
import { compareInstants } from '@writ/law';
import type { FeedDescription } from './description-schema.js';
import { readInstant } from './source-time.js';

/** A file as it came, decoded. */
export type SourceFile = {
  name: string;
  text: string;
  /** SHA-256 of the unpacked bytes. */
  digest: string;
  /** Overrides what the name says. */
  observedAt?: string;
};

export const SNAPSHOT_CODE = /^[a-z0-9][a-z0-9._:-]{0,119}$/;

/**
 * When a snapshot was observed and what it is called, by its file's name.
 *
 * @returns undefined when the name does not say
 */
export function namedSnapshot(
  name: string,
  feed: FeedDescription,
): { observedAt: string; snapshot?: string } | undefined {
  const { fileName, format } = feed.snapshots ?? {};
  if (fileName === undefined) return undefined;
  const base = name.slice(name.lastIndexOf('/') + 1);
  const groups = new RegExp(fileName, 'u').exec(base)?.groups;
  const observedAt = readInstant(groups?.['observed'] ?? '', format ?? 'yyyy-MM-dd', feed.zone);
  if (observedAt === undefined) return undefined;
  const snapshot = groups?.['snapshot']?.toLowerCase();
  return snapshot === undefined ? { observedAt } : { observedAt, snapshot };
}

/**
 * A feed's files in the order they are to be taken in: dated copies by the time their names say
 * (a name that says none comes last), others by name.
 */
export function inOrder(names: readonly string[], feed: FeedDescription): string[] {
  const dated = names.map((name) => ({ name, at: namedSnapshot(name, feed)?.observedAt }));
  const byTime = (a?: string, b?: string) => {
    if (a === undefined || b === undefined)
      return Number(a === undefined) - Number(b === undefined);
    return compareInstants(a, b);
  };
  const ordered = dated.sort((a, b) => byTime(a.at, b.at) || (a.name < b.name ? -1 : 1));
  return ordered.map(({ name }) => name);
}

export type CopyRefusal =
  'file_name_says_no_time' | 'snapshot_code_is_malformed' | 'file_has_no_rows';

/** When a dated copy was observed, and its code: by its name, or by time and content. */
export function identifyCopy(
  file: SourceFile,
  feed: FeedDescription,
): { ok: true; snapshot: string; observedAt: string } | { ok: false; reason: CopyRefusal } {
  const named = namedSnapshot(file.name, feed);
  const observedAt = file.observedAt ?? named?.observedAt;
  if (observedAt === undefined) return { ok: false, reason: 'file_name_says_no_time' };
  const snapshot = named?.snapshot ?? codeOfCopy(observedAt, file.digest);
  if (!SNAPSHOT_CODE.test(snapshot)) return { ok: false, reason: 'snapshot_code_is_malformed' };
  return { ok: true, snapshot, observedAt };
}

/**
 * Names a copy whose source does not: by its time as well, since a list may come back to what it
 * said before, and that copy must end what was listed in between.
 */
function codeOfCopy(observedAt: string, digest: string): string {
  return createHash('sha256').update(`${observedAt} ${digest}`).digest('hex').slice(0, 16);
}
