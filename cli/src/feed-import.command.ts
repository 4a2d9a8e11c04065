import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ListCounts } from '@writ/contracts';
import { NotReachable, recordingHeaders, Refused, type Api } from './api.client.js';
import type { Command } from './command-line.js';
import { EXIT, exitOfStatus, type ExitCode } from './exit-code.js';
import { feedFiles } from './feed-files.process.js';
import {
  nameOf,
  pathsInOrder,
  reportLines,
  summarise,
  summaryText,
  type FileOutcome,
  type ImportAnswer,
} from './feed-summary.js';
import type { Surroundings } from './surroundings.js';
import type { Terminal } from './terminal.process.js';

type FeedImport = Extract<Command, { name: 'feed import' }>;
type Description = { list: string; issuer: string; files: string[] };

const POLL_MS = 250;
const SETTLE_MS = 60_000;

/**
 * Sends a feed's files one by one. A file that is refused changes nothing, and those after it are
 * still sent: each is checked by itself.
 */
export async function importFeed(
  { api, terminal, json, pause }: Surroundings,
  command: FeedImport,
): Promise<ExitCode> {
  const read = readFeed(command);
  if ('problem' in read) {
    terminal.note(read.problem);
    return EXIT.usage;
  }
  const { description } = read;
  const { list } = description;
  const base = `/regulatory/v1/feeds/${encodeURIComponent(list)}`;
  // Which copy is the older one only the description's reader knows.
  const { names } = await api.post<{ names: string[] }>(`${base}/order`, {
    description,
    names: read.files.map(nameOf),
  });
  const files = pathsInOrder(read.files, names);
  const outcomes: FileOutcome[] = [];
  let status = 0;
  for (const [index, file] of files.entries()) {
    const label = `${list} file ${index + 1} of ${files.length}, facts recorded`;
    const bytes = readFileSync(join(command.from, file)).toString('base64');
    const body = {
      description,
      file: {
        name: nameOf(file),
        bytes,
        ...(command.observedAt === undefined ? {} : { observedAt: command.observedAt }),
      },
      ...(command.upTo === undefined ? {} : { upTo: command.upTo }),
    };
    const path = `${base}/imports`;
    const headers = recordingHeaders(command.authority ?? description.issuer);
    try {
      const answer = await watched(
        { api, terminal, pause, label },
        api.post<ImportAnswer>(path, body, headers),
      );
      outcomes.push({ file, outcome: 'taken-in', answer });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      status = Math.max(status, error.status);
      outcomes.push({ file, outcome: 'refused', ...refusalOf(error) });
      terminal.note(`${file}: refused: ${error.problem.detail ?? error.message}`);
    }
  }
  terminal.settled();
  const lines = reportLines(outcomes);
  if (command.report !== undefined) {
    writeFileSync(command.report, lines.map((line) => `${line}\n`).join(''));
  }
  const summary = summarise(list, outcomes);
  await waitUntilAnswered(api, terminal, outcomes);
  await terminal.out(json ? JSON.stringify({ ...summary, outcomes }) : summaryText(summary));
  if (status > 0) return exitOfStatus(status);
  return summary.refusedRows > 0 ? EXIT.rowsRefused : EXIT.fine;
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

function refusalOf({ problem, status }: Refused) {
  const { type = `http-${status}`, field, detail } = problem;
  const reason = type.replace('urn:writ:problem:', '');
  return {
    reason,
    ...(field === undefined ? {} : { field }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Shows how the ledger grows while the import is answered. */
async function watched<T>(
  watch: Pick<Surroundings, 'api' | 'terminal' | 'pause'> & { label: string },
  answer: Promise<T>,
): Promise<T> {
  const { api, terminal, pause, label } = watch;
  let over = false;
  const ended = answer.then(
    () => (over = true),
    () => (over = true),
  );
  const size = async () => (await api.facts('regulatory', Number.MAX_SAFE_INTEGER - 1, 1)).size;
  const before = await size().catch(() => 0);
  terminal.progress(label, 0);
  while (!over) {
    await Promise.race([ended, pause(POLL_MS)]);
    const now = await size().catch(() => undefined);
    if (!over && now !== undefined) terminal.progress(label, now - before);
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
