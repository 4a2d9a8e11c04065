import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The last commit of 0.1.0: what is out there and has to be upgraded. */
export const SPINE = '789b64591ae3d90bf234f57a23feecfeed172af1';

const root = path.resolve(import.meta.dirname, '../..');
/** Members of the workspace that services need; each folder holds packages. */
const PACKAGE_FOLDERS = ['services', 'libs'];
const ARCHIVE_BYTES_MAX = 256 * 1024 * 1024;

/** @returns whether this checkout's history goes back that far: a shallow clone's does not */
export function hasSpine(): boolean {
  const found = spawnSync('git', ['cat-file', '-e', `${SPINE}^{commit}`], { cwd: root });
  return found.status === 0;
}

/** A checkout of old code, built. */
export type OldCode = { mainOf(service: string): string; remove(): void };

/**
 * The spine in a temporary folder, built with this checkout's compiler and libraries; its own
 * packages are its own, so that no old service runs a line of new code.
 *
 * @throws Error with the compiler's words when it does not build
 */
export function buildSpine(): OldCode {
  const folder = mkdtempSync(path.join(tmpdir(), 'writ-spine-'));
  const archive = execFileSync('git', ['archive', SPINE], {
    cwd: root,
    maxBuffer: ARCHIVE_BYTES_MAX,
  });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  linkPackages(folder);
  const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
  const project = 'services/standalone/tsconfig.build.json';
  const built = spawnSync(process.execPath, [compiler, '-b', project], { cwd: folder });
  if (built.status !== 0) throw new Error(`the spine was not built:\n${String(built.stdout)}`);
  return {
    mainOf: (service) => path.join(folder, 'services', service, 'dist/main.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function linkPackages(folder: string): void {
  const modules = path.join(folder, 'node_modules');
  mkdirSync(path.join(modules, '@writ'), { recursive: true });
  for (const name of readdirSync(path.join(root, 'node_modules'))) {
    if (name === '@writ') continue;
    symlinkSync(path.join(root, 'node_modules', name), path.join(modules, name));
  }
  for (const member of PACKAGE_FOLDERS.flatMap((one) => membersOf(folder, one))) {
    const { name } = JSON.parse(readFileSync(path.join(member, 'package.json'), 'utf8')) as {
      name: string;
    };
    symlinkSync(member, path.join(modules, name));
  }
}

const membersOf = (folder: string, kind: string) =>
  readdirSync(path.join(folder, kind)).map((name) => path.join(folder, kind, name));
