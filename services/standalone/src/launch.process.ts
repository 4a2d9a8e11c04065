import { fileURLToPath } from 'node:url';
import { defaultDataFolder } from '@writ/local-servers';
import { LAUNCH_HELP, parseLaunch } from './launch-arguments.js';
import { openDemonstration } from './demonstration/demonstration.process.js';
import { describeSystem } from './demonstration/describe-system.js';
import type { RunningSystem, SystemOptions } from './running-system.js';

/** The clone this file is built in: each has data of its own. */
const CLONE = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Runs a whole system until it is told to stop: progress on stderr, what to try on stdout.
 *
 * @param start in one process, or each service as its own
 * @param name of its part of the default data folder
 */
export async function launch(
  start: (options: SystemOptions) => Promise<RunningSystem>,
  name: string,
): Promise<void> {
  const launched = parseLaunch(process.argv.slice(2), process.env);
  if ('problem' in launched) {
    process.stderr.write(`${launched.problem}\n${LAUNCH_HELP}\n`);
    process.exit(2);
  }
  const note = (line: string) => process.stderr.write(`${line}\n`);
  let system: RunningSystem | undefined;
  try {
    // A sandbox beside the real one: they never change places.
    const own = launched.sandbox ? `${name}-sandbox` : name;
    const dataFolder = launched.dataFolder ?? `${defaultDataFolder(CLONE)}/${own}`;
    system = await start({ ...launched, dataFolder, note });
    stopOnce(system);
    const demonstration = launched.demonstration
      ? await openDemonstration(system.url, dataFolder, note)
      : undefined;
    process.stdout.write(`${describeSystem(system, demonstration)}\n`);
  } catch (error) {
    note(`could not start: ${error instanceof Error ? error.message : String(error)}`);
    await system?.stop().catch(() => {});
    process.exit(1);
  }
}

/** The first signal stops in order, a second one at once. */
function stopOnce(system: RunningSystem): void {
  let stopping = false;
  const onSignal = () => {
    if (stopping) process.exit(130);
    stopping = true;
    process.stderr.write('stopping\n');
    system.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, onSignal);
}
