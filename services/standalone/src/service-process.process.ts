import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunningService } from './running-system.js';

export type ServiceProcessOptions = {
  /** Path of the service's `main.js`. */
  main: string;
  environment: Readonly<Record<string, string>>;
  args: readonly string[];
  url: string;
  logFile: string;
};

const READY_MS_MAX = 60_000;

export type ServiceProcess = RunningService & { stop(): Promise<void> };

/**
 * A service as its own process. It ends by itself when we do (its channel to us closes), and is
 * never started again unless asked.
 */
export function serviceProcess(options: ServiceProcessOptions): ServiceProcess {
  let child: ChildProcess | undefined;
  const isRunning = () => child?.exitCode === null && child.signalCode === null;
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (!child || !isRunning()) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await exited;
  };
  const start = async () => {
    if (isRunning()) throw new Error(`${options.url} runs already`);
    child = launch(options);
    await ready(child, options);
  };
  const stop = async () => {
    // A frozen process would not hear it.
    await kill('SIGCONT');
    await kill('SIGTERM');
  };
  const pid = () => (isRunning() ? child?.pid : undefined);
  return { url: options.url, pid, kill, start, stop };
}

function launch({ main, args, environment, logFile }: ServiceProcessOptions): ChildProcess {
  const log = openSync(logFile, 'a', 0o600);
  try {
    return spawn(process.execPath, ['--enable-source-maps', main, ...args], {
      env: { ...environment },
      stdio: ['ignore', log, log, 'ipc'],
      // A Ctrl-C is for the launcher, which stops its services in order.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

async function ready(child: ChildProcess, { url, logFile }: ServiceProcessOptions): Promise<void> {
  for (let waitedMs = 0; waitedMs < READY_MS_MAX; waitedMs += 50) {
    if (child.exitCode !== null || child.signalCode !== null) {
      const end = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
      throw new Error(`${url} ended with ${child.exitCode ?? child.signalCode}:\n${end}`);
    }
    const status = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    await delay(50);
  }
  throw new Error(`${url} was not ready after ${READY_MS_MAX / 1_000} s: ${logFile}`);
}
