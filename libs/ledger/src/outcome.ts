import type { LedgerName } from '@writ/contracts';
import type { Verdict } from './batch.js';
import type { FactOutcome, RecordedFact } from './ledger.js';
import { recordedFact } from './recorded-fact.js';

/**
 * What a command's caller is told of its verdict.
 *
 * @param known the events of commands recorded before, by their first position
 */
export function outcomeOf(
  ledger: LedgerName,
  verdict: Verdict,
  known: ReadonlyMap<number, RecordedFact[]>,
): FactOutcome {
  switch (verdict.kind) {
    case 'recorded':
      return {
        outcome: 'recorded',
        events: verdict.events.map((event) => recordedFact(ledger, event)),
      };
    case 'known':
      return { outcome: 'known', events: known.get(verdict.first) ?? [] };
    case 'key_reused':
      return { outcome: 'refused', reason: 'key_reused_with_another_body' };
    case 'conflict':
      return { outcome: 'conflict', stream: verdict.stream };
  }
}
