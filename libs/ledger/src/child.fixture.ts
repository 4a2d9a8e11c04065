import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type ChildMode =
  | 'sound'
  | 'no-idempotency'
  | 'acknowledges-before-commit'
  | 'half-batches'
  | 'holds-lock'
  | 'holds-lock-in-copy'
  | 'holds-lock-unreachably';

/** What a child appends: its number makes key and content, so that twice is seen as twice. */
export type ChildCommand = { number: number; stream: string };

type Said = { ready?: true; holds?: true; done?: true; recorded?: number; leaves?: string[] };

/** A process of its own on a ledger, running the built package. */
export class LedgerChild {
  readonly #process: ChildProcess;
  readonly #said: Said[] = [];
  readonly #waiting = new Set<() => void>();
  readonly exited: Promise<unknown>;

  constructor(url: string, mode: ChildMode) {
    const script = new URL('./append-child.fixture.mjs', import.meta.url).pathname;
    this.#process = spawn(process.execPath, [script, JSON.stringify({ url, mode })], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.exited = once(this.#process, 'exit');
    this.#process.stdin?.on('error', () => undefined);
    createInterface({ input: this.#process.stdout! }).on('line', (line) => {
      // The last line of a killed process may be half a line.
      if (line.endsWith('}')) this.#said.push(JSON.parse(line) as Said);
      for (const wake of this.#waiting) wake();
    });
    void this.exited.then(() => {
      for (const wake of this.#waiting) wake();
    });
  }

  /** Resolves when the child has said so much, or is gone. */
  async until(enough: (said: readonly Said[]) => boolean): Promise<void> {
    const gone = () => this.#process.exitCode !== null || this.#process.signalCode !== null;
    while (!enough(this.#said) && !gone()) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  append(commands: readonly ChildCommand[]): void {
    this.#process.stdin?.write(`${JSON.stringify(commands)}\n`);
  }

  /** @returns what it has acknowledged, with the leaves it named */
  acknowledged(): Map<number, string[] | undefined> {
    const recorded = this.#said.filter((line) => line.recorded !== undefined);
    return new Map(recorded.map(({ recorded, leaves }) => [recorded!, leaves]));
  }

  get done(): boolean {
    return this.#said.some(({ done }) => done === true);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** SIGKILL. Resolves when it is gone and all it has said is read. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    const closed = once(this.#process, 'close');
    if (this.#process.exitCode === null && this.#process.signalCode === null) await closed;
  }
}
