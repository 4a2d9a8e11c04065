import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { FactsPage } from '@writ/contracts';
import { fastify } from 'fastify';
import type { MadeUpFeed } from './made-up-feeds.js';

const PAGE = 5_000;
const run = promisify(execFile);
const WRIT = path.resolve(import.meta.dirname, '../../cli/bin/writ.mjs');

/** Takes a feed in by one request. @returns how many facts its ledger grew by, and in what time */
export async function importFeed(
  url: string,
  service: 'court' | 'regulatory',
  { description, file }: MadeUpFeed,
): Promise<{ facts: number; seconds: number }> {
  const before = await sizeOf(url, service);
  const { name, text, observedAt } = file;
  const bytes = Buffer.from(text).toString('base64');
  const body = JSON.stringify({ description, file: { name, observedAt, bytes } });
  const started = performance.now();
  const answer = await fetch(`${url}/${service}/v1/feeds/${description.list}/imports`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'writ-authority': 'zz.bench',
      'writ-actor': 'system:bench',
      'idempotency-key': description.list,
    },
    body,
  });
  const said = await answer.text();
  if (answer.status !== 201) throw new Error(`the import was answered ${answer.status}: ${said}`);
  const seconds = (performance.now() - started) / 1_000;
  return { facts: (await sizeOf(url, service)) - before, seconds };
}

async function sizeOf(url: string, service: string): Promise<number> {
  const answer = await fetch(`${url}/${service}/v1/facts?limit=1`);
  return ((await answer.json()) as FactsPage).size;
}

/** Reads a ledger from its start and parses every fact. @returns facts per second */
export async function fetchPages(url: string, ledger: string): Promise<number> {
  const started = performance.now();
  let count = 0;
  for (let after = -1; ;) {
    const answer = await fetch(`${url}/${ledger}/v1/facts?after=${after}&limit=${PAGE}`);
    const { facts, next, size } = (await answer.json()) as FactsPage;
    for (const { canonical } of facts) JSON.parse(canonical);
    count += facts.length;
    after = next;
    if (after >= size - 1) break;
  }
  return count / ((performance.now() - started) / 1_000);
}

/** Serves the very pages of a ledger from memory: what no reading of it can beat. */
export async function servePages(
  url: string,
  ledger: string,
): Promise<{ url: string; close(): Promise<void> }> {
  const pages = new Map<string, Buffer>();
  for (let after = -1; ;) {
    const answer = await fetch(`${url}/${ledger}/v1/facts?after=${after}&limit=${PAGE}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    pages.set(String(after), bytes);
    const { next, size } = JSON.parse(bytes.toString('utf8')) as FactsPage;
    after = next;
    if (after >= size - 1) break;
  }
  const server = fastify();
  server.get(`/${ledger}/v1/facts`, (request, reply) => {
    const { after = '-1' } = request.query as { after?: string };
    return reply.type('application/json; charset=utf-8').send(pages.get(after));
  });
  const origin = await server.listen({ host: '127.0.0.1', port: 0 });
  return { url: origin, close: () => server.close() };
}

/** `writ replay` of everything, as its user runs it, beside fetching the same pages alone. */
export async function replayed(
  url: string,
): Promise<{ perSecond: number; fetchedPerSecond: number }> {
  const started = performance.now();
  const words = [WRIT, 'replay', '--json', '--url', url];
  const { stdout } = await run(process.execPath, words, { maxBuffer: 64 * 1024 * 1024 });
  const seconds = (performance.now() - started) / 1_000;
  const { ledgers } = JSON.parse(stdout) as { ledgers: { size: number }[] };
  const facts = ledgers.reduce((sum, { size }) => sum + size, 0);
  const fetching = performance.now();
  for (const ledger of ['court', 'regulatory', 'enforcement']) await fetchPages(url, ledger);
  const fetched = facts / ((performance.now() - fetching) / 1_000);
  return { perSecond: facts / seconds, fetchedPerSecond: fetched };
}
