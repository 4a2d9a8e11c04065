import { Refused } from './api.client.js';
import type { Command } from './command-line.js';
import { EXIT, type ExitCode } from './exit-code.js';
import type { Surroundings } from './surroundings.js';

const PATH = '/sandbox/v1/clock';
const NOT_THERE = 404;

/** Shows a sandbox's clock, or moves it on; nothing else has one. */
export async function sandboxClock(
  { api, terminal, json }: Surroundings,
  command: Extract<Command, { name: 'clock' | 'clock advance' }>,
): Promise<ExitCode> {
  try {
    const clock =
      command.name === 'clock'
        ? await api.get<{ now: string; aheadMs: number }>(PATH)
        : await api.post<{ now: string; aheadMs: number }>(PATH, { advance: command.duration });
    await terminal.out(json ? JSON.stringify(clock) : clock.now);
    return EXIT.fine;
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== NOT_THERE) throw error;
    terminal.note('this is no sandbox with a clock of its own: npm start -- --clock starts one');
    return EXIT.refused;
  }
}
