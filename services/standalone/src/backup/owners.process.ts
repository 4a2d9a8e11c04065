import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSandbox, keyFile, SERVICES, type ServiceName } from '@writ/service-host';
import { layFoundation, passwordOf } from '../foundation.process.js';
import { BackupRefused } from './manifest.js';
import type { Owners } from './take-backup.postgres.js';

/** Databases as their owners reach them, and where the keys of what is in them lie. */
export type OwnedDatabases = {
  owners: Partial<Owners>;
  keys: string;
  /** Stops what was started for this. */
  close(): Promise<void>;
};

/**
 * The databases of a data folder, whether its system runs or not; without one those that the
 * environment names (`WRIT_<SERVICE>_DB_OWNER`, keys in `WRIT_KEYS`).
 *
 * @throws BackupRefused when neither says where they are
 */
export async function openOwned(
  dataFolder: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<OwnedDatabases> {
  if (dataFolder === undefined) return ownedOf(env);
  const keys = join(dataFolder, 'keys');
  const port = runningPort(join(dataFolder, 'postgres'));
  if (port !== undefined) {
    return { owners: ownersAt(port, keyFile(keys, 'database')), keys, close: async () => {} };
  }
  const sandbox = isSandbox(dataFolder);
  const { databases, close } = await layFoundation({ dataFolder, sandbox });
  const owners = SERVICES.map((service) => [service, databases[service].owner]);
  return { owners: Object.fromEntries(owners) as Owners, keys, close };
}

function ownedOf(env: Readonly<Record<string, string | undefined>>): OwnedDatabases {
  const named = SERVICES.flatMap((service) => {
    const owner = env[`WRIT_${service.toUpperCase()}_DB_OWNER`];
    return owner ? [[service, owner] as const] : [];
  });
  const keys = env['WRIT_KEYS'];
  if (named.length === 0 || !keys) {
    throw new BackupRefused('name --data DIR, or WRIT_<SERVICE>_DB_OWNER and WRIT_KEYS');
  }
  return { owners: Object.fromEntries(named), keys, close: async () => {} };
}

/** @returns the port of the Postgres that runs on a data directory, as its own pid file says */
function runningPort(dataDirectory: string): number | undefined {
  const file = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [pid = '', , , port = ''] = readFileSync(file, 'utf8').split('\n');
  try {
    process.kill(Number(pid), 0);
  } catch {
    return undefined;
  }
  return Number(port) || undefined;
}

function ownersAt(port: number, key: Buffer): Owners {
  const urls = SERVICES.map((service: ServiceName) => {
    const secret = passwordOf(key, service, 'owner');
    const user = `writ_${service}_owner`;
    return [service, `postgres://${user}:${secret}@127.0.0.1:${port}/writ_${service}`];
  });
  return Object.fromEntries(urls) as Owners;
}
