import { LEDGERS, type LedgerName } from '@writ/contracts';

/** Two sets of the same tables: the live one answers, a rebuild folds into the other. */
export type StateSet = 'a' | 'b';

/** @returns the set that is not this one */
export function otherSet(set: StateSet): StateSet {
  return set === 'a' ? 'b' : 'a';
}

/** How a ledger is kept in a row. */
export function ledgerCode(ledger: LedgerName): number {
  return LEDGERS.indexOf(ledger);
}

/** @throws RangeError for a code that is none */
export function ledgerOfCode(code: number): LedgerName {
  const ledger = LEDGERS[code];
  if (!ledger) throw new RangeError('not the code of a ledger');
  return ledger;
}
