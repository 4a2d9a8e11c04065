import type { DeliveredFact, LedgerName } from '@writ/contracts';

/** Why a subject's facts wait. */
export type ParkReason =
  /** Of a type or version that this build does not know; tried again after an upgrade. */
  | 'fact_version_unknown'
  /** Known, but the consumer cannot take it in. */
  | 'fact_is_poison';

/** A fact to park, and why (later facts of a parked subject inherit the reason). */
export type Parking = { fact: DeliveredFact; reason: ParkReason };

/** Quarantine is per ledger and subject; facts without a subject wait together. */
export function subjectKey({ ledger, subject }: { ledger: LedgerName; subject?: string }): string {
  return `${ledger}/${subject ?? ''}`;
}

/**
 * Parts what can be folded from what must wait: unknown versions, poison, and every later fact of
 * a subject that waits already.
 *
 * @param parked `subjectKey`s that wait since an earlier delivery
 * @param poison per `subjectKey` the fact that could not be taken in
 */
export function splitParked(
  fresh: readonly DeliveredFact[],
  parked: ReadonlySet<string>,
  poison: ReadonlyMap<string, DeliveredFact>,
  understands: (type: string) => boolean,
): { foldable: DeliveredFact[]; parkings: Parking[] } {
  const foldable: DeliveredFact[] = [];
  const parkings: Parking[] = [];
  const waits = new Map<string, ParkReason>();
  for (const fact of fresh) {
    const key = subjectKey(fact);
    const reason =
      waits.get(key) ??
      (parked.has(key) ? 'fact_is_poison' : undefined) ??
      (understands(fact.type) ? undefined : 'fact_version_unknown') ??
      (poison.get(key)?.position === fact.position ? 'fact_is_poison' : undefined);
    if (reason === undefined) foldable.push(fact);
    else {
      waits.set(key, reason);
      parkings.push({ fact, reason });
    }
  }
  return { foldable, parkings };
}
