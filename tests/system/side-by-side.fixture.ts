import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  obtainKafka,
  provisionDatabase,
  startPostgres,
  temporaryFolder,
  type DatabaseUrls,
  type Kafka,
} from '@writ/local-servers';
import { SERVICES, type ServiceName } from '@writ/service-host';
import { freePorts, serviceProcess, startGateway, type ServiceProcess } from '@writ/standalone';
import { clientOf, type Client, type System } from './system.fixture.js';

const run = promisify(execFile);

/** Where a build's `main.js` of a service is. */
export type Build = { mainOf(service: string): string };

/**
 * A stack as an operator has it: services behind one address, by which they find each other too,
 * so that one can be put beside another and take its place while nobody's settings change.
 */
export type SideBySide = Pick<System, 'databases' | 'client' | 'postgres' | 'kafka'> & {
  client: Client;
  /** Runs a build's `--migrate`, as owner. */
  migrate(service: ServiceName, build: Build): Promise<void>;
  /** Starts a build's service beside what runs, on the same settings; nobody asks it yet. */
  startBeside(service: ServiceName, build: Build): Promise<void>;
  /** From now on new requests go to the one started last. */
  switchOver(service: ServiceName): void;
  /** Gracefully stops every process of a service but the one started last. */
  stopOthers(service: ServiceName): Promise<void>;
  stop(): Promise<void>;
};

/** Starts broker, Postgres and gateway; no service yet. */
export async function openSideBySide(): Promise<SideBySide> {
  const folder = temporaryFolder('writ-upgrade-');
  const closings: (() => Promise<void>)[] = [
    async () => rmSync(folder, { recursive: true, force: true }),
  ];
  const stop = async () => {
    for (const close of closings.splice(0).toReversed()) await close();
  };
  try {
    const kafka = await obtainKafka({ note: () => {}, ownBroker: true });
    if (!kafka) throw new Error('no Kafka');
    closings.push(() => kafka.close());
    const dataDirectory = path.join(folder, 'postgres');
    const server = await startPostgres({
      dataDirectory,
      port: 0,
      fsync: false,
      endWith: process.pid,
    });
    closings.push(() => server.stop('discarded'));
    const adminUrl = server.url('postgres');
    const databases = await provisionAll(adminUrl);
    const routes: Partial<Record<ServiceName, string>> = {};
    const gateway = await startGateway({ host: '127.0.0.1', port: 0 }, routes);
    closings.push(() => gateway.close());
    const settings = { ...settingsOf(gateway.url, kafka), WRIT_KEYS: path.join(folder, 'keys') };
    mkdirSync(settings.WRIT_KEYS, { recursive: true, mode: 0o700 });
    const running = new Map<ServiceName, ServiceProcess[]>();
    closings.push(async () => {
      await Promise.all([...running.values()].flat().map((service) => service.stop()));
    });
    const startBeside = async (name: ServiceName, build: Build) => {
      const [port] = await freePorts(1);
      const upper = name.toUpperCase();
      const before = running.get(name) ?? [];
      const service = serviceProcess({
        main: build.mainOf(name),
        args: [],
        url: `http://127.0.0.1:${port}`,
        logFile: path.join(folder, `${name}-${before.length}.log`),
        environment: {
          ...settings,
          PORT: String(port),
          [`WRIT_${upper}_DB_WRITER`]: databases[name].writer,
          [`WRIT_${upper}_DB_READER`]: databases[name].reader,
        },
      });
      running.set(name, [...before, service]);
      await service.start();
      // The first of its kind is asked at once: nobody else could be.
      routes[name] ??= service.url;
    };
    return {
      client: clientOf(gateway.url),
      databases,
      postgres: { adminUrl, dataDirectory },
      kafka: { brokers: kafka.brokers, from: kafka.from },
      migrate: (name, build) => migrate(build.mainOf(name), name, databases[name].owner),
      startBeside,
      switchOver: (name) => void (routes[name] = running.get(name)?.at(-1)?.url ?? ''),
      stopOthers: async (name) => {
        const others = running.get(name)?.slice(0, -1) ?? [];
        await Promise.all(others.map((service) => service.stop()));
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** All that five services are told, old and new alike: the spine's settings, and no other. */
function settingsOf(origin: string, kafka: Kafka): Record<string, string> {
  const urls = SERVICES.map((name) => [`WRIT_${name.toUpperCase()}_URL`, origin]);
  return {
    PATH: process.env['PATH'] ?? '',
    WRIT_TRANSPORT: 'kafka',
    KAFKA_BROKERS: kafka.brokers.join(','),
    WRIT_LOG_LEVEL: 'info',
    ...Object.fromEntries(urls),
  };
}

async function provisionAll(adminUrl: string): Promise<Record<ServiceName, DatabaseUrls>> {
  const databases: Partial<Record<ServiceName, DatabaseUrls>> = {};
  for (const name of SERVICES) {
    databases[name] = await provisionDatabase(adminUrl, `writ_${name}`, name, (role) =>
      createHash('sha256').update(`${name}/${role}`).digest('base64url'),
    );
  }
  return databases as Record<ServiceName, DatabaseUrls>;
}

async function migrate(main: string, name: ServiceName, owner: string): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '', [`WRIT_${name.toUpperCase()}_DB_OWNER`]: owner };
  await run(process.execPath, [main, '--migrate'], { env });
}
