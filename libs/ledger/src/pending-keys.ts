import type { FactOutcome } from './ledger.js';
import type { PreparedCommand } from './prepare-command.js';

type Pending = { fingerprint: string; outcome: Promise<FactOutcome> };

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
    for (let same = pending.get(keyHash); same; same = pending.get(keyHash)) {
      if (same.fingerprint === fingerprint) return same.outcome;
      // Another body under this key: what becomes of the first decides.
      await same.outcome.catch(() => undefined);
    }
    const outcome = append();
    pending.set(keyHash, { fingerprint, outcome });
    const forget = () => {
      pending.delete(keyHash);
    };
    outcome.then(forget, forget);
    return outcome;
  };
}
