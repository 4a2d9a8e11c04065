import path from 'node:path';
import type { Finding, Repository } from './repository.js';

const BANNED_NAMES = /^(utils?|helpers?|common|core|base|managers?|misc|shared)$/;

/** A folder or file that says nothing about what is in it. */
export function namesSayWhatTheyAre({ files }: Repository): Finding[] {
  const findings: Finding[] = [];
  for (const file of files.keys()) {
    const parts = file.split('/');
    const stem = (parts.pop() ?? '').split('.')[0] ?? '';
    const bad = [...parts, stem].find((part) => BANNED_NAMES.test(part));
    if (bad !== undefined) {
      findings.push({ rule: 'names-say-what-they-are', file, says: `"${bad}" names nothing` });
    }
  }
  return findings;
}

/** Re-exports only in `libs/<lib>/src/index.ts` and a service's own index. */
export function noBarrels({ files }: Repository): Finding[] {
  const allowed = /^(libs|services)\/[^/]+\/src\/index\.ts$/;
  return [...files]
    .filter(([file, text]) => /\.ts$/.test(file) && !allowed.test(file) && reExports(text))
    .map(([file]) => ({ rule: 'no-barrels', file, says: 're-exports belong to a lib’s index' }));
}

function reExports(text: string): boolean {
  return /^export (\*|(type )?\{[^}]*\}) from /m.test(text);
}

const ONE_FILE_FOLDERS_ALLOWED = [
  /^examples\/feeds\//,
  /^deploy(\/|$)/,
  /^\.[a-z]+$/,
  /^\.[a-z]+\//,
  /(^|\/)bin$/,
  /(^|\/)src$/,
  /(^|\/)fixtures(\/|$)/,
  /(^|\/)migrations$/,
];

/** A folder for one file is a longer name for that file. */
export function noFolderWithOneFile({ files }: Repository): Finding[] {
  const children = new Map<string, Set<string>>();
  for (const file of files.keys()) {
    const parts = file.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      const child = parts[depth] ?? '';
      children.set(folder, (children.get(folder) ?? new Set<string>()).add(child));
    }
  }
  return [...children]
    .filter(([folder, inside]) => {
      return inside.size === 1 && !ONE_FILE_FOLDERS_ALLOWED.some((ok) => ok.test(folder));
    })
    .map(([folder]) => ({
      rule: 'no-folder-with-one-file',
      file: folder,
      says: 'give the file its folder’s place',
    }));
}

/** Nx and the lint rules know a project by its tags; one without is in nobody's rules. */
export function everyProjectIsTagged({ files }: Repository): Finding[] {
  const findings: Finding[] = [];
  for (const [file, text] of files) {
    if (
      !/^(services|libs|tools)\/[^/]+\/package\.json$|^(cli|bench|tests)\/package\.json$/.test(file)
    )
      continue;
    const { nx } = JSON.parse(text) as { nx?: { tags?: string[] } };
    const tags = nx?.tags ?? [];
    for (const kind of ['scope:', 'type:']) {
      if (!tags.some((tag) => tag.startsWith(kind))) {
        findings.push({ rule: 'every-project-is-tagged', file, says: `no ${kind}… tag` });
      }
    }
  }
  return findings;
}

/** A service depends on `scope:shared` only; a contract on no project at all. */
export function projectsDependDownwards({ files }: Repository): Finding[] {
  const projects = new Map<string, { file: string; tags: string[]; deps: string[] }>();
  for (const [file, text] of files) {
    if (path.basename(file) !== 'package.json' || file === 'package.json') continue;
    const { name, nx, dependencies } = JSON.parse(text) as {
      name?: string;
      nx?: { tags?: string[] };
      dependencies?: Record<string, string>;
    };
    if (name === undefined) continue;
    const deps = Object.keys(dependencies ?? {});
    projects.set(name, { file, tags: nx?.tags ?? [], deps });
  }
  const findings: Finding[] = [];
  for (const { file, tags, deps } of projects.values()) {
    const confined = tags.includes('type:service') || tags.includes('type:lib');
    for (const dep of deps) {
      const target = projects.get(dep);
      if (!target) continue;
      const shared = target.tags.includes('scope:shared');
      if (tags.includes('type:contract') || (confined && !shared)) {
        findings.push({ rule: 'projects-depend-downwards', file, says: `may not know ${dep}` });
      }
    }
  }
  return findings;
}

/** What is in the tree must be small enough to read. */
export function noLargeFiles({ sizes }: Repository): Finding[] {
  return [...sizes]
    .filter(([file, bytes]) => bytes > 512 * 1024 && file !== 'package-lock.json')
    .map(([file, bytes]) => ({
      rule: 'no-large-files',
      file,
      says: `${Math.round(bytes / 1024)} KiB`,
    }));
}

/** Every version of every fact has a golden JSON and a generated schema. */
export function everyContractHasAGolden({ files }: Repository): Finding[] {
  const catalogue = files.get('libs/contracts/src/catalogue.ts') ?? '';
  const types = [...catalogue.matchAll(/'((?:court|regulatory|enforcement)\.[a-z-]+\.v\d+)'/g)];
  return types
    .map(([, type]) => `libs/contracts/golden/${type}.json`)
    .filter((golden) => !files.has(golden))
    .map((golden) => ({ rule: 'every-contract-has-a-golden', file: golden, says: 'missing' }));
}
