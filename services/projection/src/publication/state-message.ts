import type { LedgerName, SubjectStateMessage } from '@writ/contracts';

/** Canonical text of the components there are. */
export type KeptComponents = Partial<Record<LedgerName, string>>;

/** In the order of canonical texts. */
const SORTED = ['court', 'enforcement', 'regulatory'] as const;

/**
 * What `projection.state` carries of a subject.
 *
 * @returns canonical text of a `SubjectStateMessage`; null (a tombstone) when nothing is kept
 */
export function stateMessage(
  { subject, foldVersion, position }: Omit<SubjectStateMessage, 'state'>,
  kept: KeptComponents,
): string | null {
  const present = SORTED.filter((ledger) => kept[ledger] !== undefined);
  if (present.length === 0) return null;
  const positions = SORTED.map((ledger) => `"${ledger}":${position[ledger]}`).join(',');
  const state = present.map((ledger) => `"${ledger}":${kept[ledger]!}`).join(',');
  return `{"foldVersion":${foldVersion},"position":{${positions}},"state":{${state}},"subject":"${subject}"}`;
}
