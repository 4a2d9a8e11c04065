import type { Watermark } from '@writ/contracts';
import type { Cause } from '../fold/cause.js';
import type { MeasureDecision } from '../fold/enforcement-fold.js';
import type { Reference } from './reference.js';

/** How far enforcement has looked at its sources, as its watermark says. */
export type Assessed = NonNullable<Watermark['assessed']>;

/**
 * Whether enforcement has looked at a cause as it stands: its newest decision rests on the cause's
 * last fact and on the last fact that says what follows from its list; or its watermark covers
 * both (then there was nothing to decide).
 *
 * @param assessed of a watermark whose `last` this reader has reached; nothing else may be used
 */
export function isAssessed(
  cause: Cause,
  decision: MeasureDecision | undefined,
  reference: Reference,
  assessed: Assessed | undefined,
): boolean {
  const touched = reference.touched.get(cause.list) ?? -1;
  const decided =
    decision !== undefined &&
    decision.basedOn.cause >= cause.position &&
    (decision.basedOn.reference ?? -1) >= touched;
  if (decided) return true;
  if (!assessed) return false;
  return assessed[cause.ledger] >= cause.position && assessed.reference >= touched;
}
