import { handle, record } from '@writ/decider';
import { openLedgerReader, openLedgerWriter } from '@writ/ledger';
import { newStreamCommand } from '../bench-facts.js';
import { percentile } from '../measure.js';
import { serveSide } from '../side.process.js';

export type AppendSetup = { writer: string; reader: string };
export type AppendQuestion =
  | { fill: number }
  | { bulk: number; run: string }
  | { callers: number; warmUpMs: number; ms: number; run: string };
export type AppendFigures = {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  cpuMicros: number;
  events: number;
};

const NO_WAIT = { jitter: () => Promise.resolve() };
const FILL_PAGE = 10_000;

serveSide<AppendSetup, AppendQuestion, AppendFigures>(async ({ writer, reader }) => {
  const clock = { now: () => new Date() };
  const ledger = openLedgerWriter({ ledger: 'court', connection: writer, clock });
  const head = openLedgerReader({ ledger: 'court', connection: reader });

  const bulk = async (count: number, run: string): Promise<AppendFigures> => {
    let ms = 0;
    const used = { user: 0, system: 0 };
    for (let from = 0; from < count; from += FILL_PAGE) {
      const size = Math.min(FILL_PAGE, count - from);
      // Made outside the time measured: so are the rows of the reference.
      const commands = Array.from({ length: size }, (_, n) => newStreamCommand(from + n, run));
      const started = performance.now();
      const cpu = process.cpuUsage();
      const outcomes = await ledger.appendBulk(commands);
      ms += performance.now() - started;
      const { user, system } = process.cpuUsage(cpu);
      used.user += user;
      used.system += system;
      if (!outcomes.every(({ outcome }) => outcome === 'recorded')) throw new Error('not recorded');
    }
    return figuresOf([], count, ms / 1_000, used);
  };

  /** Each caller sends its next command when the last one was acknowledged. */
  const single = async ({
    callers,
    warmUpMs,
    ms,
    run,
  }: Extract<AppendQuestion, { ms: number }>) => {
    const latencies: number[] = [];
    const before = (await head.head()).size;
    const start = performance.now();
    let next = 0;
    let cpu = process.cpuUsage();
    let counting = false;
    const call = async () => {
      for (;;) {
        const at = performance.now();
        if (at > start + warmUpMs + ms) return;
        if (!counting && at > start + warmUpMs) {
          counting = true;
          cpu = process.cpuUsage();
        }
        const { key, fingerprint, write } = newStreamCommand(next++, run);
        const [only] = write;
        if (!only) return;
        const result = await handle(
          ledger,
          { key, fingerprint },
          async (read) => {
            await read(only.stream);
            return record(only);
          },
          NO_WAIT,
        );
        if (result.kind !== 'recorded' || result.repeated) throw new Error('not recorded');
        if (at > start + warmUpMs) latencies.push(performance.now() - at);
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
    const used = process.cpuUsage(cpu);
    const seconds = (performance.now() - start - warmUpMs) / 1_000;
    if ((await head.head()).size !== before + next)
      throw new Error('the ledger holds another count');
    return figuresOf(latencies, latencies.length, seconds, used);
  };

  return {
    answer: (question) => {
      if ('fill' in question) return bulk(question.fill, 'fill');
      return 'bulk' in question ? bulk(question.bulk, question.run) : single(question);
    },
    close: async () => {
      await ledger.close();
      await head.close();
    },
  };
});

function figuresOf(
  latencies: readonly number[],
  events: number,
  seconds: number,
  cpu: NodeJS.CpuUsage,
): AppendFigures {
  return {
    perSecond: events / seconds,
    p50Ms: latencies.length > 0 ? percentile(latencies, 0.5) : 0,
    p99Ms: latencies.length > 0 ? percentile(latencies, 0.99) : 0,
    cpuMicros: (cpu.user + cpu.system) / events,
    events,
  };
}
