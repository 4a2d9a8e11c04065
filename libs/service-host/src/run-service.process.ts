import { createApp } from './app.server.js';
import { parseConfig, parseMigration, type ConfigProblem, type HostConfig } from './config.js';
import { openHost, realSurroundings, type OpenHost, type Surroundings } from './host.process.js';
import { runMigrations } from './migrations.postgres.js';
import { claimSandbox } from './sandbox-mark.process.js';
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
 * and SIGINT. With `--migrate` it brings its database up to this build as owner, and ends. Exit
 * codes: 0 stopped or migrated, 1 could not start (or migrate), 2 settings that cannot be used.
 */
export async function runService(definition: ServiceDefinition): Promise<void> {
  const argv = process.argv.slice(2);
  if (argv.includes('--migrate')) return migrate(definition);
  const parsed = parseConfig(definition.name, process.env, argv);
  if ('problems' in parsed) return endWith(definition, parsed.problems);
  const { config } = parsed;
  const surroundings = realSurroundings(config.logLevel, definition.name);
  try {
    claimSandbox(config.keys, config.allowClockAhead ?? false);
    const running = await startServices([{ definition, config }], surroundings);
    stopOnSignal(() => running.stop(), surroundings);
  } catch (error) {
    // Nothing has been received yet, so the message repeats settings at most.
    const message = error instanceof Error ? error.message : String(error);
    surroundings.logger.fatal({ err: error }, `could not start: ${message}`);
    process.exit(1);
  }
}

async function migrate(definition: ServiceDefinition): Promise<void> {
  const { name } = definition;
  const parsed = parseMigration(name, process.env);
  if ('problems' in parsed) return endWith(definition, parsed.problems);
  try {
    await runMigrations(definition, parsed);
    process.stderr.write(`${name}: the database is up to this build\n`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${name}: could not migrate: ${message}\n`);
    process.exit(1);
  }
}

function endWith({ name }: ServiceDefinition, problems: readonly ConfigProblem[]): never {
  for (const { setting, problem } of problems) {
    process.stderr.write(`${name}: ${setting} ${problem}\n`);
  }
  process.exit(2);
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
