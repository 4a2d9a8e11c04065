import { readFileSync } from 'node:fs';
import type {
  ListCounts,
  ListEntries,
  MeasureAnswer,
  RecordResponse,
  StatusRequest,
  StatusResponse,
  Undetermined,
} from '@writ/contracts';
import type { Command } from './command-line.js';
import { EXIT, exitOfAnswers, type ExitCode } from './exit-code.js';
import { tokensOfHeads } from './heads.client.js';
import type { Surroundings } from './surroundings.js';
import { isCatchingUp, recordText, statusText } from './render.js';

type Ask<N extends Command['name']> = Extract<Command, { name: N }>;

const SETTLE_MS = 60_000;
const PAGE = 5_000;
const TRIES_MAX = 40;
const RETRY_MS = 250;

/** Is the subject restricted? The exit code says it too. */
export async function askStatus(
  surroundings: Surroundings,
  command: Ask<'status'>,
): Promise<ExitCode> {
  const { api, terminal, json, embedded } = surroundings;
  const { scheme, measures, place, purpose } = command;
  const identifier = { scheme, value: valueOf(command.value) };
  const question = {
    identifier,
    ...(measures.length > 0 ? { measures } : {}),
    ...(place === undefined ? {} : { place }),
  };
  // One that was just started has to take in what it missed before it knows anything.
  const catchingUp = embedded
    ? { atLeast: await tokensOfHeads(api), settled: true, timeout: SETTLE_MS }
    : {};
  const request: StatusRequest = { subjects: [question], purpose, ...catchingUp };
  const ask = () => api.post<StatusResponse>('/projection/v1/status', request);
  const measuresOf = ({ answers }: StatusResponse) => answers.flatMap((told) => told.measures);
  const response = await askUntilCurrent(surroundings, ask, measuresOf);
  await terminal.out(json ? JSON.stringify(response) : statusText(response));
  return exitOfAnswers(measuresOf(response).map(({ answer }) => answer));
}

/** One that was just started says for moments that it does not know yet. */
async function askUntilCurrent<T>(
  { embedded, pause }: Surroundings,
  ask: () => Promise<T>,
  measuresOf: (response: T) => readonly MeasureAnswer[],
): Promise<T> {
  let response = await ask();
  for (let tries = 0; embedded && tries < TRIES_MAX; tries++) {
    if (!isCatchingUp(measuresOf(response))) break;
    await pause(RETRY_MS);
    response = await ask();
  }
  return response;
}

/** The whole record of one subject. */
export async function askRecord(
  surroundings: Surroundings,
  command: Ask<'record'>,
): Promise<ExitCode> {
  const { api, terminal, json, embedded } = surroundings;
  const { scheme, purpose, times } = command;
  const identifier = { scheme, value: valueOf(command.value) };
  const catchingUp = embedded ? { atLeast: await tokensOfHeads(api), timeout: SETTLE_MS } : {};
  const request = { identifier, purpose, ...times, ...catchingUp };
  const ask = () => api.post<RecordResponse>('/projection/v1/record', request);
  const response = await askUntilCurrent(surroundings, ask, ({ answers }) => answers);
  await terminal.out(json ? JSON.stringify(response) : recordText(response));
  return EXIT.fine;
}

/** Entries of a list in force, or how many they are. */
export async function askActive(
  { api, terminal, json, embedded }: Surroundings,
  { list, times, count }: Ask<'active'>,
): Promise<ExitCode> {
  const query = new URLSearchParams(times);
  if (embedded) {
    query.set('atLeast', (await tokensOfHeads(api)).join(','));
    query.set('settled', 'true');
    query.set('timeout', String(SETTLE_MS));
    if (query.get('atLeast') === '') query.delete('atLeast');
  }
  const path = `/projection/v1/lists/${encodeURIComponent(list)}`;
  if (count) {
    const counts = await api.get<ListCounts>(`${path}?${query.toString()}`);
    warnOf(terminal, list, counts.undetermined);
    await terminal.out(json ? JSON.stringify(counts) : String(counts.listings));
    return EXIT.fine;
  }
  const entries: ListEntries['entries'] = [];
  query.set('limit', String(PAGE));
  let page = await api.get<ListEntries>(`${path}/entries?${query.toString()}`);
  entries.push(...page.entries);
  const { currentTo, undetermined } = page;
  warnOf(terminal, list, undetermined);
  while (page.cursor !== undefined) {
    terminal.progress(list, entries.length);
    query.set('cursor', page.cursor);
    page = await api.get<ListEntries>(`${path}/entries?${query.toString()}`);
    entries.push(...page.entries);
  }
  terminal.settled();
  const subjects = new Set(entries.map(({ subject }) => subject)).size;
  const { asOf, position } = page;
  if (json) {
    const listings = entries.length;
    const told = { list, asOf, position, currentTo, undetermined, listings, subjects, entries };
    await terminal.out(JSON.stringify(told));
    return EXIT.fine;
  }
  for (const { ledger, listing, subject } of entries) {
    await terminal.out(`${ledger}\t${listing}\t${subject}`);
  }
  terminal.note(`${list}: ${entries.length} entries of ${subjects} subjects`);
  return EXIT.fine;
}

/** What is told may not be what holds now: said beside the result, which stays what it is. */
function warnOf(
  terminal: Surroundings['terminal'],
  list: string,
  undetermined: readonly Undetermined[] = [],
): void {
  for (const { reason, since, mustAct } of undetermined) {
    terminal.note(`${list}: ${reason} since ${since}; to act: ${mustAct}`);
  }
}

/** `-`: from standard input, so that no identifier stands in the shell's history. */
function valueOf(value: string): string {
  return value === '-' ? readFileSync(0, 'utf8').trim() : value;
}
