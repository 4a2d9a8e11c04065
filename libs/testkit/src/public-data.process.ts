import { existsSync } from 'node:fs';
import path from 'node:path';

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/**
 * Public records that some tests are judged by. They are read where they lie, never copied:
 * `WRIT_PUBLIC_DATA` names their folder, else it is `../shared/data` beside the checkout.
 *
 * @param set a folder in it
 * @returns its path; undefined, said in one loud line, where it is not there
 * @throws Error where it is not there and `WRIT_REQUIRE_DATA` is 1, as in CI
 */
export function publicData(set: string): string | undefined {
  const { env } = process;
  const all = env['WRIT_PUBLIC_DATA'] ?? path.join(REPOSITORY, '..', 'shared', 'data');
  const folder = path.join(all, set);
  if (existsSync(folder)) return folder;
  const how = 'WRIT_PUBLIC_DATA names the folder of public data';
  if (env['WRIT_REQUIRE_DATA'] === '1') throw new Error(`${set} is not there: ${how}`);
  process.stderr.write(`TESTS ON ${set} ARE SKIPPED: it is not there; ${how}\n`);
  return undefined;
}
