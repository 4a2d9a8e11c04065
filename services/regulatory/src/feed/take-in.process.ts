import { createHash } from 'node:crypto';
import type { NewFact } from '@writ/contracts';
import type { FeedDescription, Seal } from '@writ/feeds';
import type { FactOutcome, LedgerWriter, RecordedFact } from '@writ/ledger';
import { Problem, resolveRows, type IdentityClient } from '@writ/service-host';
import type { EntryState } from './entry.js';
import type { FeedMemory } from './feed.repository.js';
import {
  checkSnapshot,
  planEvents,
  planSnapshot,
  subjectsNeeded,
  type Plan,
} from './plan-snapshot.js';
import type { SourceUnit } from './read-source.js';
import { closingCommand, commandOf, keyOfChange, type UnitContext } from './record-changes.js';

/** What an import works with. */
export type ImportPorts = {
  ledger: LedgerWriter;
  identity: Pick<IdentityClient, 'resolve'>;
  memory: FeedMemory;
  seal: Seal;
};

/** One import under way: what it knows, moved on by each snapshot. */
export type ImportRun = {
  feed: FeedDescription;
  descriptionDigest: string;
  fileDigest: string;
  envelope: Pick<NewFact, 'authority' | 'actor' | 'correlation'>;
  known: Map<string, EntryState>;
  active: number;
  feedVersion: number;
  /** Of the identity service, behind all subjects resolved so far. */
  aliasSequence: number;
};

export type UnitTakenIn = {
  plan: Plan;
  /** The fact that closes the snapshot. */
  closing: RecordedFact;
  /** Events this import recorded; a resumed one finds the earlier ones there. */
  recorded: number;
};

const ROWS_AT_ONCE_MAX = 2_000;

/** Names one reading of one snapshot: a resumed import is told by it. */
export function unitKey(run: Pick<ImportRun, 'descriptionDigest'>, unit: SourceUnit): string {
  const parts = [unit.snapshot, unit.digest, run.descriptionDigest];
  return createHash('sha256').update(parts.join('|')).digest('hex');
}

/**
 * @returns the entries that a dated copy no longer has
 * @throws Problem 422 when the copy is not believed
 */
export function goneFrom({ known, feed }: ImportRun, unit: SourceUnit): EntryState[] {
  if (unit.form === 'events') return [];
  const checked = checkSnapshot(known, unit, feed.largestShrink ?? 0);
  if (!checked.ok) throw new Problem(422, checked.reason, '/file');
  return checked.gone;
}

/**
 * Takes in one snapshot: checked wholly, subjects resolved, intents written down, rows recorded
 * and closed, then remembered. Killed anywhere, the next import goes on from what the ledger has.
 *
 * @throws Problem when the snapshot is refused (nothing recorded) or another import interfered
 */
export async function takeIn(
  ports: ImportPorts,
  run: ImportRun,
  unit: SourceUnit,
): Promise<UnitTakenIn> {
  const { ledger, identity, memory, seal } = ports;
  const { feed, known } = run;
  const gone = goneFrom(run, unit);
  const { correlation } = run.envelope;
  const resolved = await resolveRows(identity, subjectsNeeded(known, unit), correlation);
  const { subjects } = resolved;
  run.aliasSequence = Math.max(run.aliasSequence, resolved.aliasSequence);
  const plan =
    unit.form === 'events'
      ? planEvents(known, unit, subjects, { feed, seal, active: run.active })
      : planSnapshot(known, unit, subjects, { gone, seal, isFirst: run.feedVersion === 0 });
  const context = contextOf(run, unit);
  const intents = [
    ...plan.changes.map((change) => ({ key: keyOfChange(change, context), after: change.after })),
    ...plan.adopted.map((after) => ({ key: null, after })),
  ];
  await memory.intend(feed.list, unitKey(run, unit), intents);
  const taken = await recordUnit(ledger, plan, context);
  if (taken === 'moved') {
    // What it went by is not what the ledger has: nobody plans from that a second time.
    await healMemory(ports, feed.list, () => false);
    throw new Problem(409, 'feed_has_moved_meanwhile');
  }
  await memory.settle(feed.list, 'all');
  for (const { after } of intents) known.set(after.record, after);
  run.active = plan.active;
  run.feedVersion += 1;
  return { plan, ...taken };
}

/**
 * A command that fails fails alone, and nothing may close over a gap: a snapshot is closed when all
 * of its rows are there.
 *
 * @returns 'moved' when the ledger moved under the import: the snapshot stays open
 */
async function recordUnit(
  ledger: LedgerWriter,
  plan: Plan,
  context: UnitContext,
): Promise<Pick<UnitTakenIn, 'closing' | 'recorded'> | 'moved'> {
  const { changes } = plan;
  let recorded = 0;
  for (let at = 0; at < changes.length; at += ROWS_AT_ONCE_MAX) {
    const some = changes.slice(at, at + ROWS_AT_ONCE_MAX);
    const commands = some.map((change) => commandOf(change, context));
    const rows = settled(await ledger.appendBulk(commands));
    if (!rows) return 'moved';
    recorded += rows.recorded;
  }
  const closed = settled(await ledger.appendBulk([closingCommand(plan, context)]));
  if (!closed) return 'moved';
  const { last: closing } = closed;
  if (!closing) throw new Error('a snapshot is closed by an event');
  return { closing, recorded: recorded + closed.recorded };
}

/** After a crash: of what an unfinished import had set out to do, keep what the ledger has. */
export async function healMemory(
  { ledger, memory }: Pick<ImportPorts, 'ledger' | 'memory'>,
  list: string,
  isResumed: (unit: string) => boolean,
): Promise<void> {
  const unsettled = await memory.unsettled(list);
  if (!unsettled || isResumed(unsettled.unit)) return;
  const recorded: string[] = [];
  for (const { key } of unsettled.intents) {
    if (key !== null && (await ledger.findKey(key))) recorded.push(key);
  }
  await memory.settle(list, recorded);
}

function contextOf(run: ImportRun, unit: SourceUnit): UnitContext {
  const { feed, descriptionDigest, fileDigest, feedVersion, envelope } = run;
  const { snapshot, digest, observedAt } = unit;
  return {
    list: feed.list,
    snapshot,
    unitDigest: digest,
    fileDigest,
    descriptionDigest,
    nature: feed.amendments ?? (unit.form === 'records' ? 'correction' : 'change'),
    observedAt,
    feedVersion,
    envelope,
  };
}

/** @returns undefined when one of them was not recorded: the ledger had moved */
function settled(outcomes: readonly FactOutcome[]) {
  let recorded = 0;
  let last: RecordedFact | undefined;
  for (const outcome of outcomes) {
    if (outcome.outcome === 'conflict' || outcome.outcome === 'refused') return undefined;
    if (outcome.outcome === 'recorded') recorded += outcome.events.length;
    last = outcome.events.at(-1);
  }
  return { last, recorded };
}
