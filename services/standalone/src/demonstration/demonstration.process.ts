import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FactsPage, Receipt, StatusResponse } from '@writ/contracts';
import {
  CASE,
  LIST,
  MEMORANDUM,
  STORIES,
  subjectsLater,
  TEST_SUBJECTS,
  type Story,
  type TestSubject,
} from './world.js';

/** Beside the data, so that an interrupted load goes on with the same bodies on a later day. */
const MARKER = 'demonstration.json';
type Marker = { today: string; complete: boolean; loadedAt?: string };

const AUTHORITY = { court: 'demo.court', regulatory: 'demo.regulator' };

/**
 * Loads the demonstration world through HTTP where nothing is recorded yet, or goes on where a
 * load was interrupted: every command has its own key, so none is recorded twice.
 *
 * @returns the test subjects, or undefined where the data is somebody's own
 */
export async function openDemonstration(
  url: string,
  dataFolder: string,
  note: (line: string) => void,
): Promise<readonly TestSubject[] | undefined> {
  const file = join(dataFolder, MARKER);
  const marker = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Marker) : undefined;
  if (marker?.complete) return subjectsLater(marker.loadedAt);
  if (!marker && !(await isEmpty(url))) return undefined;
  const today = marker?.today ?? new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  note('loading the demonstration world');
  write(file, { today, complete: false });
  const tokens = await load(url, today);
  await settled(url, tokens);
  write(file, { today, complete: true, loadedAt: new Date().toISOString() });
  return TEST_SUBJECTS;
}

async function isEmpty(url: string): Promise<boolean> {
  for (const ledger of ['court', 'regulatory'] as const) {
    const answer = await fetch(`${url}/${ledger}/v1/facts?limit=1`);
    if (((await answer.json()) as FactsPage).size > 0) return false;
  }
  return true;
}

async function load(url: string, today: string): Promise<string[]> {
  const receipts = [
    await post<Recorded>(url, '/regulatory/v1/lists', LIST, 'list'),
    await post<Recorded>(url, '/regulatory/v1/memoranda', MEMORANDUM, 'memorandum'),
  ];
  for (const [teller, story] of STORIES.entries()) {
    for (const [n, list] of story.lists.entries()) {
      receipts.push(await tell(url, story, list, { number: `${teller + 1}-${n + 1}`, today }));
    }
  }
  return receipts.map(({ receipt }) => receipt.token);
}

type Recorded = { receipt: Receipt };

async function tell(
  url: string,
  story: Story,
  list: string,
  { number, today }: { number: string; today: string },
): Promise<Recorded> {
  const key = (step: string) => `${number}-${step}`;
  const send = <T>(path: string, body: unknown, step: string) =>
    post<Recorded & T>(url, `/court/v1/${path}`, body, key(step));
  const opened = await send<{ case: string }>('cases', CASE.open(number), 'case');
  const at = `cases/${opened.case}`;
  const { obligations } = await send<{ obligations: { obligation: string }[] }>(
    `${at}/obligations`,
    CASE.obligation(story.debtor),
    'obligation',
  );
  const obligation = obligations[0]?.obligation ?? '';
  const { notice } = await send<{ notice: string }>(
    `${at}/notices`,
    CASE.notice(story.debtor),
    'notice',
  );
  const found = { case: opened.case, obligation, notice, today };
  const listed = await send('listings', CASE.listing(story.debtor, list, found), 'listing');
  if (!story.paid) return listed;
  return send(`${at}/performances`, CASE.performance(obligation, today), 'performance');
}

/** Asks what the test subjects are told, waiting until all of it is projected and assessed. */
async function settled(url: string, atLeast: readonly string[]): Promise<void> {
  // What cannot be settled is asked last, when all the rest has been.
  const lasting = TEST_SUBJECTS.filter(({ answer }) => answer === 'UNDETERMINED');
  const settling = TEST_SUBJECTS.filter((subject) => !lasting.includes(subject));
  await check(url, settling, { atLeast, settled: true });
  await check(url, lasting, { atLeast, settled: false });
}

async function check(
  url: string,
  expected: readonly TestSubject[],
  wait: { atLeast: readonly string[]; settled: boolean },
): Promise<void> {
  const subjects = expected.map(({ identifier, measure }) => ({
    identifier,
    measures: [measure],
  }));
  const body = { subjects, purpose: 'demonstration', timeout: 30_000, ...wait };
  const { answers } = await post<StatusResponse>(url, '/projection/v1/status', body, 'status');
  expected.forEach((subject, index) => {
    const [measure] = answers[index]?.measures ?? [];
    const causes = measure?.causes?.length ?? 0;
    if (measure?.answer !== subject.answer || causes !== subject.causes) {
      const told = `${measure?.answer ?? 'nothing'} with ${causes} causes`;
      throw new Error(`the demonstration expects ${subject.answer} (${subject.why}), not ${told}`);
    }
  });
}

async function post<T>(url: string, path: string, body: unknown, key: string): Promise<T> {
  const authority = path.startsWith('/court/') ? AUTHORITY.court : AUTHORITY.regulatory;
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'writ-authority': authority,
      'writ-actor': 'system:demonstration',
      'idempotency-key': `demonstration-${key}`,
    },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

function write(file: string, marker: Marker): void {
  writeFileSync(`${file}.new`, JSON.stringify(marker), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
