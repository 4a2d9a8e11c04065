import type { Command } from './command-line.js';
import { EXIT, type ExitCode } from './exit-code.js';
import type { Surroundings } from './surroundings.js';

type Ask<N extends Command['name']> = Extract<Command, { name: N }>;
type Subject = { ledger: string; subject: string; reason: string; since: string };
type List = { list: string; reason: string; since: string };

/** What each service has set aside: subjects whose facts wait, and whole lists. */
export async function listQuarantine(
  { api, terminal, json }: Surroundings,
  { services }: Ask<'quarantine list'>,
): Promise<ExitCode> {
  const waiting: (Subject & { service: string })[] = [];
  for (const service of services) {
    const answer = await api.get<{ waiting: Subject[] }>(`/${service}/v1/quarantine`);
    waiting.push(...answer.waiting.map((one) => ({ service, ...one })));
  }
  // Only enforcement goes through whole lists.
  const lists = services.includes('enforcement')
    ? (await api.get<{ waiting: List[] }>('/enforcement/v1/quarantine/lists')).waiting
    : [];
  if (json) await terminal.out(JSON.stringify({ waiting, lists }));
  else {
    for (const { service, ledger, subject, reason, since } of waiting) {
      await terminal.out([service, ledger, subject || '-', reason, since].join('\t'));
    }
    for (const { list, reason, since } of lists) {
      await terminal.out(['enforcement', 'list', list, reason, since].join('\t'));
    }
    terminal.note(`${waiting.length} subjects and ${lists.length} lists wait`);
  }
  return EXIT.fine;
}

/** Tries once more what waits, at every service that was asked for. */
export async function retryQuarantine(
  { api, terminal, json }: Surroundings,
  { what, services }: Ask<'quarantine retry'>,
): Promise<ExitCode> {
  const suffix = 'list' in what ? 'quarantine/lists/retry' : 'quarantine/retry';
  let released = true;
  for (const service of services) {
    const answer = await api.post<{ released: boolean }>(`/${service}/v1/${suffix}`, what);
    released &&= answer.released;
  }
  await terminal.out(json ? JSON.stringify({ released }) : released ? 'released' : 'still waits');
  return released ? EXIT.fine : EXIT.refused;
}
