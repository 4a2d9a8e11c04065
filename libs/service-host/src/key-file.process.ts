import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEY_BYTES = 32;

/**
 * The key in `<folder>/<name>.key`: 32 random bytes, created on first use, readable by its owner
 * alone. Two processes creating it at once get the same one.
 *
 * @throws Error when the file is open to others or has another length: never used as it is
 */
export function keyFile(folder: string, name: string): Buffer {
  if (!/^[a-z][a-z0-9.-]{0,60}$/.test(name)) throw new RangeError('not a name of a key');
  const file = join(folder, `${name}.key`);
  createOnce(folder, file);
  const { mode } = statSync(file);
  if ((mode & 0o077) !== 0) throw new Error(`${file} may be read by others: chmod 600`);
  const key = readFileSync(file);
  if (key.length !== KEY_BYTES) throw new Error(`${file} does not hold ${KEY_BYTES} bytes`);
  return key;
}

/** Written beside its place and linked there when whole: linking fails where one exists. */
function createOnce(folder: string, file: string): void {
  if (statSync(file, { throwIfNoEntry: false })) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partial = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(partial, randomBytes(KEY_BYTES), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(partial, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(partial);
  }
}
