import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HOW_TO_GET_KAFKA, obtainKafka, type Kafka } from '@writ/local-servers';
import { SERVICES, type ServiceName } from '@writ/service-host';
import { claimDataFolder, layFoundation, type Foundation } from './foundation.process.js';
import { freePorts } from './free-ports.process.js';
import { startGateway } from './gateway.server.js';
import type { RunningSystem, SystemOptions } from './running-system.js';
import { serviceProcess, type ServiceProcess } from './service-process.process.js';

export type StackOptions = SystemOptions & {
  /** A broker that may be stopped, even where KAFKA_BROKERS names another. */
  ownBroker?: boolean;
  /** One that runs already; it is left running. */
  kafka?: Kafka;
};

/**
 * Each service as its own process on a real Kafka and a Postgres, behind one origin.
 *
 * @throws Error when no Kafka can be had, saying how to get one
 */
export async function startStack(options: StackOptions = {}): Promise<RunningSystem> {
  if (options.clock) throw new Error('only one process has one clock: npm start -- --clock');
  const note = options.note ?? (() => {});
  const ownBroker = options.ownBroker ?? false;
  const { dataFolder: kept } = options;
  const dataDir = kept === undefined ? {} : { dataDir: join(claimDataFolder(options), 'kafka') };
  const kafka = options.kafka ?? (await obtainKafka({ note, ownBroker, ...dataDir }));
  if (!kafka) throw new Error(`no Kafka: ${HOW_TO_GET_KAFKA}`);
  const closings: (() => Promise<void>)[] = options.kafka ? [] : [() => kafka.close()];
  const stop = async () => {
    for (const close of closings.splice(0).toReversed()) await close();
  };
  try {
    const foundation = await layFoundation(options);
    closings.push(foundation.close);
    const services = await describeProcesses(options, foundation, kafka);
    closings.push(async () => {
      await Promise.all(Object.values(services).map((service) => service.stop()));
    });
    note('starting services');
    await Promise.all(Object.values(services).map((service) => service.start()));
    const routes = Object.fromEntries(SERVICES.map((name) => [name, services[name].url]));
    const listen = { host: options.host ?? '127.0.0.1', port: options.port ?? 0 };
    const gateway = await startGateway(listen, routes);
    closings.push(() => gateway.close());
    const { dataFolder, databases, postgres } = foundation;
    return {
      url: gateway.url,
      transport: 'kafka',
      services,
      postgres,
      kafka: handleOf(kafka),
      databases,
      dataFolder,
      logFiles: SERVICES.map((name) => logFile(foundation, name)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function describeProcesses(
  options: StackOptions,
  foundation: Foundation,
  kafka: Kafka,
): Promise<Record<ServiceName, ServiceProcess>> {
  const ports = await freePorts(SERVICES.length);
  const origins = SERVICES.map((_, index) => `http://127.0.0.1:${ports[index]}`);
  const shared: Record<string, string> = {
    ...inherited(),
    WRIT_TRANSPORT: 'kafka',
    KAFKA_BROKERS: kafka.brokers.join(','),
    WRIT_KEYS: foundation.keys,
    WRIT_LOG_LEVEL: options.logLevel ?? 'info',
  };
  SERVICES.forEach((name, index) => {
    shared[`WRIT_${name.toUpperCase()}_URL`] = origins[index] ?? '';
  });
  const processes = SERVICES.map((name, index) => {
    const { writer, reader } = foundation.databases[name];
    const upper = name.toUpperCase();
    const environment = {
      ...shared,
      PORT: String(ports[index]),
      [`WRIT_${upper}_DB_WRITER`]: writer,
      [`WRIT_${upper}_DB_READER`]: reader,
    };
    const main = mainOf(name);
    const url = origins[index] ?? '';
    const args = options.sandbox ? ['--sandbox'] : [];
    const service = { main, args, environment, url, logFile: logFile(foundation, name) };
    return [name, serviceProcess(service)];
  });
  return Object.fromEntries(processes) as Record<ServiceName, ServiceProcess>;
}

/** Settings of services' own (`WRIT_…`) go on; nothing else of the caller's environment does. */
function inherited(): Record<string, string> {
  const ours = /^(WRIT_|PATH$|HOME$|TMPDIR$|NODE_EXTRA_CA_CERTS$)/;
  const database = /_DB_(OWNER|WRITER|READER)$/;
  const kept = Object.entries(process.env).filter(
    ([name]) => ours.test(name) && !database.test(name),
  );
  return Object.fromEntries(
    kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function mainOf(service: ServiceName): string {
  const entry = fileURLToPath(import.meta.resolve(`@writ/${service}`));
  return join(dirname(entry), 'main.js');
}

function logFile({ logs }: Foundation, service: ServiceName): string {
  return join(logs, `${service}.log`);
}

function handleOf({
  brokers,
  from,
  server,
  classPath,
}: Kafka): NonNullable<RunningSystem['kafka']> {
  return {
    brokers,
    from,
    ...(server ? { stop: server.stop, start: server.start } : {}),
    ...(classPath === undefined ? {} : { classPath }),
  };
}
