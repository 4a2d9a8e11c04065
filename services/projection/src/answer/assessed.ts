import type { Watermark } from '@writ/contracts';
import type { Cause } from '../fold/cause.js';
import type { MeasureDecision } from '../fold/enforcement-fold.js';
import { earlierInstant } from '../fold/segment.js';
import type { Reference } from './reference.js';

/** How far enforcement has looked at its sources, as its watermark says: no answer rests on it. */
export type Assessed = NonNullable<Watermark['assessed']>;

/**
 * Whether enforcement has looked at a cause as it stands: its newest decision, empty or not, rests
 * on the cause's last fact and on the last fact that says what follows from its list. Decisions are
 * facts, so that what was assessed at a position can be told for ever after.
 */
export function isAssessed(
  cause: Cause,
  decision: MeasureDecision | undefined,
  reference: Reference,
): boolean {
  if (!decision || decision.basedOn.cause < cause.position) return false;
  return !isOvertaken(cause, decision, reference);
}

/** Whether a fact that says what follows from the cause's list came after what was decided on. */
export function isOvertaken(
  cause: Cause,
  { basedOn }: MeasureDecision,
  reference: Reference,
): boolean {
  const last = reference.touched.get(cause.list)?.at(-1)?.position ?? -1;
  return (basedOn.reference ?? -1) < last;
}

/** @returns since when a cause is not assessed: its own last fact, or the first to overtake it */
export function notAssessedSince(
  cause: Cause,
  decision: MeasureDecision | undefined,
  reference: Reference,
): string {
  if (!decision) return cause.recordedAt;
  const decidedOn = decision.basedOn.reference ?? -1;
  const overtaking = reference.touched
    .get(cause.list)
    ?.find(({ position }) => position > decidedOn);
  if (!overtaking) return cause.recordedAt;
  if (decision.basedOn.cause >= cause.position) return overtaking.recordedAt;
  return earlierInstant(cause.recordedAt, overtaking.recordedAt);
}
