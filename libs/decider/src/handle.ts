import type { Decision, Refusal } from './decision.js';

/** A stream as read: its events in order; version = number of events. */
export type StreamRead<E> = { stream: string; version: number; events: readonly E[] };

/** One event and the stream it goes to. */
export type StreamWrite<E> = { stream: string; event: E };

export type AppendCommand<N> = {
  /** Idempotency key, already scoped to authority and actor. */
  key: string;
  /** Of the request as it came; another body under the same key is refused. */
  fingerprint: string;
  /** Every stream the decision looked at, with the version it saw. */
  expect: readonly { stream: string; version: number }[];
  write: readonly StreamWrite<N>[];
};

export type AppendOutcome<E> =
  | { outcome: 'recorded'; events: readonly E[] }
  /** The key is known with this fingerprint: the first answer, again. */
  | { outcome: 'known'; events: readonly E[] }
  | { outcome: 'refused'; reason: 'key_reused_with_another_body' }
  /** A stream the decision looked at has moved on. */
  | { outcome: 'conflict'; stream: string };

/** What `handle` needs of a ledger. */
export type Ledger<E, N> = {
  readStream(stream: string): Promise<StreamRead<E>>;
  /** @returns the events recorded under that key, if any */
  findKey(key: string): Promise<{ fingerprint: string; events: readonly E[] } | undefined>;
  append(command: AppendCommand<N>): Promise<AppendOutcome<E>>;
};

/** Reads each stream a decision looks at, once; what was read is guarded by `append`. */
export type ReadStream<E> = (stream: string) => Promise<readonly E[]>;

export type HandleResult<E, R extends string> =
  | { kind: 'recorded'; events: readonly E[]; repeated: boolean }
  | { kind: 'refused'; refusal: Refusal<R | HandleRefusal> };

export type HandleRefusal =
  'key_reused_with_another_body' | 'version_is_stale' | 'too_much_contention';

const ATTEMPTS_MAX = 5;

/** What `handle` is told beside the command: versions a client named, and how to wait. */
export type HandleOptions = {
  named?: readonly { stream: string; version: number }[];
  /** Waits before attempt n + 1; comes in so that tests need no clock. */
  jitter: (attempt: number) => Promise<void>;
};

/**
 * Read all, decide outside any transaction, append; our own conflicts are read and decided again,
 * at most five times with jitter. A version that a client named is never retried.
 *
 * A retried command is told by its key: before any refusal the key is looked up, since the first
 * try may be the very reason why the second would be refused.
 *
 * @param decide reads through `read` (never from a cache), then decides purely
 */
export async function handle<E, N, R extends string>(
  ledger: Ledger<E, N>,
  command: { key: string; fingerprint: string },
  decide: (read: ReadStream<E>) => Promise<Decision<StreamWrite<N>, R>>,
  options: HandleOptions,
): Promise<HandleResult<E, R>> {
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const seen = new Map<string, Seen<E>>();
    const read = async (stream: string) => {
      // Read again, it would be guarded at a version that the first answer was not of.
      let own = seen.get(stream);
      if (!own) seen.set(stream, (own = { reading: ledger.readStream(stream) }));
      const { version, events } = await own.reading;
      own.version = version;
      return events;
    };
    const decision = await decide(read);
    const stale =
      options.named !== undefined && (await namedVersionIsStale(seen, options.named, read));
    if (stale || decision.kind === 'refuse' || decision.events.length === 0) {
      const known = await answerOfKnownKey(ledger, command);
      if (known) return known;
      if (stale) return { kind: 'refused', refusal: { reason: 'version_is_stale' } };
      if (decision.kind === 'refuse') return { kind: 'refused', refusal: decision.refusal };
      return { kind: 'recorded', events: [], repeated: false };
    }
    const expect: { stream: string; version: number }[] = [];
    for (const [stream, { version }] of seen) {
      // What was asked for and not waited for was not looked at.
      if (version !== undefined) expect.push({ stream, version });
    }
    const appended = await ledger.append({ ...command, expect, write: decision.events });
    if (appended.outcome === 'refused') {
      return { kind: 'refused', refusal: { reason: appended.reason } };
    }
    if (appended.outcome !== 'conflict') {
      const repeated = appended.outcome === 'known';
      return { kind: 'recorded', events: appended.events, repeated };
    }
    if (options.named?.some(({ stream }) => stream === appended.stream)) {
      return { kind: 'refused', refusal: { reason: 'version_is_stale' } };
    }
    await options.jitter(attempt);
  }
  return { kind: 'refused', refusal: { reason: 'too_much_contention' } };
}

type Seen<E> = { reading: Promise<StreamRead<E>>; version?: number };

async function namedVersionIsStale<E>(
  seen: Map<string, Seen<E>>,
  named: readonly { stream: string; version: number }[],
  read: (stream: string) => Promise<unknown>,
): Promise<boolean> {
  for (const { stream, version } of named) {
    if (seen.get(stream)?.version === undefined) await read(stream);
    if (seen.get(stream)?.version !== version) return true;
  }
  return false;
}

async function answerOfKnownKey<E, N>(
  ledger: Ledger<E, N>,
  command: { key: string; fingerprint: string },
): Promise<HandleResult<E, never> | undefined> {
  const known = await ledger.findKey(command.key);
  if (!known) return undefined;
  return known.fingerprint === command.fingerprint
    ? { kind: 'recorded', events: known.events, repeated: true }
    : { kind: 'refused', refusal: { reason: 'key_reused_with_another_body' } };
}
