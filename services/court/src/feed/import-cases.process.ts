import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { CourtFact, Receipt } from '@writ/contracts';
import type { CourtWrite } from '../court-context.js';
import {
  openFile,
  readCases,
  standingOf,
  type FeedDescription,
  type ImportRequest,
  type RefusedRow,
  type Seal,
  type SourceCase,
  type SourceCases,
  type Steps,
  type TakenIn,
} from '@writ/feeds';
import type { BulkCommand, LedgerWriter, RecordedFact } from '@writ/ledger';
import {
  Problem,
  receiptOf,
  resolveRows,
  type CommandContext,
  type IdentityClient,
} from '@writ/service-host';
import { evolveFile, readCaseFile, type CaseFile } from '../case/case-file.js';
import { caseStream, courtFact, listingStream, type CourtContext } from '../court-context.js';
import { caseIdOf, numberRefOf, takeInCase, type CasesCopy } from './take-in-case.js';

/** How the cases of a copy stand when it is taken in. */
export type CopySummary = {
  snapshot: string;
  observedAt: string;
  outcome: 'taken-in' | 'already-taken-in';
  active: number;
  fulfilled: number;
  annulled: number;
  neverListed: number;
  refusedRows: number;
};

/** A row that was not taken in; never a value of it. */
export type RowReport = { snapshot: string; row: number; reason: string; column?: string };

export type CasesAnswer = {
  /** Of the closing fact; null when the copy was observed after the time asked. */
  receipt: Receipt | null;
  list: string;
  digest: string;
  /** Events recorded by this import. */
  recorded: number;
  snapshots: CopySummary[];
  rows: RowReport[];
};

export type CasesPorts = {
  ledger: LedgerWriter;
  identity: Pick<IdentityClient, 'resolve' | 'sealTexts'>;
  seal: Seal;
  /** Largest file, unpacked; absent: 256 MiB. */
  unpackedBytesMax?: number;
  /** Declares the list and the schemes the description brings along, where nobody has. */
  declare: (feed: FeedDescription) => Promise<void>;
};

type Command = Pick<CommandContext, 'correlation'>;

const READ_AT_ONCE_MAX = 64;
const ROWS_AT_ONCE_MAX = 2_000;
const TEXTS_AT_ONCE_MAX = 1_000;

/** The stream of one register: one fact for each copy taken in. */
export const feedStream = (list: string): string => `feed-${list}`;

/**
 * Takes in one copy of a register of cases. The ledger alone is what is known: a copy that was
 * killed goes on where the ledger ends, and the same again records nothing.
 *
 * @throws Problem 422 when the file is refused: nothing is recorded; 409 when somebody else
 *   recorded in between: the copy is not closed, and goes on when it is sent again
 */
export async function importCases(
  ports: CasesPorts,
  { feed, file, upTo }: ImportRequest,
  context: CourtContext,
  command: Command,
): Promise<CasesAnswer> {
  const opened = await openFile(file, feed, ports.unpackedBytesMax);
  if (!opened.ok) throw new Problem(422, opened.reason, '/file/bytes');
  const read = await inTurns(readCases(opened.file, feed, ports.seal));
  if (!read.ok) {
    const detail = read.column === undefined ? undefined : `Refused: column "${read.column}".`;
    throw new Problem(422, read.reason, '/file/bytes', detail);
  }
  const { copy } = read;
  const { list } = feed;
  const answer = { receipt: null, list, digest: copy.digest, recorded: 0, snapshots: [], rows: [] };
  if (upTo !== undefined && Date.parse(copy.observedAt) > Date.parse(upTo)) return answer;
  const { events } = await ports.ledger.readStream(feedStream(list));
  refuseAuthority(events, context);
  const takenIn = events.map(({ fact }) => fact.data as TakenIn);
  const standing = standingOf(copy, takenIn, context.now.toISOString());
  const before = events.find(({ fact }) => (fact.data as TakenIn).snapshot === copy.snapshot);
  if (standing === 'taken-in' && before) {
    // Once more which of its rows cannot be read: the first answer may have been lost.
    const snapshots = [summaryOf(before, 'already-taken-in')];
    return {
      ...answer,
      receipt: receiptOf([before]),
      snapshots,
      rows: reportOf(copy.refused, copy),
    };
  }
  if (standing !== 'new') throw new Problem(422, standing, '/file');
  if (copy.cases.length === 0) throw new Problem(422, 'snapshot_has_no_readable_row', '/file');
  await ports.declare(feed);
  return { ...answer, ...(await takeIn(ports, { feed, copy, events }, context, command)) };
}

/** Long reading step by step: the process answers others between two steps. */
async function inTurns<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await turn();
  }
}

function refuseAuthority(events: readonly RecordedFact[], { envelope }: CourtContext): void {
  const [first] = events;
  if (!first || first.fact.authority === envelope.authority) return;
  throw new Problem(422, 'authority_may_not_speak_for_this_list', '/headers/writ-authority');
}

type Input = { feed: FeedDescription; copy: SourceCases; events: readonly RecordedFact[] };
type Known = Map<string, CaseFile>;

async function takeIn(
  ports: CasesPorts,
  { feed, copy, events }: Input,
  context: CourtContext,
  command: Command,
): Promise<Pick<CasesAnswer, 'receipt' | 'recorded' | 'snapshots' | 'rows'>> {
  const { ledger } = ports;
  const versions = new Map<string, number>();
  const known = await readKnown(ledger, copy.cases, versions);
  const refused = [...copy.refused];
  const { subjects, aliasSequence } = await subjectsOf(ports, copy.cases, known, command);
  const about: CasesCopy = { ...copy, list: feed.list, zone: feed.zone, isFirst: !events.length };
  const planned: Planned[] = [];
  for (const entry of copy.cases) {
    const file = known.get(caseIdOf(entry));
    if (!file) throw new Error('a case is known or not, but read');
    const subject = subjectIn(file) ?? subjects.get(entry.row);
    if (entry.standing === 'neverListed' && file.case.status === 'unknown') continue;
    if (subject === undefined || typeof subject === 'object') {
      refused.push({ row: entry.row, reason: subject?.refused ?? 'subject_is_not_resolved' });
      continue;
    }
    const decided = takeInCase(file, { entry, subject }, about, sourced(context, copy, entry.row));
    if (decided.kind === 'refuse') refused.push({ row: entry.row, reason: decided.refusal.reason });
    else if (decided.events.length > 0) planned.push({ entry, writes: [...decided.events] });
  }
  await sealNumbers(ports, planned, known, subjects, command);
  const feedAt = { stream: feedStream(feed.list), version: events.length };
  const commands = planned.map((plan) => commandOf(plan, versions, [feedAt], copy));
  let recorded = 0;
  for (let at = 0; at < commands.length; at += ROWS_AT_ONCE_MAX) {
    recorded += recordedIn(await ledger.appendBulk(commands.slice(at, at + ROWS_AT_ONCE_MAX)));
  }
  for (const { entry, writes } of planned) {
    const id = caseIdOf(entry);
    known.set(id, writes.map(({ event }) => event).reduce(evolveFile, known.get(id)!));
  }
  const data = closingData(feed.list, copy, known, refused.length);
  const event = courtFact(sourced(context, copy, 0), 'court.cases-taken-in.v1', undefined, data);
  const key = sha256('cases closed', feed.list, copy.snapshot, copy.digest);
  const fingerprint = sha256('fingerprint', key);
  const write = [{ stream: feedAt.stream, event }];
  const outcome = await ledger.append({ key, fingerprint, expect: [feedAt], write });
  recorded += recordedIn([outcome]);
  const [closing] = 'events' in outcome ? outcome.events : [];
  if (!closing) throw new Error('a copy is closed by an event');
  const receipt = receiptOf([closing], aliasSequence);
  return {
    receipt,
    recorded,
    snapshots: [summaryOf(closing, 'taken-in')],
    rows: reportOf(refused, copy),
  };
}

/** Every case of the copy, and the versions of its streams. */
async function readKnown(
  ledger: LedgerWriter,
  cases: readonly SourceCase[],
  versions: Map<string, number>,
): Promise<Known> {
  const known: Known = new Map();
  const readOne = async (entry: SourceCase) => {
    const id = caseIdOf(entry);
    const file = await readCaseFile(async (stream) => {
      const { version, events } = await ledger.readStream(stream);
      versions.set(stream, version);
      return events;
    }, id);
    known.set(id, file);
  };
  for (let at = 0; at < cases.length; at += READ_AT_ONCE_MAX) {
    await Promise.all(cases.slice(at, at + READ_AT_ONCE_MAX).map(readOne));
  }
  return known;
}

/** Of cases not known yet, and to be: who is listed for the first time. */
async function subjectsOf(
  { identity }: CasesPorts,
  cases: readonly SourceCase[],
  known: Known,
  { correlation }: Command,
) {
  const fresh = cases.filter((entry) => {
    const isKnown = known.get(caseIdOf(entry))?.case.status !== 'unknown';
    return !isKnown && entry.standing !== 'neverListed';
  });
  const rows = fresh.map(({ row, named }) => ({ row, ...named }));
  const { subjects, aliasSequence } = await resolveRows(identity, rows, correlation);
  const plain = [...subjects].map(([row, answer]): [number, string | { refused: string }] => [
    row,
    'subject' in answer ? answer.subject : answer,
  ]);
  return { subjects: new Map(plain), aliasSequence };
}

function subjectIn({ case: known }: CaseFile): string | undefined {
  if (known.status === 'unknown') return undefined;
  const [obligation] = known.obligations.values();
  return obligation?.subject;
}

type Planned = { entry: SourceCase; writes: CourtWrite[] };

/** Case numbers are identity's alone: under the debtor's key, and erased with the debtor. */
async function sealNumbers(
  { identity }: CasesPorts,
  planned: readonly Planned[],
  known: Known,
  subjects: ReadonlyMap<number, string | { refused: string }>,
  { correlation }: Command,
): Promise<void> {
  const texts = planned.flatMap(({ entry }) => {
    const id = caseIdOf(entry);
    const owner = subjects.get(entry.row);
    if (typeof owner !== 'string' || known.get(id)?.case.status !== 'unknown') return [];
    const kind = 'case-number' as const;
    return [{ ref: numberRefOf(id), owner, kind, text: entry.number }];
  });
  for (let at = 0; at < texts.length; at += TEXTS_AT_ONCE_MAX) {
    const some = texts.slice(at, at + TEXTS_AT_ONCE_MAX);
    await identity.sealTexts({ texts: some }, correlation);
  }
}

function sourced(context: CourtContext, { digest }: SourceCases, row: number): CourtContext {
  const source = { kind: 'feed' as const, digest, row };
  return { ...context, envelope: { ...context.envelope, source } };
}

/** One row as one command: all of its events or none, under a key that another try arrives at. */
function commandOf(
  { entry, writes }: Planned,
  versions: ReadonlyMap<string, number>,
  expected: readonly { stream: string; version: number }[],
  { snapshot, digest }: SourceCases,
): BulkCommand {
  const id = caseIdOf(entry);
  const streams = [caseStream(id), listingStream(`${id}-1`)];
  const expect = streams.map((stream) => ({ stream, version: versions.get(stream) ?? 0 }));
  const stands = expect.map(({ version }) => version);
  const key = sha256('cases', id, snapshot, digest, ...stands.map(String));
  const fingerprint = sha256('fingerprint', key);
  return { key, fingerprint, expect: [...expected, ...expect], write: writes };
}

/** @throws Problem 409 when one of them was not recorded */
function recordedIn(outcomes: readonly Awaited<ReturnType<LedgerWriter['append']>>[]): number {
  let recorded = 0;
  for (const outcome of outcomes) {
    if (outcome.outcome === 'refused') throw new Problem(422, outcome.reason);
    if (outcome.outcome === 'conflict') throw new Problem(409, 'feed_has_moved_meanwhile');
    if (outcome.outcome === 'recorded') recorded += outcome.events.length;
  }
  return recorded;
}

function closingData(list: string, copy: SourceCases, known: Known, refusedRows: number) {
  const { snapshot, digest, observedAt, cases } = copy;
  const statuses = [...known.values()].map(({ listings: [listing] }) => listing?.status);
  const count = (status: string) => statuses.filter((other) => other === status).length;
  const neverListed = cases.filter((entry) => {
    const isKnown = known.get(caseIdOf(entry))?.case.status !== 'unknown';
    return entry.standing === 'neverListed' && !isKnown;
  }).length;
  const stands = { active: count('listed'), fulfilled: count('delisted') };
  const voids = { annulled: count('annulled'), neverListed, refusedRows };
  return { list, snapshot, digest, observedAt, ...stands, ...voids };
}

function summaryOf({ fact }: RecordedFact, outcome: CopySummary['outcome']): CopySummary {
  const { data } = fact as Extract<CourtFact, { type: 'court.cases-taken-in.v1' }>;
  const { snapshot, observedAt, active, fulfilled, annulled, neverListed, refusedRows } = data;
  return { snapshot, observedAt, outcome, active, fulfilled, annulled, neverListed, refusedRows };
}

function reportOf(refused: readonly RefusedRow[], { snapshot }: SourceCases): RowReport[] {
  return refused.map(({ row, reason, column }) => {
    const where = { snapshot, row, reason };
    return column === undefined ? where : { ...where, column };
  });
}

function sha256(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
