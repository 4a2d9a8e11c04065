import { describe } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { ListCounts, ListEntries, Receipt } from '@writ/contracts';
import { publicData } from '@writ/testkit';
import { activeAfterEachSnapshot } from '../oracle/fold-events.mjs';
import type { Client, Json } from './system.fixture.js';
import { day } from './world.fixture.js';

export const root = path.resolve(import.meta.dirname, '../..');
const data = publicData('ofac-sdn-dev');
const ofacFolder = data ?? '';
export const OFAC = 'us.ofac.sdn';

/** Suites judged by the real history: counted as skipped, loudly, where it is not there. */
export const describeReal: (name: string, suite: () => void) => void =
  data === undefined ? describe['skip'] : describe;

export const oracle = () => (data === undefined ? [] : activeAfterEachSnapshot(data));

export const feedOf = (example: string) =>
  JSON.parse(
    readFileSync(path.join(root, 'examples/feeds', example, 'feed.json'), 'utf8'),
  ) as Json & { list: string };

export type ImportAnswer = {
  receipt: Receipt | null;
  recorded: number;
  snapshots: { snapshot: string; outcome: string; active: number }[];
  rows: { row: number; reason: string }[];
};

const eventsFile = () => readFileSync(path.join(ofacFolder, 'events.ndjson.gz'));

/** Imports the event archive, whole or up to a time; under another list's code if one is given. */
export function importEvents(client: Client, options: { upTo?: string; list?: string } = {}) {
  const list = options.list ?? OFAC;
  const description = { ...feedOf('ofac-sdn-dev'), list };
  const file = { name: 'events.ndjson.gz', bytes: eventsFile().toString('base64') };
  const upTo = options.upTo === undefined ? {} : { upTo: options.upTo };
  const path = `/regulatory/v1/feeds/${list}/imports`;
  return client.done<ImportAnswer>(path, { description, file, ...upTo });
}

/** The six raw copies, oldest first: name, the snapshot they are, bytes. */
export function rawSnapshots() {
  const folder = path.join(ofacFolder, 'snapshots');
  return readdirSync(folder)
    .sort()
    .map((name) => ({
      name,
      snapshot: name.split('_')[1] ?? '',
      bytes: readFileSync(path.join(folder, name)).toString('base64'),
    }));
}

/** One measure per list, so that what one imposes says nothing of another. */
const measureOf = (list: string) => `property.deal.${list}`;

/** A memorandum that admits what the feed brings; again = the same one. */
export const admitOfac = (client: Client, list = OFAC) =>
  client.done<{ receipt: Receipt }>(
    '/regulatory/v1/memoranda',
    {
      memorandum: `us.made-up-admission.${list}`,
      title: 'Admits a taken-in list',
      effectiveFrom: day('2021-01-01', 'UTC'),
      rows: [
        {
          row: 'r1',
          list,
          effect: 'restriction',
          measure: measureOf(list),
          implementer: 'us.made-up-registry',
          legalBasis: 'Made-up basis, s. 1',
          admits: 'taken-in',
        },
      ],
    },
    `admit-${list}`,
  );

/** Counts entries in force; `query` as the endpoint takes it. */
export async function countActive(client: Client, query: Record<string, string>, list = OFAC) {
  const asked = new URLSearchParams({ timeout: '30000', ...query }).toString();
  const { status, body } = await client.get<ListCounts>(`/projection/v1/lists/${list}?${asked}`);
  if (status !== 200) throw new Error(`count: ${status} ${JSON.stringify(body)}`);
  return body.listings;
}

/** The subjects of all entries in force. */
export async function activeSubjects(
  client: Client,
  query: Record<string, string> = {},
  list = OFAC,
): Promise<string[]> {
  const subjects: string[] = [];
  let cursor: string | undefined;
  do {
    const page = { limit: '5000', timeout: '30000', ...query, ...(cursor ? { cursor } : {}) };
    const { status, body } = await client.get<ListEntries>(
      `/projection/v1/lists/${list}/entries?${new URLSearchParams(page).toString()}`,
    );
    if (status !== 200) throw new Error(`entries: ${status} ${JSON.stringify(body)}`);
    subjects.push(...body.entries.map(({ subject }) => subject));
    cursor = body.cursor;
  } while (cursor !== undefined);
  return subjects.toSorted();
}

/** Record id → subject id, asked of identity, remembered. */
export function subjectsOf(client: Client) {
  const known = new Map<number, string>();
  return async (records: readonly number[]): Promise<string[]> => {
    const missing = records.filter((record) => !known.has(record));
    for (let n = 0; n < missing.length; n += 5_000) {
      const chunk = missing.slice(n, n + 5_000);
      const answer = await client.record<{ results: { outcome: string; subject?: string }[] }>(
        '/identity/v1/resolve',
        {
          purpose: 'test.compare',
          partial: true,
          subjects: chunk.map((record) => ({
            identifiers: [{ scheme: 'us.ofac-ent', value: String(record) }],
            create: false,
          })),
        },
      );
      answer.body.results.forEach(({ subject }, index) => {
        const record = chunk[index];
        if (subject !== undefined && record !== undefined) known.set(record, subject);
      });
    }
    return records.map((record) => known.get(record) ?? `unknown ${record}`).toSorted();
  };
}

/** Of these subjects, those answered RESTRICTED for the measure that a list brings. */
export async function restrictedOf(
  client: Client,
  subjects: readonly string[],
  atLeast: string[],
  list = OFAC,
): Promise<string[]> {
  const restricted: string[] = [];
  for (let n = 0; n < subjects.length; n += 1_000) {
    const chunk = subjects.slice(n, n + 1_000);
    const answer = await client.ask({
      subjects: chunk.map((subject) => ({ subject, measures: [measureOf(list)] })),
      purpose: 'test.compare',
      atLeast,
      settled: true,
      timeout: 60_000,
    });
    if (answer.status !== 200) throw new Error(`status: ${JSON.stringify(answer.body)}`);
    answer.body.answers.forEach(({ measures }, index) => {
      const subject = chunk[index];
      if (measures[0]?.answer === 'RESTRICTED' && subject !== undefined) restricted.push(subject);
    });
  }
  return restricted.toSorted();
}
