import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** The repository as tidy's rules see it: every tracked or new, not ignored file and its text. */
export type Repository = {
  files: ReadonlyMap<string, string>;
  sizes: ReadonlyMap<string, number>;
};

/** One place where a rule is broken. */
export type Finding = { rule: string; file: string; line?: number; says: string };

const BINARY = /\.(png|jpg|gz|ico|woff2?)$/;

/**
 * @param root folder of the checkout
 * @returns its files by path (forward slashes), without what git ignores
 */
export function readRepository(root: string): Repository {
  const list = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: root,
    maxBuffer: 64 << 20,
  });
  const files = new Map<string, string>();
  const sizes = new Map<string, number>();
  for (const name of list.toString('utf8').split('\0').filter(Boolean)) {
    const full = path.join(root, name);
    const stat = statSync(full, { throwIfNoEntry: false });
    if (!stat?.isFile()) continue;
    sizes.set(name, stat.size);
    files.set(name, BINARY.test(name) ? '' : readFileSync(full, 'utf8'));
  }
  return { files, sizes };
}

/** A made-up repository for a rule's fixture. */
export function repositoryOf(files: Record<string, string>): Repository {
  const entries = Object.entries(files);
  return {
    files: new Map(entries),
    sizes: new Map(entries.map(([name, text]) => [name, Buffer.byteLength(text)])),
  };
}
