import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Only root can put anything there, so nobody can lay a link in our way. */
const ROOT_PLACE = '/var/lib/writ';

/** @returns whether Postgres would refuse to run as this process's user */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Where a clone's data goes when nobody says: for root a place other users may pass through, since
 * Postgres must run as another user; for everyone else their own data folder.
 *
 * @param clone path of the clone: each has data of its own
 */
export function defaultDataFolder(clone: string): string {
  const name = createHash('sha256').update(resolve(clone)).digest('hex').slice(0, 8);
  return join(isRoot() ? ROOT_PLACE : personalPlace(), name);
}

/** Creates (mode 0711 for root, 0700 otherwise) and checks a data folder. @returns its path */
export function openDataFolder(folder: string): string {
  const path = resolve(folder);
  mkdirSync(path, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
  if (isRoot()) mustBeTraversable(path);
  return path;
}

/** A fresh folder with an unguessable name that the server's user may pass through. */
export function temporaryFolder(prefix: string): string {
  const place =
    isRoot() && firstClosedFolder(tmpdir()) ? ownFolder(join(ROOT_PLACE, 'tmp')) : tmpdir();
  const folder = mkdtempSync(join(place, prefix));
  if (isRoot()) chmodSync(folder, 0o711);
  return folder;
}

/** @returns a folder of root's that everyone may read and nobody else may write */
export function rootPlace(name: string): string {
  ownFolder(ROOT_PLACE);
  return ownFolder(join(ROOT_PLACE, name));
}

/** @returns the outermost folder of a path that other users may not enter, if any */
export function firstClosedFolder(path: string): string | undefined {
  const parents: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    parents.unshift(at);
    if (at === dirname(at)) break;
  }
  return parents.find((folder) => (statSync(folder).mode & 0o001) === 0);
}

function mustBeTraversable(path: string): void {
  const closed = firstClosedFolder(path);
  if (closed === undefined) return;
  throw new Error(
    `${closed} may be entered by its owner only, but Postgres does not run as root and has to ` +
      `reach ${path}: choose another folder, or run as an ordinary user`,
  );
}

function personalPlace(): string {
  const home = process.env['XDG_DATA_HOME'] || (homedir() && join(homedir(), '.local', 'share'));
  try {
    return ownFolder(join(home, 'writ'));
  } catch {
    // A user without a home (or with one that cannot be written) still gets a place of their own.
    return ownFolder(join(tmpdir(), `writ-${process.getuid?.() ?? 'user'}`));
  }
}

/** A folder that exists, is no link and belongs to us; otherwise somebody else laid it there. */
function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: isRoot() ? 0o755 : 0o700 });
  const found = lstatSync(path);
  if (!found.isDirectory() || (process.getuid && found.uid !== process.getuid())) {
    throw new Error(`${path} exists and is not a folder of this user`);
  }
  if ((found.mode & 0o022) !== 0) throw new Error(`${path} may be written by other users`);
  return path;
}
