import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LedgerName, ListCounts } from '@writ/contracts';
import { NotReachable, recordingHeaders, Refused, type Api } from './api.client.js';
import type { Command } from './command-line.js';
import { EXIT, type ExitCode } from './exit-code.js';
import { feedFiles } from './feed-files.process.js';
import {
  exitOfImport,
  nameOf,
  pathsInOrder,
  refusalOf,
  reportLines,
  summarise,
  summaryText,
  type FileOutcome,
  type ImportAnswer,
} from './feed-summary.js';
import type { Surroundings } from './surroundings.js';
import type { Terminal } from './terminal.process.js';

type FeedImport = Extract<Command, { name: 'feed import' }>;
type Description = { list: string; issuer: string; files: string[]; form?: string };

type Progress = { list: string; ledger: LedgerName; done: number; total: number };

const POLL_MS = 250;
const SETTLE_MS = 60_000;

/** Statuses that speak of the file itself: sent again it would be refused again. */
const FILE_IS_REFUSED = new Set([400, 413, 422]);

/**
 * Sends a feed's files one by one. A file that is refused changes nothing, and those after it are
 * still sent: each is checked by itself. Anything else ends the import there: were a later copy
 * taken in, the one that met a passing trouble would be older than the last for ever.
 */
export async function importFeed(
  surroundings: Surroundings,
  command: FeedImport,
): Promise<ExitCode> {
  const { api, terminal, json } = surroundings;
  const read = readFeed(command);
  if ('problem' in read) {
    terminal.note(read.problem);
    return EXIT.usage;
  }
  const { description } = read;
  const { list } = description;
  const unwritable = beginReport(command);
  if (unwritable !== undefined) {
    terminal.note(unwritable);
    return EXIT.usage;
  }
  // Cases are a court's: it decides on what is paid.
  const ledger: LedgerName = description.form === 'cases' ? 'court' : 'regulatory';
  const base = `/${ledger}/v1/feeds/${encodeURIComponent(list)}`;
  // Which copy is the older one only the description's reader knows.
  const { names } = await api.post<{ names: string[] }>(`${base}/order`, {
    description,
    names: read.files.map(nameOf),
  });
  const files = pathsInOrder(read.files, names);
  const outcomes: FileOutcome[] = [];
  try {
    for (const file of files) {
      const progress = { list, ledger, done: outcomes.length, total: files.length };
      const answer = send(surroundings, { command, description, path: `${base}/imports` }, file);
      outcomes.push(await watched(surroundings, progress, answer));
    }
    terminal.progress(`${list}: files`, outcomes.length, files.length);
  } finally {
    terminal.settled();
    // Also where the service went away half-way: what was refused until then stays refused.
    if (command.report !== undefined) {
      writeFileSync(
        command.report,
        reportLines(outcomes)
          .map((line) => `${line}\n`)
          .join(''),
      );
    }
  }
  const summary = summarise(list, outcomes);
  await waitUntilAnswered(api, terminal, outcomes);
  await terminal.out(json ? JSON.stringify({ ...summary, outcomes }) : summaryText(summary));
  return exitOfImport(outcomes);
}

/** Before anything is sent: a report that cannot be kept must not be found out at the end. */
function beginReport({ report }: FeedImport): string | undefined {
  try {
    if (report !== undefined) writeFileSync(report, '');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns what became of the file; any answer but a refusal of the file ends the import */
async function send(
  { api, terminal }: Surroundings,
  to: { command: FeedImport; description: Description; path: string },
  file: string,
): Promise<FileOutcome> {
  const { command, description, path } = to;
  const { observedAt, upTo } = command;
  const bytes = readFileSync(join(command.from, file)).toString('base64');
  const body = {
    description,
    file: { name: nameOf(file), bytes, ...(observedAt === undefined ? {} : { observedAt }) },
    ...(upTo === undefined ? {} : { upTo }),
  };
  const headers = recordingHeaders(command.authority ?? description.issuer);
  try {
    return { file, outcome: 'taken-in', answer: await api.post<ImportAnswer>(path, body, headers) };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (!FILE_IS_REFUSED.has(error.status)) {
      terminal.note(`${file} was not taken in; neither it nor what follows it was refused`);
      throw error;
    }
    terminal.note(`${file}: refused: ${error.problem.detail ?? error.message}`);
    return { file, outcome: 'refused', ...refusalOf(error) };
  }
}

function readFeed(
  command: FeedImport,
): { description: Description; files: string[] } | { problem: string } {
  try {
    const description = JSON.parse(readFileSync(command.description, 'utf8')) as Description;
    const { list, issuer, files } = description;
    if (typeof list !== 'string' || typeof issuer !== 'string' || !Array.isArray(files)) {
      return { problem: `${command.description} names no list, issuer and files` };
    }
    const found = feedFiles(command.from, files);
    if (command.observedAt !== undefined && found.length > 1) {
      return { problem: `--observed-at is for one file; the feed has ${found.length} there` };
    }
    return { description, files: found };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

/** Shows how many files are done, and how the ledger grows while the next one is answered. */
async function watched<T>(
  { api, terminal, pause }: Surroundings,
  { list, ledger, done, total }: Progress,
  answer: Promise<T>,
): Promise<T> {
  let over = false;
  const ended = answer.then(
    () => (over = true),
    () => (over = true),
  );
  const size = async () => (await api.facts(ledger, -1, 1)).size;
  const before = await size().catch(() => undefined);
  const show = (recorded: number) =>
    terminal.progress(`${list}: ${recorded} facts of this file, files`, done, total);
  show(0);
  while (!over) {
    await Promise.race([ended, pause(POLL_MS)]);
    const now = await size().catch(() => undefined);
    if (!over && before !== undefined && now !== undefined) show(now - before);
  }
  return answer;
}

/** So that the next question sees what was taken in. */
async function waitUntilAnswered(
  api: Api,
  terminal: Terminal,
  outcomes: readonly FileOutcome[],
): Promise<void> {
  const answers = outcomes.flatMap((file) => (file.outcome === 'taken-in' ? [file.answer] : []));
  const last = answers.findLast(({ receipt }) => receipt !== null);
  if (!last?.receipt) return;
  try {
    const query = `atLeast=${last.receipt.token}&timeout=${SETTLE_MS}`;
    await api.get<ListCounts>(`/projection/v1/lists/${encodeURIComponent(last.list)}?${query}`);
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof NotReachable)) throw error;
    terminal.note('recorded; the projection does not answer for it yet');
  }
}
