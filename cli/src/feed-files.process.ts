import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { matchesName } from './feed-summary.js';

/**
 * The files of a feed below its data folder, in the order of their paths.
 *
 * @param patterns paths with `*` for any characters but `/`
 * @throws Error when a pattern leads nowhere
 */
export function feedFiles(folder: string, patterns: readonly string[]): string[] {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const segments = pattern.split('/');
    if (segments.includes('..')) throw new Error(`"${pattern}" leads out of the data folder`);
    const files = below(folder, '', segments);
    if (files.length === 0) throw new Error(`no file is named "${pattern}" in the data folder`);
    for (const file of files) found.add(file);
  }
  return [...found].sort();
}

function below(folder: string, path: string, [segment = '', ...rest]: string[]): string[] {
  const names = readdirSync(join(folder, path)).filter((name) => matchesName(segment, name));
  return names.flatMap((name) => {
    const at = path === '' ? name : `${path}/${name}`;
    const isFolder = statSync(join(folder, at)).isDirectory();
    if (rest.length > 0) return isFolder ? below(folder, at, rest) : [];
    return isFolder ? [] : [at];
  });
}
