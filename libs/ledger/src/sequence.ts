import { ALL_BUCKETS, type LedgerName } from '@writ/contracts';
import { canonicalOf, type FactTemplate } from './envelope.js';
import { leafHash } from './leaf.js';
import { appendLeaf, emptyTree, type MerkleTree, type Tile } from './merkle.js';
import type { PreparedCommand } from './prepare-command.js';

/**
 * Where a ledger stands, as far as the next event needs it. `sequenceCommand` moves it on; after
 * any doubt it is thrown away and read anew.
 */
export type SequenceState = {
  ledger: LedgerName;
  epoch: number;
  tree: MerkleTree;
  /** Per bucket the position of its last fact, -1 when none. */
  bucketLast: number[];
  /** ISO time of the last event; '' when none. */
  recordedAt: string;
  /** Last number of each authority known so far; one that is missing must be read first. */
  authorities: Map<string, number>;
};

/** One event as it is stored. */
export type SequencedEvent = {
  position: number;
  prev: number;
  bucket: number;
  epoch: number;
  stream: string;
  version: number;
  /** Hex. */
  leaf: string;
  canonical: string;
  type: string;
  subject: string | undefined;
  recordedAt: string;
};

/** @returns the state of a ledger without events */
export function emptySequence(ledger: LedgerName, epoch: number): SequenceState {
  return {
    ledger,
    epoch,
    tree: emptyTree(),
    bucketLast: ALL_BUCKETS.map(() => -1),
    recordedAt: '',
    authorities: new Map(),
  };
}

/** recordedAt never runs backwards: the later of the clock and the last event's time. */
export function recordedAtOr(last: string, clock: string): string {
  return clock > last ? clock : last;
}

/** Streams and the versions they will have once what was accepted is recorded. */
export type VersionOverlay = Map<string, number>;

/**
 * Places an accepted command's events. Changes `state`, `versions` and `tiles`.
 *
 * @param versions holds every stream the command writes to
 * @param recordedAt one time for the batch, already not before the state's
 */
export function sequenceCommand(
  state: SequenceState,
  command: PreparedCommand,
  versions: VersionOverlay,
  recordedAt: string,
  tiles: Tile[],
): SequencedEvent[] {
  state.recordedAt = recordedAt;
  return command.facts.map((fact) => sequenceFact(state, fact, versions, recordedAt, tiles));
}

function sequenceFact(
  state: SequenceState,
  fact: FactTemplate,
  versions: VersionOverlay,
  recordedAt: string,
  tiles: Tile[],
): SequencedEvent {
  const { epoch, tree, bucketLast, authorities } = state;
  const { stream, bucket, authority, type, subject } = fact;
  const position = tree.size;
  const authoritySeq = (authorities.get(authority) ?? 0) + 1;
  const version = (versions.get(stream) ?? 0) + 1;
  const canonical = canonicalOf(fact, { epoch, position, version, authoritySeq, recordedAt });
  const leaf = leafHash(canonical);
  const prev = bucketLast[bucket] ?? -1;
  tiles.push(...appendLeaf(tree, leaf));
  bucketLast[bucket] = position;
  authorities.set(authority, authoritySeq);
  versions.set(stream, version);
  return {
    position,
    prev,
    bucket,
    epoch,
    stream,
    version,
    leaf,
    canonical,
    type,
    subject,
    recordedAt,
  };
}

/**
 * Key before version, versions that advance with each accepted command.
 *
 * @param versions of every stream the command expects
 * @returns the stream that has moved on, if one has
 */
export function streamMovedOn(
  command: PreparedCommand,
  versions: VersionOverlay,
): string | undefined {
  return command.expect.find(({ stream, version }) => versions.get(stream) !== version)?.stream;
}
