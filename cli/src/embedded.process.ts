import { fileURLToPath } from 'node:url';
import { defaultDataFolder } from '@writ/local-servers';
import { startStandalone } from '@writ/standalone';
import { NotReachable } from './api.client.js';

/** The clone this file is built in: each has data of its own. */
const CLONE = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Starts the whole system for one command, on the data folder of `npm start` unless told another.
 *
 * @param note told what is being done
 */
export async function startEmbedded(
  data: string | undefined,
  note: (line: string) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const dataFolder = data ?? `${defaultDataFolder(CLONE)}/standalone`;
  try {
    return await startStandalone({ dataFolder, note, logLevel: 'error' });
  } catch (error) {
    // Most often another process holds the folder.
    const why = error instanceof Error ? error.message : String(error);
    throw new NotReachable(`the system on ${dataFolder} did not start: ${why}`);
  }
}
