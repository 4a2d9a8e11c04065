import type { FactOutcome } from './ledger.js';
import type { PreparedCommand } from './prepare-command.js';

type Pending = { fingerprint: string; outcome: Promise<FactOutcome> };

/** Keys that wait for their outcome in this process: the same command shares one promise. */
export class PendingKeys {
  readonly #pending = new Map<string, Pending>();

  /**
   * @param append queues the command; called unless the same command is pending
   */
  async share(command: PreparedCommand, append: () => Promise<FactOutcome>): Promise<FactOutcome> {
    const { keyHash, fingerprint } = command;
    for (let same = this.#pending.get(keyHash); same; same = this.#pending.get(keyHash)) {
      if (same.fingerprint === fingerprint) return same.outcome;
      // Another body under this key: what becomes of the first decides.
      await same.outcome.catch(() => undefined);
    }
    const outcome = append();
    this.#pending.set(keyHash, { fingerprint, outcome });
    const forget = () => {
      this.#pending.delete(keyHash);
    };
    outcome.then(forget, forget);
    return outcome;
  }
}
