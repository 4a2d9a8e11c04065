import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** One side of a comparison as a process of its own: its memory and its timers are its own. */
export type Side<I, O> = {
  pid: number;
  /** One question at a time. */
  ask(input: I): Promise<O>;
  /** Of that process, MiB. */
  peakRssMiB(): number;
  stop(): Promise<void>;
};

type Message = { ready: true } | { output: unknown; peakRssMiB: number } | { error: string };

/**
 * Starts `sides/<name>.process.js` and hands it its setup.
 *
 * @param flags for that Node process, e.g. `--cpu-prof`
 */
export async function openSide<I, O>(
  name: string,
  setup: unknown,
  flags: readonly string[] = [],
): Promise<Side<I, O>> {
  const file = fileURLToPath(new URL(`./sides/${name}.process.js`, import.meta.url));
  const profiling = process.env['BENCH_CPU_PROF'] === name ? ['--cpu-prof'] : [];
  const child = fork(file, [], { execArgv: [...flags, ...profiling], stdio: 'inherit' });
  let peakRssMiB = 0;
  child.send({ setup });
  await answerOf(child);
  return {
    pid: child.pid ?? 0,
    ask: async (input) => {
      child.send({ input });
      const answer = await answerOf(child);
      if (!('output' in answer)) throw new Error(`${name} lost its place`);
      ({ peakRssMiB } = answer);
      return answer.output as O;
    },
    peakRssMiB: () => peakRssMiB,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

function answerOf(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: Message) => {
      child.off('exit', onExit);
      if ('error' in message) reject(new Error(message.error));
      else resolve(message);
    };
    const onExit = (code: number | null, signal: string | null) => {
      child.off('message', onMessage);
      reject(new Error(`a side ended with ${code ?? signal}`));
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
  });
}

/** What a side's process does with its setup and each question. */
export type Opened<I, O> = { answer(input: I): Promise<O>; close?(): Promise<void> };

/** The other end: the whole life of a side's process. It ends when its parent lets go or ends. */
export function serveSide<S, I, O>(open: (setup: S) => Promise<Opened<I, O>>): void {
  let opened: Opened<I, O> | undefined;
  const send = (message: Message) => void process.send?.(message);
  process.on('message', (message: { setup: S } | { input: I }) => {
    const work = async () => {
      if ('setup' in message) {
        opened = await open(message.setup);
        send({ ready: true });
        return;
      }
      const output = await opened?.answer(message.input);
      send({ output, peakRssMiB: process.resourceUsage().maxRSS / 1_024 });
    };
    work().catch((error: unknown) => send({ error: String((error as Error).stack ?? error) }));
  });
  process.once('disconnect', () => {
    // A close that hangs must not outlive the bench.
    setTimeout(() => process.exit(1), 20_000).unref();
    void Promise.resolve(opened?.close?.()).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}
