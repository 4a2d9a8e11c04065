import { mkdirSync, rmSync } from 'node:fs';
import { temporaryFolder } from '@writ/local-servers';
import { casesOf, recordsOf, type MadeUpFeed } from '../made-up-feeds.js';
import { rowOfPairs, type Pair } from '../measure.js';
import { fetchPages, importFeed, replayed, servePages } from '../reading.client.js';
import type { RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { CopyQuestion } from '../sides/copy.process.js';
import type { StandaloneAnswer } from '../sides/standalone.process.js';
import { sql } from '../databases.process.js';

type Copies = Side<CopyQuestion, number>;

/** Feeds of two forms taken in over HTTP, and their facts read again: pages, and a replay. */
export async function measure(context: RowContext): Promise<void> {
  const { quick, rounds, note } = context;
  const entries = quick ? 300 : 10_000;
  const dataFolder = temporaryFolder('writ-bench-');
  mkdirSync(dataFolder, { recursive: true });
  const system: Side<null, StandaloneAnswer> = await openSide('standalone', { dataFolder });
  try {
    const { url, databases, adminUrl } = await system.ask(null);
    await sql(adminUrl, 'CREATE DATABASE copied');
    const copied = new URL(adminUrl);
    copied.pathname = '/copied';
    for (const form of ['records', 'cases'] as const) {
      const service = form === 'records' ? 'regulatory' : 'court';
      const setup = { ledger: databases[service].reader, url: copied.href };
      const copies: Copies = await openSide('copy', setup);
      const pairs: Pair[] = [];
      for (let round = 1; round <= rounds; round++) {
        const feed: MadeUpFeed = (form === 'records' ? recordsOf : casesOf)(round, entries);
        const { facts, seconds } = await importFeed(url, service, feed);
        const of = round + (form === 'records' ? 0 : 1_000);
        const reference = await copies.ask({ rows: facts, round: of });
        pairs.push({ ours: facts / seconds, reference });
        note(`${form} ${round}: ${facts} facts, ${Math.round(facts / seconds)} a second`);
      }
      await copies.stop();
      const name = `import of ${form}, × bare COPY of its facts`;
      const row = rowOfPairs(name, pairs, 'facts/s', 'information', system.peakRssMiB());
      const what = `${entries} entries a copy, by one request`;
      context.done({
        ...row,
        note: `${what}: read, checked wholly, subjects resolved, decided, recorded`,
      });
    }
    await measureReading(context, url, system.peakRssMiB());
  } finally {
    await system.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

async function measureReading(
  { rounds, note, done }: RowContext,
  url: string,
  peakRssMiB: number,
): Promise<void> {
  const ready = await servePages(url, 'court');
  const catchingUp: Pair[] = [];
  const replaying: Pair[] = [];
  for (let round = 0; round <= rounds; round++) {
    const ours = await fetchPages(url, 'court');
    const reference = await fetchPages(ready.url, 'court');
    const replay = await replayed(url);
    note(
      `round ${round}: pages ${Math.round(ours)}, ready-made ${Math.round(reference)}, replay ${Math.round(replay.perSecond)} facts/s`,
    );
    // The first warms up.
    if (round === 0) continue;
    catchingUp.push({ ours, reference });
    replaying.push({ ours: replay.perSecond, reference: replay.fetchedPerSecond });
  }
  await ready.close();
  const pages = 'catch-up over HTTP, × the same bytes ready-made';
  const row = rowOfPairs(pages, catchingUp, 'facts/s', 'information', peakRssMiB);
  done({ ...row, note: 'pages of 5,000, parsed by the client on both sides' });
  const replay = 'replay over HTTP, × fetching the same pages';
  done(rowOfPairs(replay, replaying, 'facts/s', 'information', peakRssMiB));
}
