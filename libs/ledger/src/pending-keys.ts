import type { FactOutcome } from './ledger.js';
import type { PreparedCommand } from './prepare-command.js';

type Pending = { fingerprint: string; outcome: Promise<FactOutcome> | undefined };

/** Shares one promise among equal commands that wait for their outcome in this process. */
export type ShareOutcome = (
  command: PreparedCommand,
  /** Queues the command; called unless the same command is pending. */
  append: () => Promise<FactOutcome>,
) => Promise<FactOutcome>;

/** @returns one writer's sharing: it knows the keys that are pending there */
export function pendingKeys(): ShareOutcome {
  const pending = new Map<string, Pending>();
  return async ({ keyHash, fingerprint }, append) => {
    for (let same = pending.get(keyHash); same?.outcome; same = pending.get(keyHash)) {
      if (same.fingerprint === fingerprint) return same.outcome;
      // Another body under this key: what becomes of the first decides.
      await same.outcome.catch(() => undefined);
    }
    const outcome = append();
    const own: Pending = { fingerprint, outcome };
    pending.set(keyHash, own);
    const forget = () => {
      pending.delete(keyHash);
      // A Map that changes fast leaves tables behind that keep each other, and this, from young
      // collections: it cost a quarter of an append.
      own.outcome = undefined;
    };
    outcome.then(forget, forget);
    return outcome;
  };
}
