import { createHmac } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  openDataFolder,
  provisionDatabase,
  startPostgres,
  temporaryFolder,
  type DatabaseRole,
  type DatabaseUrls,
  type PostgresServer,
} from '@writ/local-servers';
import {
  SERVICES,
  claimSandbox,
  keyFile,
  missingMigrations,
  runMigrations,
  type ServiceName,
} from '@writ/service-host';
import type { RunningPostgres, SystemOptions } from './running-system.js';
import { SERVICE_DEFINITIONS } from './services.process.js';

/** What stands before the first service starts: data folder, keys, Postgres, migrated databases. */
export type Foundation = {
  dataFolder: string;
  keys: string;
  logs: string;
  postgres: RunningPostgres;
  databases: Record<ServiceName, DatabaseUrls>;
  /** Stops the Postgres that is ours and removes a temporary folder. */
  close(): Promise<void>;
};

/**
 * A data folder that exists and is what it is asked to be.
 *
 * @returns its path; a temporary one where none is named
 * @throws Error when a sandbox is to be run as real data, or the other way round
 */
export function claimDataFolder({ dataFolder, sandbox = false }: SystemOptions): string {
  const folder = openDataFolder(dataFolder ?? temporaryFolder('writ-system-'));
  claimSandbox(folder, sandbox);
  // The folder of a service process that is started by itself: it looks there.
  claimSandbox(join(folder, 'keys'), sandbox);
  return folder;
}

/** Lays or finds all of it; a second start on the same folder finds what the first made. */
export async function layFoundation(options: SystemOptions): Promise<Foundation> {
  const temporary = options.dataFolder === undefined;
  const dataFolder = claimDataFolder(options);
  const [keys, logs] = [join(dataFolder, 'keys'), join(dataFolder, 'logs')];
  for (const folder of [keys, logs]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { postgres, stop } = options.postgresUrl
    ? { postgres: { adminUrl: options.postgresUrl }, stop: async () => {} }
    : await ownPostgres(dataFolder, options);
  const close = async () => {
    await stop();
    if (temporary) rmSync(dataFolder, { recursive: true, force: true });
  };
  try {
    const databases = await provisionAll(postgres.adminUrl, keys);
    // As owners, here and now: what runs afterwards never gets their passwords.
    await Promise.all(
      SERVICE_DEFINITIONS.map(async (definition) => {
        const urls = databases[definition.name];
        const isBehind = (await missingMigrations(definition, urls.reader)).length > 0;
        if (isBehind) await runMigrations(definition, urls);
      }),
    );
    return { dataFolder, keys, logs, postgres, databases, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function ownPostgres(
  dataFolder: string,
  options: SystemOptions,
): Promise<{ postgres: RunningPostgres; stop: () => Promise<void> }> {
  const { fsync, endWith, note } = options;
  note?.('starting Postgres');
  const dataDirectory = join(dataFolder, 'postgres');
  const start = (port: number): Promise<PostgresServer> =>
    startPostgres({
      dataDirectory,
      port,
      ...(fsync === undefined ? {} : { fsync }),
      ...(endWith === undefined ? {} : { endWith }),
    });
  let server = await start(0);
  const postgres: RunningPostgres = {
    adminUrl: server.url('postgres'),
    dataDirectory,
    kill: async (signal) => {
      server.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await server.exited;
    },
    start: async () => {
      server = await start(server.port);
    },
  };
  // What is removed anyway need not be checkpointed first.
  const isTemporary = options.dataFolder === undefined;
  return { postgres, stop: () => server.stop(isTemporary ? 'discarded' : undefined) };
}

/** Passwords follow from one key file, so that nothing but it need be kept. */
async function provisionAll(
  adminUrl: string,
  keys: string,
): Promise<Record<ServiceName, DatabaseUrls>> {
  const key = keyFile(keys, 'database');
  const databases: Partial<Record<ServiceName, DatabaseUrls>> = {};
  for (const service of SERVICES) {
    const secretOf = (role: DatabaseRole) => passwordOf(key, service, role);
    databases[service] = await provisionDatabase(adminUrl, `writ_${service}`, service, secretOf);
  }
  return databases as Record<ServiceName, DatabaseUrls>;
}

/** @param key of the data folder's `database.key` */
export function passwordOf(key: Buffer, service: ServiceName, role: DatabaseRole): string {
  return createHmac('sha256', key).update(`${service}/${role}`).digest('base64url');
}

/** @returns what a running service is given: never the owner's */
export function runtimeUrls({ writer, reader }: DatabaseUrls): { writer: string; reader: string } {
  return { writer, reader };
}
