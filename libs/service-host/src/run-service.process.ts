import { createApp } from './app.server.js';
import { parseConfig, type HostConfig } from './config.js';
import { openHost, realSurroundings, type OpenHost, type Surroundings } from './host.process.js';
import type { ServiceDefinition } from './service.process.js';

export type RunningServices = {
  /** Base URL with the port really taken. */
  url: string;
  hosts: readonly OpenHost[];
  /** Graceful: no new requests, consumers stopped, databases closed. */
  stop(): Promise<void>;
};

/** Services of one process on one origin: opened, listening, started. */
export async function startServices(
  parts: readonly { definition: ServiceDefinition; config: HostConfig }[],
  surroundings: Surroundings,
): Promise<RunningServices> {
  const hosts: OpenHost[] = [];
  const listen = parts[0]?.config.listen;
  if (!listen) throw new Error('a process needs at least one service');
  try {
    for (const { definition, config } of parts) {
      hosts.push(await openHost(definition, config, surroundings));
    }
    const app = await createApp(hosts, surroundings);
    await app.listen(listen.port, listen.host);
    const url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    for (const host of hosts) await host.start();
    surroundings.logger.info({ services: hosts.map(({ service }) => service) }, 'ready');
    const stop = async () => {
      for (const host of hosts) host.announceStop();
      await app.close();
      for (const host of hosts.toReversed()) await host.stop();
    };
    return { url, hosts, stop };
  } catch (error) {
    for (const host of hosts.toReversed()) await host.stop().catch(() => {});
    throw error;
  }
}

/**
 * A service as its own process: settings from environment and arguments, graceful stop on SIGTERM
 * and SIGINT. Exit codes: 0 stopped, 1 could not start, 2 settings that cannot be used.
 */
export async function runService(definition: ServiceDefinition): Promise<void> {
  const parsed = parseConfig(definition.name, process.env, process.argv.slice(2));
  if ('problems' in parsed) {
    for (const { setting, problem } of parsed.problems) {
      process.stderr.write(`${definition.name}: ${setting} ${problem}\n`);
    }
    process.exit(2);
  }
  const { config } = parsed;
  const surroundings = realSurroundings(config.logLevel, definition.name);
  try {
    const running = await startServices([{ definition, config }], surroundings);
    stopOnSignal(() => running.stop(), surroundings);
  } catch (error) {
    // Nothing has been received yet, so the message repeats settings at most.
    const message = error instanceof Error ? error.message : String(error);
    surroundings.logger.fatal({ err: error }, `could not start: ${message}`);
    process.exit(1);
  }
}

const STOP_DEADLINE_MS = 15_000;

/** Stops once on the first SIGTERM, SIGINT or SIGHUP; a second one ends the process at once. */
export function stopOnSignal(stop: () => Promise<void>, { logger }: Pick<Surroundings, 'logger'>) {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(130);
    stopping = true;
    logger.info({ signal }, 'stopping');
    // A stop that hangs must not outlive its operator's patience.
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    void stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'did not stop cleanly');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
  // Started by a launcher that is gone, however it went: nobody would stop us.
  if (process.send) process.once('disconnect', () => onSignal('SIGTERM'));
}
