import { setTimeout as after } from 'node:timers/promises';
import { Api, NotReachable, Refused } from './api.client.js';
import { askActive, askRecord, askStatus } from './ask.command.js';
import { parseCommandLine, type Command, type Invocation } from './command-line.js';
import { EXIT, exitOfStatus, type ExitCode } from './exit-code.js';
import { sandboxClock } from './clock.command.js';
import { explainGiven } from './explain.command.js';
import { importFeed } from './feed-import.command.js';
import { HELP } from './help.js';
import { printFacts, printRoot, rebuild, verify } from './ledger.command.js';
import { timeliness } from './timeliness.command.js';
import { listQuarantine, retryQuarantine } from './quarantine.command.js';
import { diff, replay } from './replay.command.js';
import type { Surroundings } from './surroundings.js';
import { realTerminal, type Terminal } from './terminal.process.js';

async function run(surroundings: Surroundings, command: Command): Promise<ExitCode> {
  switch (command.name) {
    case 'help':
      await surroundings.terminal.out(HELP.trimEnd());
      return EXIT.fine;
    case 'feed import':
      return importFeed(surroundings, command);
    case 'status':
      return askStatus(surroundings, command);
    case 'record':
      return askRecord(surroundings, command);
    case 'active':
      return askActive(surroundings, command);
    case 'facts':
      return printFacts(surroundings, command);
    case 'rebuild':
      return rebuild(surroundings);
    case 'root':
      return printRoot(surroundings);
    case 'clock':
    case 'clock advance':
      return sandboxClock(surroundings, command);
    case 'explain':
      return explainGiven(surroundings, command);
    case 'replay':
      return replay(surroundings, command);
    case 'diff':
      return diff(surroundings, command);
    case 'backup':
      return (await import('./backup.command.js')).backup(surroundings, command);
    case 'restore':
      return (await import('./backup.command.js')).restore(surroundings, command);
    case 'reread':
      return (await import('./backup.command.js')).rereadRestored(surroundings, command);
    case 'epoch':
      return (await import('./backup.command.js')).epoch(surroundings, command);
    case 'timeliness':
      return timeliness(surroundings, command);
    case 'verify':
      return verify(surroundings, command);
    case 'quarantine list':
      return listQuarantine(surroundings, command);
    case 'quarantine retry':
      return retryQuarantine(surroundings, command);
  }
}

/** Opens what the command is for, runs it, and closes what was opened. */
async function invoke({ command, target, json }: Invocation, terminal: Terminal) {
  let stopping = false;
  const surroundings = {
    terminal,
    json,
    pause: async (ms: number) => void (await after(ms)),
    stopped: () => stopping,
  };
  if (target.kind === 'url' || command.name === 'help') {
    const url = target.kind === 'url' ? target.url : '';
    return run({ ...surroundings, api: new Api(url), embedded: false }, command);
  }
  // Loaded only when asked for: the whole system is behind it.
  const { startEmbedded } = await import('./embedded.process.js');
  const system = await startEmbedded(target.data, (line) => terminal.note(line));
  const onSignal = () => {
    if (stopping) process.exit(130);
    stopping = true;
    void system.stop().finally(() => process.exit(130));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await run({ ...surroundings, api: new Api(system.url), embedded: true }, command);
  } finally {
    await system.stop();
  }
}

/** What went wrong, for a person; @returns what it exits with */
function explain(error: unknown, terminal: Terminal): ExitCode {
  terminal.settled();
  if (error instanceof NotReachable) {
    terminal.note(error.message);
    return EXIT.notReachable;
  }
  if (error instanceof Refused) {
    const { detail, field } = error.problem;
    terminal.note(`${detail ?? error.message}${field === undefined ? '' : ` (${field})`}`);
    return exitOfStatus(error.status);
  }
  terminal.note(error instanceof Error ? error.message : String(error));
  return EXIT.fault;
}

const terminal = realTerminal();
const parsed = parseCommandLine(process.argv.slice(2), process.env['WRIT_URL']);
if ('problem' in parsed) {
  terminal.note(`writ: ${parsed.problem}\nwrit --help says more`);
  process.exitCode = EXIT.usage;
} else {
  process.exitCode = await invoke(parsed, terminal).catch((error: unknown) =>
    explain(error, terminal),
  );
  // An idle connection to the service must not keep the shell waiting.
  process.exit();
}
