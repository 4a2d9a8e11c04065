import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MARK = 'SANDBOX';
const TEXT =
  'A sandbox: its clock may be ahead of the real one. Never to be run without --sandbox.\n';

/** @returns whether a folder is marked as a sandbox's */
export function isSandbox(folder: string): boolean {
  return existsSync(join(folder, MARK));
}

/**
 * Sandboxes and real data never change places: a fresh folder becomes a sandbox when asked for, and
 * is one for good.
 *
 * @throws Error when a sandbox is to be run as real data, or real data as a sandbox
 */
export function claimSandbox(folder: string, isAsked: boolean): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = readdirSync(folder);
  const isMarked = isSandbox(folder);
  if (isMarked && !isAsked) throw new Error(`${folder} is a sandbox: start it with --sandbox`);
  if (isMarked || !isAsked) return;
  if (found.length > 0) {
    throw new Error(`${folder} holds data that is no sandbox: --sandbox needs a fresh folder`);
  }
  writeFileSync(join(folder, MARK), TEXT, { mode: 0o600 });
}
