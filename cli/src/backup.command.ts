import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  BackupRefused,
  checkBackup,
  copyKeys,
  EpochRefused,
  keyPrints,
  openEpoch,
  openOwned,
  reread,
  restoreBackup,
  takeBackup,
} from '@writ/standalone';
import type { Command } from './command-line.js';
import { EXIT, type ExitCode } from './exit-code.js';
import type { Surroundings } from './surroundings.js';

type Ask<N extends Command['name']> = Extract<Command, { name: N }>;

/** Copies all databases at one moment, beside whatever runs; the keys apart, if asked. */
export function backup(surroundings: Surroundings, ask: Ask<'backup'>): Promise<ExitCode> {
  const { terminal, json } = surroundings;
  return unlessRefused(surroundings, async () => {
    const { owners, keys, close } = await openOwned(ask.data, process.env);
    try {
      const note = (line: string) => terminal.note(line);
      const manifest = await takeBackup(ask.folder, owners, keyPrints(keys), note);
      if (ask.keys !== undefined) copyKeys(keys, ask.keys, ask.folder);
      else terminal.note('the keys are not in it: keep them apart (--keys FOLDER)');
      const { at, databases } = manifest;
      const ledgers = Object.values(databases).flatMap(({ ledger }) => ledger ?? []);
      await terminal.out(json ? JSON.stringify({ folder: ask.folder, at, ledgers }) : at);
    } finally {
      await close();
    }
  });
}

/** Puts databases back; opens no epoch, and says that one is needed. */
export function restore(surroundings: Surroundings, ask: Ask<'restore'>): Promise<ExitCode> {
  const { terminal, json } = surroundings;
  return unlessRefused(surroundings, async () => {
    // Before a data folder is made: its first start would make keys of its own.
    const folder = ask.data === undefined ? process.env['WRIT_KEYS'] : join(ask.data, 'keys');
    await checkBackup(ask.folder, keyPrints(folder ?? ''));
    const isNew = ask.data !== undefined && !existsSync(join(ask.data, 'postgres'));
    const { owners, keys, close } = await openOwned(ask.data, process.env);
    try {
      const { at } = await restoreBackup(ask.folder, {
        owners,
        keys: keyPrints(keys),
        ...(ask.only ? { only: ask.only } : {}),
        replace: ask.replace || isNew,
        note: (line) => terminal.note(line),
      });
      terminal.note('before a service starts: writ epoch LEDGER --reason TEXT for each ledger');
      await terminal.out(json ? JSON.stringify({ folder: ask.folder, at }) : at);
    } finally {
      await close();
    }
  });
}

/** Lets a consumer read again what was restored behind it. */
export function rereadRestored(
  surroundings: Surroundings,
  { asked, data }: Ask<'reread'>,
): Promise<ExitCode> {
  const { terminal, json } = surroundings;
  return unlessRefused(surroundings, async () => {
    const { owners, close } = await openOwned(data, process.env);
    try {
      const done = await reread(owners, asked);
      const told = Object.entries(done).map(([what, count]) => `${what}: ${count}`);
      await terminal.out(json ? JSON.stringify(done) : told.join(', '));
    } finally {
      await close();
    }
  });
}

/** Opens a new epoch of a ledger that was restored. */
export function epoch(surroundings: Surroundings, ask: Ask<'epoch'>): Promise<ExitCode> {
  const { terminal, json } = surroundings;
  return unlessRefused(surroundings, async () => {
    const { owners, close } = await openOwned(ask.data, process.env);
    try {
      const owner = owners[ask.ledger];
      if (owner === undefined) throw new EpochRefused(`no owner of ${ask.ledger} is named`);
      const opened = await openEpoch(owner, ask.ledger, ask.reason);
      const text = `epoch ${opened.epoch} from position ${opened.fromPosition}`;
      await terminal.out(json ? JSON.stringify(opened) : text);
    } finally {
      await close();
    }
  });
}

async function unlessRefused(
  { terminal }: Surroundings,
  work: () => Promise<void>,
): Promise<ExitCode> {
  try {
    await work();
    return EXIT.fine;
  } catch (error) {
    if (!(error instanceof BackupRefused) && !(error instanceof EpochRefused)) throw error;
    terminal.note(error.message);
    return EXIT.refused;
  }
}
