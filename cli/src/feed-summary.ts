import type { Receipt } from '@writ/contracts';
import { EXIT, exitOfStatus, type ExitCode } from './exit-code.js';

/** What `POST /{regulatory|court}/v1/feeds/{list}/imports` answers. */
export type ImportAnswer = {
  receipt: Receipt | null;
  list: string;
  digest: string;
  recorded: number;
  snapshots: {
    snapshot: string;
    observedAt: string;
    outcome: 'taken-in' | 'already-taken-in';
    refusedRows: number;
    active: number;
    /** Of lists: what the snapshot changed. */
    listed?: number;
    amended?: number;
    ended?: number;
    heldBack?: number;
    /** Of cases: how those of the copy stand. */
    fulfilled?: number;
    annulled?: number;
    neverListed?: number;
  }[];
  rows: { snapshot: string; row: number; reason: string; column?: string }[];
};

/** One file of a feed: taken in, or refused whole. */
export type FileOutcome =
  | { file: string; outcome: 'taken-in'; answer: ImportAnswer }
  | ({ file: string; outcome: 'refused' } & FileRefusal);

/** Why a file was refused: the HTTP status, and the problem's reason spelled as a row's is. */
export type FileRefusal = { status: number; reason: string; field?: string; detail?: string };

export type FeedSummary = {
  list: string;
  files: number;
  refusedFiles: number;
  /** Facts recorded by this import. */
  recorded: number;
  snapshots: number;
  newSnapshots: number;
  listed: number;
  amended: number;
  ended: number;
  refusedRows: number;
  heldBack: number;
  /** After the last snapshot; absent when none was taken in. */
  active?: number;
  /** Of cases, as they stand in the last copy. */
  fulfilled?: number;
  annulled?: number;
  neverListed?: number;
};

/** @returns what all files of an import come to */
export function summarise(list: string, outcomes: readonly FileOutcome[]): FeedSummary {
  const answers = outcomes.flatMap((file) => (file.outcome === 'taken-in' ? [file.answer] : []));
  const snapshots = answers.flatMap((answer) => answer.snapshots);
  const fresh = snapshots.filter(({ outcome }) => outcome === 'taken-in');
  const sum = (values: readonly (number | undefined)[]) =>
    values.reduce<number>((total, value = 0) => total + value, 0);
  const last = snapshots.at(-1);
  return {
    list,
    files: outcomes.length,
    refusedFiles: outcomes.length - answers.length,
    recorded: sum(answers.map(({ recorded }) => recorded)),
    snapshots: snapshots.length,
    newSnapshots: fresh.length,
    listed: sum(fresh.map(({ listed }) => listed)),
    amended: sum(fresh.map(({ amended }) => amended)),
    ended: sum(fresh.map(({ ended }) => ended)),
    refusedRows: sum(fresh.map(({ refusedRows }) => refusedRows)),
    heldBack: sum(fresh.map(({ heldBack }) => heldBack)),
    ...(last ? { active: last.active } : {}),
    ...(last ? standingOf(last) : {}),
  };
}

function standingOf({ fulfilled, annulled, neverListed }: ImportAnswer['snapshots'][number]) {
  if (fulfilled === undefined) return {};
  return { fulfilled, annulled: annulled ?? 0, neverListed: neverListed ?? 0 };
}

/** A problem document as the report writes it: reasons of files and of rows in one spelling. */
export function refusalOf({
  problem: { type = '', field, detail },
  status,
}: {
  problem: { type?: string; field?: string; detail?: string };
  status: number;
}): FileRefusal {
  const named = type.replace('urn:writ:problem:', '').replaceAll('-', '_');
  return {
    status,
    reason: named || `http_${status}`,
    ...(field === undefined ? {} : { field }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** @returns the gravest of what became of the files; a file refused is graver than its rows */
export function exitOfImport(outcomes: readonly FileOutcome[]): ExitCode {
  const statuses = outcomes.map((file) => (file.outcome === 'refused' ? file.status : 0));
  const worst = Math.max(0, ...statuses);
  if (worst > 0) return exitOfStatus(worst);
  return reportLines(outcomes).length > 0 ? EXIT.rowsRefused : EXIT.fine;
}

/** @returns the lines of `--report`: one per row, or per file, that was not taken in */
export function reportLines(outcomes: readonly FileOutcome[]): string[] {
  return outcomes.flatMap((outcome) => {
    const { file } = outcome;
    if (outcome.outcome === 'refused') {
      const { reason, field, detail } = outcome;
      return [JSON.stringify({ file, reason, field, detail })];
    }
    return outcome.answer.rows.map((row) => JSON.stringify({ file, ...row }));
  });
}

/** @returns the summary as a person reads it */
export function summaryText(summary: FeedSummary): string {
  const { list, snapshots, newSnapshots, listed, amended, ended, recorded } = summary;
  const { fulfilled, annulled = 0, neverListed = 0 } = summary;
  const isOfCases = fulfilled !== undefined;
  const lines = [
    `${list}: ${newSnapshots} of ${snapshots} snapshots new, ${recorded} facts recorded`,
    isOfCases
      ? `  paid in full ${fulfilled}, annulled ${annulled}, never listed ${neverListed}`
      : `  listed ${listed}, amended ${amended}, ended ${ended}`,
  ];
  if (summary.active !== undefined) lines.push(`  active ${summary.active}`);
  if (summary.refusedRows > 0) lines.push(`  rows refused ${summary.refusedRows}`);
  if (summary.heldBack > 0) {
    lines.push(`  entries kept because a row could not be read ${summary.heldBack}`);
  }
  if (summary.refusedFiles > 0) {
    lines.push(`  files refused ${summary.refusedFiles} of ${summary.files}`);
  }
  return lines.join('\n');
}

/** @returns whether a name fits one segment of a pattern; `*` stands for any characters */
export function matchesName(pattern: string, name: string): boolean {
  const source = pattern
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`, 'su').test(name);
}

/**
 * Paths in the order of their files' names.
 *
 * @param names the last segment of every path, in the order wanted
 */
export function pathsInOrder(paths: readonly string[], names: readonly string[]): string[] {
  const left = new Map<string, string[]>();
  for (const path of paths) left.set(nameOf(path), [...(left.get(nameOf(path)) ?? []), path]);
  return names.flatMap((name) => left.get(name)?.shift() ?? []);
}

/** @returns the last segment of a path: what a feed's description reads the time from */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
