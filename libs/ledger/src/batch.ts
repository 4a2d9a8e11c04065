import { frontierOf, type Tile } from './merkle.js';
import type { PreparedCommand } from './prepare-command.js';
import {
  recordedAtOr,
  sequenceCommand,
  streamMovedOn,
  type SequencedEvent,
  type SequenceState,
  type VersionOverlay,
} from './sequence.js';

/** What is stored of an accepted command: where its events are. */
export type KeyRow = { keyHash: string; fingerprint: string; first: number; count: number };

/** What the ledger says to one command. */
export type Verdict =
  | { kind: 'recorded'; events: readonly SequencedEvent[] }
  | { kind: 'known'; first: number; count: number }
  | { kind: 'key_reused' }
  | { kind: 'conflict'; stream: string };

/** A decided batch, ready to be written. */
export type Batch = {
  from: number;
  /** Frontier the batch was decided on: it stands for everything recorded before. */
  baseFrontier: string;
  epoch: number;
  /** Verdicts in the order of the commands. */
  verdicts: Verdict[];
  events: SequencedEvent[];
  keys: KeyRow[];
  tiles: Tile[];
  /** New last number of each authority that speaks in this batch. */
  authorities: Map<string, number>;
  frontier: string;
  bucketLast: number[];
  recordedAt: string;
  /** Versions after the batch of every stream its commands expected. */
  versions: VersionOverlay;
};

/**
 * Decides commands in queue order, key before version, against versions that advance with each
 * accepted command; a command that fails, fails alone. Changes `state`, `versions` and `known`.
 *
 * @param state knows the last number of every authority that speaks
 * @param versions of every stream that any command expects
 * @param known keys that are recorded, by hash
 * @param clock ISO time of the writer's clock
 */
export function decideBatch(
  state: SequenceState,
  commands: readonly PreparedCommand[],
  versions: VersionOverlay,
  known: Map<string, KeyRow>,
  clock: string,
): Batch {
  const from = state.tree.size;
  const baseFrontier = frontierOf(state.tree);
  const recordedAt = recordedAtOr(state.recordedAt, clock);
  const events: SequencedEvent[] = [];
  const keys: KeyRow[] = [];
  const tiles: Tile[] = [];
  const authorities = new Map<string, number>();
  const verdicts = commands.map((command): Verdict => {
    const knownKey = known.get(command.keyHash);
    if (knownKey) return verdictOfKnownKey(knownKey, command);
    const stream = streamMovedOn(command, versions);
    if (stream !== undefined) return { kind: 'conflict', stream };
    const first = state.tree.size;
    const placed = sequenceCommand(state, command, versions, recordedAt, tiles);
    const { keyHash, fingerprint } = command;
    const key = { keyHash, fingerprint, first, count: placed.length };
    known.set(keyHash, key);
    keys.push(key);
    events.push(...placed);
    for (const { authority } of command.facts) {
      authorities.set(authority, state.authorities.get(authority) ?? 0);
    }
    return { kind: 'recorded', events: placed };
  });
  const frontier = frontierOf(state.tree);
  const bucketLast = [...state.bucketLast];
  const decided = { from, baseFrontier, epoch: state.epoch, verdicts, events, keys, tiles };
  return { ...decided, authorities, frontier, bucketLast, recordedAt, versions };
}

function verdictOfKnownKey(known: KeyRow, command: PreparedCommand): Verdict {
  if (known.fingerprint !== command.fingerprint) return { kind: 'key_reused' };
  return { kind: 'known', first: known.first, count: known.count };
}

/** What the database must confirm about streams before a predicted batch may be written. */
export type Guards = {
  /** This version of the stream must be there. */
  present: { stream: string; version: number }[];
  /** This version must not be there: the stream was read, not written. */
  absent: { stream: string; version: number }[];
};

export type PredictedBatch = { batch: Batch; guards: Guards };

/**
 * The fast path: every command is taken at its word about the versions it saw, and the database
 * compares. After `undefined` the state is spoilt and must be read anew.
 *
 * @param state predicted: as if all that is in flight were recorded
 * @param inFlight versions that the batches in flight leave behind
 * @returns undefined when a command would be refused on that prediction, or speaks for an
 *   authority whose last number is not known here
 */
export function predictBatch(
  state: SequenceState,
  commands: readonly PreparedCommand[],
  inFlight: VersionOverlay | undefined,
  clock: string,
): PredictedBatch | undefined {
  const versions: VersionOverlay = new Map();
  const first: VersionOverlay = new Map();
  for (const { expect, facts } of commands) {
    for (const { authority } of facts) {
      if (!state.authorities.has(authority)) return undefined;
    }
    for (const { stream, version } of expect) {
      if (versions.has(stream)) continue;
      const predicted = inFlight?.get(stream);
      if (predicted === undefined) first.set(stream, version);
      versions.set(stream, predicted ?? version);
    }
  }
  const batch = decideBatch(state, commands, versions, new Map(), clock);
  if (batch.keys.length !== commands.length) return undefined;
  return { batch, guards: guardsOf(first, versions) };
}

function guardsOf(first: VersionOverlay, after: VersionOverlay): Guards {
  const guards: Guards = { present: [], absent: [] };
  for (const [stream, version] of first) {
    if (version > 0) guards.present.push({ stream, version });
    // A written stream's next version is compared by the unique constraint.
    if (after.get(stream) === version) guards.absent.push({ stream, version: version + 1 });
  }
  return guards;
}

/** @returns the streams that commands expect, each once */
export function streamsOf(commands: readonly PreparedCommand[]): string[] {
  return [...new Set(commands.flatMap(({ expect }) => expect.map(({ stream }) => stream)))];
}

/** @returns the authorities that commands speak for, each once */
export function authoritiesOf(commands: readonly PreparedCommand[]): string[] {
  return [...new Set(commands.flatMap(({ facts }) => facts.map(({ authority }) => authority)))];
}
