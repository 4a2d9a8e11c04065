import type { Fact } from '@writ/contracts';

/**
 * A fact contradicts what its own ledger said before: its subject is set aside (I8) until somebody
 * has looked; everybody else goes on. The message carries codes only, never a value.
 */
export class Contradiction extends Error {
  constructor(
    readonly reason: string,
    fact: Pick<Fact, 'ledger' | 'position' | 'type'>,
  ) {
    super(`${reason}: ${fact.type} at ${fact.ledger}/${fact.position}`);
  }
}
