import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { BackupRefused } from './manifest.js';

/**
 * Tells keys apart without telling them: they are 32 random bytes, which no hash gives away.
 *
 * @returns key file → hex SHA-256
 */
export function keyPrints(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder).filter((name) => name.endsWith('.key'));
  const prints = names.toSorted().map((name) => {
    return [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ];
  });
  return Object.fromEntries(prints) as Record<string, string>;
}

/**
 * Copies the keys to a folder of their own, readable by their owner alone.
 *
 * @throws BackupRefused when that folder lies within the backup: who finds one must not have both
 */
export function copyKeys(from: string, to: string, backup: string): void {
  const within = relative(resolve(backup), resolve(to));
  if (within === '' || !within.startsWith('..')) {
    throw new BackupRefused('keys belong apart from the backup: name another folder for them');
  }
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const name of Object.keys(keyPrints(from))) {
    if (existsSync(join(to, name))) throw new BackupRefused(`${join(to, name)} is there already`);
  }
  for (const name of Object.keys(keyPrints(from))) {
    copyFileSync(join(from, name), join(to, name));
    chmodSync(join(to, name), 0o600);
  }
}
