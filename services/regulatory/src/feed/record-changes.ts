import { createHash } from 'node:crypto';
import type { NewFact, RegulatoryFact } from '@writ/contracts';
import type { StreamWrite } from '@writ/decider';
import type { BulkCommand } from '@writ/ledger';
import type { PlannedChange, Plan } from './plan-snapshot.js';

/** What all facts of one snapshot share. */
export type UnitContext = {
  list: string;
  snapshot: string;
  /** Tells the snapshot's content; keys hang on it. */
  unitDigest: string;
  /** Of the file, unpacked: what an auditor can recompute. */
  fileDigest: string;
  /** Of the description: another reading of the same file is another command. */
  descriptionDigest: string;
  nature: 'change' | 'correction';
  observedAt: string;
  /** Of the stream `feed-<list>` before this snapshot is closed. */
  feedVersion: number;
  envelope: Pick<NewFact, 'authority' | 'actor' | 'correlation'>;
};

type Facts = StreamWrite<RegulatoryFact>[];

export const FEED_RULES = { pack: 'regulatory.feeds', version: 1 };

/** The stream of one feed: one fact for each snapshot taken in. */
export const feedStream = (list: string) => `feed-${list}`;
/** The stream of one listing that a feed brought. */
export const entryStream = (listing: string) => `entry-${listing}`;

/**
 * One row as one command: all of its events or none, under a key that a repeated or resumed import
 * arrives at again. It expects the feed to stand where the plan saw it.
 */
export function commandOf(change: PlannedChange, unit: UnitContext): BulkCommand {
  const { before, after } = change;
  const begins = change.kind === 'list' || change.kind === 'replace';
  const expect = [{ stream: feedStream(unit.list), version: unit.feedVersion }];
  if (before && change.kind !== 'list') {
    expect.push({ stream: entryStream(before.listing), version: before.version });
  }
  if (begins) expect.push({ stream: entryStream(after.listing), version: 0 });
  return { ...keyOf(unit, ...keyParts(after)), expect, write: factsOf(change, unit) };
}

/** @returns the key of the command that records a change */
export function keyOfChange({ after }: PlannedChange, unit: UnitContext): string {
  return keyOf(unit, ...keyParts(after)).key;
}

/** What a row makes of its entry, never its line: the same rows may come at other lines again. */
function keyParts({ listing, version }: PlannedChange['after']): [string, string] {
  return [listing, String(version)];
}

/** The command that closes a snapshot: recorded last, it says that all before it was. */
export function closingCommand(plan: Plan, unit: UnitContext): BulkCommand {
  const count = (...kinds: PlannedChange['kind'][]) =>
    plan.changes.filter(({ kind }) => kinds.includes(kind)).length;
  const { list, snapshot, observedAt } = unit;
  const data = {
    list,
    snapshot,
    digest: unit.unitDigest,
    observedAt,
    listed: count('list', 'replace'),
    amended: count('amend'),
    ended: count('end', 'replace'),
    refusedRows: plan.refused.length,
    active: plan.active,
  };
  const stream = feedStream(list);
  const event = { type: 'regulatory.snapshot-taken-in.v1' as const, ...envelopeOf(unit, 0), data };
  return {
    ...keyOf(unit, 'closed'),
    expect: [{ stream, version: unit.feedVersion }],
    write: [{ stream, event }],
  };
}

function keyOf(unit: UnitContext, ...parts: readonly string[]) {
  const { list, snapshot, unitDigest, descriptionDigest } = unit;
  const key = sha256('feed', list, snapshot, unitDigest, descriptionDigest, ...parts);
  return { key, fingerprint: sha256('fingerprint', key) };
}

function envelopeOf(unit: UnitContext, row: number) {
  const source = { kind: 'feed' as const, digest: unit.fileDigest, row };
  return { ...unit.envelope, source, rules: FEED_RULES };
}

function factsOf(change: PlannedChange, unit: UnitContext): Facts {
  const { kind, before, after } = change;
  const facts: Facts = [];
  if ((kind === 'end' || kind === 'replace') && before) {
    facts.push(endedFact(change, before, unit));
  }
  const stream = entryStream(after.listing);
  const { terms, subject, listing } = after;
  const { list, snapshot, nature } = unit;
  const { observedAt, onOrBefore } = change;
  const common = { ...envelopeOf(unit, change.row), subject };
  const said = { listing, list, snapshot, ...terms, observedAt };
  if (kind === 'amend') {
    const data = { ...said, nature };
    facts.push({ stream, event: { type: 'regulatory.listing-amended.v1', ...common, data } });
  }
  if (kind === 'list' || kind === 'replace') {
    const unstated = { instrument: 'not-stated', notice: 'not-stated' } as const;
    const data = { ...said, ...unstated, onOrBefore };
    facts.push({ stream, event: { type: 'regulatory.listing-taken-in.v1', ...common, data } });
  }
  return facts;
}

function endedFact(
  { kind, row, observedAt }: PlannedChange,
  { listing, subject }: NonNullable<PlannedChange['before']>,
  unit: UnitContext,
): Facts[number] {
  const { list, snapshot } = unit;
  const isAbsent = kind === 'end' && row === 0;
  const reason = isAbsent ? 'absent-from-snapshot' : 'delisted-by-source';
  const data = { listing, list, snapshot, reason, observedAt } as const;
  const event = {
    type: 'regulatory.listing-ended.v1' as const,
    ...envelopeOf(unit, row),
    subject,
    data,
  };
  return { stream: entryStream(listing), event };
}

function sha256(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
