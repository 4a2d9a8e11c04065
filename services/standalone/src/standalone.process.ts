import { join } from 'node:path';
import { LEDGERS } from '@writ/contracts';
import {
  SERVICES,
  realSurroundings,
  startServices,
  type HostConfig,
  type OpenHost,
  type ServiceName,
  type Surroundings,
} from '@writ/service-host';
import type { FastifyInstance } from 'fastify';
import { layFoundation, runtimeUrls, type Foundation } from './foundation.process.js';
import { freePorts } from './free-ports.process.js';
import type { RunningService, RunningSystem, SystemOptions } from './running-system.js';
import { openSandboxClock } from './sandbox-clock.process.js';
import { serveSandboxClock } from './sandbox-clock.server.js';
import { SERVICE_DEFINITIONS } from './services.process.js';

/**
 * All five services in this process, on an embedded Postgres and the embedded exchange.
 *
 * @param overrides another clock, seeded ids …: for tests
 */
export async function startStandalone(
  options: SystemOptions = {},
  overrides: Partial<Surroundings> = {},
): Promise<RunningSystem> {
  const foundation = await layFoundation(options);
  try {
    options.note?.('starting services');
    const port = options.port || (await freePorts(1))[0] || 0;
    const logFiles = options.logToFolder ? [join(foundation.logs, 'standalone.log')] : [];
    const real = realSurroundings(options.logLevel ?? 'warn', 'standalone', logFiles[0]);
    const clock = options.clock ? openSandboxClock(foundation.dataFolder, real.clock) : undefined;
    const sandbox = clock && {
      clock,
      serveMore: (fastify: FastifyInstance) => serveSandboxClock(fastify, clock),
    };
    const surroundings: Surroundings = { ...real, ...sandbox, ...overrides };
    const parts = SERVICE_DEFINITIONS.map((definition) => ({
      definition,
      config: configOf(definition.name, port, options, foundation),
    }));
    const running = await startServices(parts, surroundings);
    const stop = async () => {
      await running.stop();
      await foundation.close();
    };
    const { dataFolder, databases, postgres } = foundation;
    const services = Object.fromEntries(
      running.hosts.map((host) => [host.service, serviceIn(host, running.url)]),
    ) as Record<ServiceName, RunningService>;
    const transport = 'embedded';
    const { url } = running;
    return { url, transport, services, postgres, databases, dataFolder, logFiles, stop };
  } catch (error) {
    await foundation.close();
    throw error;
  }
}

function configOf(
  service: ServiceName,
  port: number,
  options: SystemOptions,
  { databases, keys }: Foundation,
): HostConfig {
  const origin = `http://127.0.0.1:${port}`;
  return {
    listen: { host: options.host ?? '127.0.0.1', port },
    transport: 'embedded',
    kafkaBrokers: [],
    urls: Object.fromEntries(SERVICES.map((name) => [name, origin])) as HostConfig['urls'],
    database: runtimeUrls(databases[service]),
    ledgerReaders: Object.fromEntries(LEDGERS.map((ledger) => [ledger, databases[ledger].reader])),
    keys,
    allowClockAhead: options.sandbox ?? false,
    logLevel: options.logLevel ?? 'warn',
  };
}

/** Killing one service of one process: it stops consuming and its paths answer 503. */
function serviceIn(host: OpenHost, url: string): RunningService {
  return {
    url,
    pid: () => (host.isStarted() ? process.pid : undefined),
    kill: () => host.suspend(),
    start: () => host.resume(),
  };
}
