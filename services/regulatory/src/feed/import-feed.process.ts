import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Receipt } from '@writ/contracts';
import { handle } from '@writ/decider';
import {
  type FeedDescription,
  type ImportRequest,
  openFile,
  standingOf,
  type Steps,
  type TakenIn,
} from '@writ/feeds';
import type { RecordedFact } from '@writ/ledger';
import { Problem, problemOf, receiptOf, type CommandContext } from '@writ/service-host';
import { declareList } from '../list/declare-list.js';
import { listOf, listStream, maySpeakFor } from '../list/list.js';
import { readSource, type SourceUnit } from './read-source.js';
import { feedStream } from './record-changes.js';
import {
  goneFrom,
  healMemory,
  takeIn,
  unitKey,
  type ImportPorts,
  type ImportRun,
  type UnitTakenIn,
} from './take-in.process.js';

/** A row that was not taken in; never a value of it. */
export type RowReport = { snapshot: string; row: number; reason: string; column?: string };

export type SnapshotSummary = {
  snapshot: string;
  observedAt: string;
  outcome: 'taken-in' | 'already-taken-in';
  listed: number;
  amended: number;
  ended: number;
  refusedRows: number;
  /** Entries missing from the source that stay listed: a row there could not be read at all. */
  heldBack: number;
  active: number;
};

export type ImportAnswer = {
  /** Of the last snapshot's closing fact; null when the file holds none up to the time asked. */
  receipt: Receipt | null;
  list: string;
  /** SHA-256 of the file, unpacked. */
  digest: string;
  /** Events recorded by this import. */
  recorded: number;
  snapshots: SnapshotSummary[];
  rows: RowReport[];
};

type ImportContext = Pick<CommandContext, 'authority' | 'actor' | 'correlation'>;

export type ImportServices = ImportPorts & {
  now: () => Date;
  jitter: (attempt: number) => Promise<void>;
  /** Largest file, unpacked; absent: 256 MiB. */
  unpackedBytesMax?: number;
  /** Registers the schemes a feed brings along; identity knows them from then on. */
  declareSchemes: (
    schemes: NonNullable<FeedDescription['schemes']>,
    correlation: string,
  ) => Promise<void>;
};

/**
 * Imports one file of a feed, snapshot by snapshot; what was taken in before is passed over.
 *
 * @throws Problem 422 when the file or a snapshot is refused: that snapshot changes nothing;
 *   409 while another import of the list is running
 */
export async function importFeed(
  services: ImportServices,
  request: ImportRequest,
  context: ImportContext,
): Promise<ImportAnswer> {
  const { feed } = request;
  const source = await readFile(services, request);
  const unlock = await services.memory.lock(feed.list);
  if (!unlock) throw new Problem(409, 'another_import_of_the_list_is_running');
  try {
    const closed = await closedSnapshots(services, feed.list);
    const sorted = sortOut(source.units, closed, services.now().toISOString(), request.upTo);
    const input = { ...source, ...sorted, closed };
    const run = await beginRun(services, feed, context, input);
    const [first] = sorted.fresh;
    // Before the list is declared: a file that is refused leaves nothing behind.
    if (first) goneFrom(run, first);
    const declared = await declareFromFeed(services, feed, context);
    if (feed.schemes) await services.declareSchemes(feed.schemes, context.correlation);
    const answer = await takeInAll(services, run, input);
    return { ...answer, recorded: answer.recorded + declared };
  } finally {
    await unlock();
  }
}

async function readFile(services: ImportServices, { feed, file }: ImportRequest) {
  const opened = await openFile(file, feed, services.unpackedBytesMax);
  if (!opened.ok) throw new Problem(422, opened.reason, '/file/bytes');
  const read = await inTurns(readSource(opened.file, { feed, seal: services.seal }));
  if (!read.ok) {
    const detail = read.column === undefined ? undefined : `Refused: column "${read.column}".`;
    throw new Problem(422, read.reason, '/file/bytes', detail);
  }
  return { units: read.units, fileDigest: opened.file.digest };
}

/** Long reading step by step: the process answers others between two steps. */
async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turn();
  }
}

type Closed = { facts: readonly RecordedFact[]; takenIn: readonly TakenIn[] };

async function closedSnapshots({ ledger }: ImportPorts, list: string): Promise<Closed> {
  const { events } = await ledger.readStream(feedStream(list));
  return { facts: events, takenIn: events.map(({ fact }) => fact.data as TakenIn) };
}

/** Which snapshots of the file are new; one that may not be taken in refuses the whole file. */
function sortOut(units: readonly SourceUnit[], closed: Closed, now: string, upTo?: string) {
  const asked = units.filter(({ observedAt }) => {
    return upTo === undefined || Date.parse(observedAt) <= Date.parse(upTo);
  });
  const fresh: SourceUnit[] = [];
  for (const unit of asked) {
    const standing = standingOf(unit, closed.takenIn, now);
    if (standing === 'new') fresh.push(unit);
    else if (standing !== 'taken-in') throw new Problem(422, standing, '/file');
  }
  return { asked, fresh };
}

/**
 * A list that nobody has declared yet is declared as the description says.
 *
 * @returns how many events that recorded
 */
async function declareFromFeed(
  { ledger, jitter }: ImportServices,
  feed: FeedDescription,
  context: ImportContext,
): Promise<number> {
  const { list, kind, title, issuer, jurisdiction, coverage } = feed;
  const state = listOf((await ledger.readStream(listStream(list))).events);
  if (!maySpeakFor(state, context.authority)) {
    throw new Problem(422, 'authority_may_not_speak_for_this_list', '/headers/writ-authority');
  }
  if (state.status === 'declared') {
    const said = { kind, issuer, jurisdiction };
    for (const field of ['kind', 'issuer', 'jurisdiction'] as const) {
      if (state[field] === said[field]) continue;
      throw new Problem(422, 'list_is_declared_otherwise', `/description/${field}`);
    }
    return 0;
  }
  const { authority, actor, correlation } = context;
  const envelope = { authority, actor, correlation, source: { kind: 'api' as const } };
  const declaration = { list, kind, title, issuer, jurisdiction, coverage };
  const key = sha256(`declared by feed|${list}|${JSON.stringify(declaration)}`);
  const result = await handle(
    ledger,
    { key, fingerprint: key },
    async (read) => declareList(listOf(await read(listStream(list))), declaration, envelope),
    { jitter },
  );
  if (result.kind === 'refused') throw problemOf(result.refusal);
  return result.repeated ? 0 : result.events.length;
}

type Sorted = {
  asked: readonly SourceUnit[];
  fresh: readonly SourceUnit[];
  fileDigest: string;
  closed: Closed;
};

/** What is known of the list, by the ledger, before the file's first new snapshot. */
async function beginRun(
  services: ImportServices,
  feed: FeedDescription,
  { authority, actor, correlation }: ImportContext,
  { fresh, fileDigest, closed }: Sorted,
): Promise<ImportRun> {
  const { memory } = services;
  const { list } = feed;
  const descriptionDigest = sha256(JSON.stringify(feed));
  const [first] = fresh;
  const next = first && unitKey({ descriptionDigest }, first);
  await healMemory(services, list, (unit) => unit === next);
  return {
    feed,
    descriptionDigest,
    fileDigest,
    envelope: { authority, actor, correlation },
    known: first ? await memory.entries(list, recordsOf(fresh)) : new Map(),
    active: first ? await memory.activeCount(list) : 0,
    feedVersion: closed.facts.length,
    aliasSequence: 0,
  };
}

async function takeInAll(
  services: ImportServices,
  run: ImportRun,
  { asked, fileDigest, closed }: Sorted,
): Promise<ImportAnswer> {
  const answer: ImportAnswer = {
    receipt: null,
    list: run.feed.list,
    digest: fileDigest,
    recorded: 0,
    snapshots: [],
    rows: [],
  };
  for (const unit of asked) {
    const before = closed.facts.find(({ fact }) => sameSnapshot(fact.data, unit));
    const done = before ? undefined : await takeIn(services, run, unit);
    const closing = done?.closing ?? before;
    if (!closing) throw new Error('a snapshot is either new or taken in');
    answer.recorded += done?.recorded ?? 0;
    answer.receipt = receiptOf([closing], run.aliasSequence);
    answer.snapshots.push(summaryOf(closing, done));
    // A copy passed over says again which of its rows cannot be read: the first answer may have
    // been lost. What was refused against the state of that time is counted in its summary alone.
    for (const { row, reason, column } of done?.plan.refused ?? unit.refused) {
      const where = { snapshot: unit.snapshot, row, reason };
      answer.rows.push(column === undefined ? where : { ...where, column });
    }
  }
  return answer;
}

function sameSnapshot(data: unknown, unit: SourceUnit): boolean {
  return (data as TakenIn).snapshot === unit.snapshot;
}

/** A dated copy needs every entry (those missing end); events only those they speak of. */
function recordsOf(units: readonly SourceUnit[]): string[] | undefined {
  const records: string[] = [];
  for (const unit of units) {
    if (unit.form !== 'events') return undefined;
    records.push(...unit.events.map(({ record }) => record));
  }
  return [...new Set(records)];
}

function summaryOf(closing: RecordedFact, done: UnitTakenIn | undefined): SnapshotSummary {
  type Closing = Omit<SnapshotSummary, 'outcome' | 'heldBack'>;
  const { snapshot, observedAt, listed, amended, ended, refusedRows, active } = closing.fact
    .data as Closing;
  const outcome = done ? 'taken-in' : 'already-taken-in';
  const heldBack = done?.plan.heldBack ?? 0;
  return { snapshot, observedAt, outcome, listed, amended, ended, refusedRows, heldBack, active };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
