/** Results on standard output; notes and progress on standard error. */
export type Terminal = {
  /** One line of the result; waits while whoever reads is slower than we are. */
  out(line: string): Promise<void>;
  note(line: string): void;
  /** Redraws one line; `total` unknown: a count alone. */
  progress(label: string, done: number, total?: number): void;
  /** Clears the progress line. */
  settled(): void;
};

const WIDTH = 24;
const REDRAW_MS = 100;
/** Without a terminal a line now and then is enough. */
const LINE_MS = 5_000;

export function realTerminal(): Terminal {
  const { stdout, stderr } = process;
  // Whoever read us (`| head`) has seen enough.
  stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : 5),
  );
  let drawn = false;
  let drawnAt = -Infinity;
  const clear = () => {
    if (drawn && stderr.isTTY) stderr.write('\r\u001b[K');
    drawn = false;
  };
  return {
    out: (line) =>
      new Promise((resolve) => {
        if (stdout.write(`${line}\n`)) resolve();
        else stdout.once('drain', resolve);
      }),
    note: (line) => {
      clear();
      stderr.write(`${line}\n`);
    },
    progress: (label, done, total) => {
      const now = performance.now();
      if (now - drawnAt < (stderr.isTTY ? REDRAW_MS : LINE_MS) && done !== total) return;
      drawnAt = now;
      const line = progressLine(label, done, total);
      stderr.write(stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
      drawn = true;
    },
    settled: clear,
  };
}

/** @returns e.g. `court [########----------------] 1,000 of 3,000` */
export function progressLine(label: string, done: number, total?: number): string {
  const count = (value: number) => value.toLocaleString('en-US');
  if (total === undefined || total <= 0) return `${label} ${count(done)}`;
  const filled = Math.round((Math.min(done, total) / total) * WIDTH);
  const bar = '#'.repeat(filled).padEnd(WIDTH, '-');
  return `${label} [${bar}] ${count(done)} of ${count(total)}`;
}
