import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openMemoryLedger, type LedgerReader, type LedgerWriter } from '@writ/ledger';
import type { ResolveRequest, ResolveResponse } from '@writ/contracts';
import { describeFeed, type FeedDescription, sealWith } from '@writ/feeds';
import { fixedClock, noJitter } from '@writ/testkit';
import { type EntryState } from './entry.js';
import type { ImportKeys } from '@writ/service-host';
import type { FeedMemory, Intent } from './feed.repository.js';
import { importFeed, type ImportServices } from './import-feed.process.js';

const FIXTURES = new URL('../../fixtures/', import.meta.url);

export const fixture = (path: string): Buffer => readFileSync(new URL(path, FIXTURES));

/** A description that is taken as it is; a refusal fails the test that asks for it. */
export function described(given: unknown): FeedDescription {
  const decision = describeFeed(given);
  if (decision.kind === 'refuse') throw new Error(JSON.stringify(decision.refusal));
  return decision.events[0] as FeedDescription;
}

export const vesland = (): FeedDescription =>
  described(JSON.parse(fixture('vesland/feed.json').toString()));

export const testSeal = sealWith(Buffer.alloc(32, 7));

/** Identity as far as a feed needs it: the same identifier is always the same subject. */
export function stubIdentity(refuses: (value: string) => boolean = () => false) {
  const subjects = new Map<string, string>();
  const asked: ResolveRequest[] = [];
  const resolve = async (request: ResolveRequest): Promise<ResolveResponse> => {
    asked.push(request);
    const results = request.subjects.map(({ identifiers: [first] }) => {
      const { scheme, value } = first ?? { scheme: '', value: '' };
      if (refuses(value)) {
        return { outcome: 'refused' as const, reason: 'checksum_does_not_match', field: '/value' };
      }
      const name = `${scheme} ${value}`;
      const created = !subjects.has(name);
      const subject = createHash('sha256').update(name).digest('hex').slice(0, 32);
      subjects.set(name, subject);
      const aliasSequence = subjects.size;
      return { outcome: 'resolved' as const, subject, created, aliasSequence, flags: [] };
    });
    return { results };
  };
  return { resolve, asked, subjects };
}

/** The import's memory without a database; `crash` leaves it as a killed process would. */
export function memoryInMemory(): FeedMemory & { all: Map<string, Map<string, EntryState>> } {
  const all = new Map<string, Map<string, EntryState>>();
  const intents = new Map<string, { unit: string; intents: readonly Intent[] }>();
  const locked = new Set<string>();
  const of = (list: string) => {
    const entries = all.get(list) ?? new Map<string, EntryState>();
    all.set(list, entries);
    return entries;
  };
  return {
    all,
    lock: async (list) => {
      if (locked.has(list)) return undefined;
      locked.add(list);
      return async () => void locked.delete(list);
    },
    entries: async (list, records) =>
      new Map([...of(list)].filter(([record]) => !records || records.includes(record))),
    activeCount: async (list) => [...of(list).values()].filter(({ active }) => active).length,
    unsettled: async (list) => {
      const left = intents.get(list);
      return left && { unit: left.unit, intents: [...left.intents] };
    },
    intend: async (list, unit, given) => void intents.set(list, { unit, intents: given }),
    settle: async (list, recorded) => {
      for (const { key, after } of intents.get(list)?.intents ?? []) {
        const holds = recorded === 'all' || (key !== null && recorded.includes(key));
        if (holds) of(list).set(after.record, after);
      }
      intents.delete(list);
    },
  };
}

/** Idempotency keys without a database. */
export function keysInMemory(): ImportKeys {
  const answers = new Map<string, { fingerprint: string; answer?: string }>();
  return {
    take: async (key, fingerprint) => {
      const taken = answers.get(key) ?? { fingerprint };
      answers.set(key, taken);
      return taken;
    },
    keep: async (key, answer) => {
      const taken = answers.get(key);
      if (taken) taken.answer = answer;
    },
    free: async (key) => void answers.delete(key),
  };
}

export const importer = {
  authority: 'vl.handelstilsyn',
  actor: { kind: 'system' as const, id: 'importer', verified: false },
  correlation: '0'.repeat(31) + '1',
};

/** A regulatory service's import on ledgers of one's own. */
export function testImport(given: Partial<ImportServices> & { reader?: LedgerReader } = {}) {
  const clock = fixedClock('2026-11-01T12:00:00Z');
  const twin = openMemoryLedger({ ledger: 'regulatory', clock });
  const ledger: LedgerWriter = given.ledger ?? twin.writer;
  const reader = given.reader ?? twin.reader;
  const identity = stubIdentity();
  const services: ImportServices = {
    ledger,
    identity,
    memory: memoryInMemory(),
    seal: testSeal,
    now: () => clock.now(),
    jitter: noJitter,
    declareSchemes: async () => undefined,
    ...given,
  };
  const run = (feed: FeedDescription, name: string, bytes: Buffer, upTo?: string) =>
    importFeed(
      services,
      { feed, file: { name, bytes }, ...(upTo === undefined ? {} : { upTo }) },
      { ...importer, authority: feed.issuer },
    );
  return { services, identity, ledger, reader, clock, run };
}

/** All facts of a ledger, parsed. */
export async function factsOf(reader: LedgerReader) {
  const { facts } = await reader.readFrom(-1, 1_000_000);
  return facts.map(({ canonical }) => JSON.parse(canonical) as RecordedJson);
}
export type RecordedJson = {
  type: string;
  stream: string;
  subject?: string;
  source: { kind: string; digest?: string; row?: number };
  data: Record<string, unknown>;
};

/** Subjects on the list, from the facts alone: no code of the import's has a part in it. */
export function activeSubjects(facts: readonly RecordedJson[]): string[] {
  const open = new Map<string, string>();
  for (const { type, subject = '', data } of facts) {
    if (type === 'regulatory.listing-taken-in.v1') open.set(String(data['listing']), subject);
    if (type === 'regulatory.listing-ended.v1') open.delete(String(data['listing']));
  }
  return [...open.values()].sort();
}

/** A ledger whose process dies after so many commands, in the middle of a chunk or behind it. */
export function mortalLedger(writer: LedgerWriter) {
  const mortal = { diesAfter: Infinity };
  const ledger: LedgerWriter = {
    ...writer,
    appendBulk: async (commands) => {
      const survived = commands.slice(0, mortal.diesAfter);
      const outcomes = await writer.appendBulk(survived);
      mortal.diesAfter -= survived.length;
      if (mortal.diesAfter <= 0) throw new Error('killed');
      return outcomes;
    },
  };
  return { ledger, mortal };
}

/** An import on a ledger whose process dies. */
export function mortalImport() {
  const twin = openMemoryLedger({ ledger: 'regulatory', clock: fixedClock() });
  const { ledger, mortal } = mortalLedger(twin.writer);
  return { killed: testImport({ ledger, reader: twin.reader }), mortal };
}

export function ignoreDeath(error: Error): void {
  if (error.message !== 'killed') throw error;
}
