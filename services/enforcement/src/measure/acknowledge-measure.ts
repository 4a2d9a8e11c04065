import type { enforcementFacts, LegalTime } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { hasBegun } from '@writ/law';
import type { MeasureRecord } from './measure-record.js';

/** What an implementer says it did about one measure. */
export type Acknowledgement = {
  implementer: string;
  measureId: string;
  /** Position of the decision it answers, in enforcement's ledger. */
  decision: number;
  outcome: 'applied' | 'not-applied' | 'lifted';
  /** A reason code, never text. */
  reason?: string;
  /** When it was done: an instant in UTC. */
  at: string;
};

export type AcknowledgementRefusal =
  | 'implementer_is_not_the_authority'
  | 'measure_is_unknown'
  | 'measure_belongs_to_another_implementer'
  | 'decision_is_unknown'
  | 'decision_does_not_impose_the_measure'
  | 'decision_still_imposes_the_measure'
  | 'not_applied_needs_a_reason'
  | 'acknowledged_time_must_not_be_in_the_future';

/** The cause whose stream was read, as the measure id led to it. */
export type AcknowledgedCause = {
  ledger: 'court' | 'regulatory';
  id: string;
  subject: string;
  /** The first moment the cause itself no longer holds, when a date was stated. */
  until?: LegalTime;
};

export type AcknowledgementContext = {
  authority: string;
  actor: enforcementFacts.MeasureAcknowledged['actor'];
  correlation: string;
  now: Date;
};

const CLOCK_TOLERANCE_MS = 5 * 60_000;

/**
 * Records what an implementer did, as it says itself: nobody speaks for another. The decision it
 * answers is named, so that a late `applied` for a decision since replaced is kept as what it is
 * and closes nothing. Only `lifted`, for a decision that no longer imposes the measure (or whose
 * rows or cause have run out), closes a lifting.
 */
export function acknowledgeMeasure(
  state: MeasureRecord,
  cause: AcknowledgedCause,
  given: Acknowledgement,
  context: AcknowledgementContext,
): Decision<enforcementFacts.MeasureAcknowledged, AcknowledgementRefusal> {
  if (given.implementer !== context.authority) {
    return refuse('implementer_is_not_the_authority', '/implementer');
  }
  const measure = state.measures.get(given.measureId);
  if (!measure) return refuse('measure_is_unknown', '/measureId');
  if (measure.implementer !== given.implementer) {
    return refuse('measure_belongs_to_another_implementer', '/measureId');
  }
  const decided = measure.decided.find(({ decision }) => decision === given.decision);
  if (!decided) return refuse('decision_is_unknown', '/decision');
  if (given.outcome === 'lifted') {
    const hasRunOut = [decided.until, cause.until].some(
      (end) => end !== undefined && hasBegun(end, { instant: given.at }),
    );
    if (decided.imposed && !hasRunOut) {
      return refuse('decision_still_imposes_the_measure', '/decision');
    }
  } else if (!decided.imposed) {
    return refuse('decision_does_not_impose_the_measure', '/decision');
  }
  if (given.outcome === 'not-applied' && given.reason === undefined) {
    return refuse('not_applied_needs_a_reason', '/reason');
  }
  if (Date.parse(given.at) > context.now.getTime() + CLOCK_TOLERANCE_MS) {
    return refuse('acknowledged_time_must_not_be_in_the_future', '/at');
  }
  const data = acknowledged(cause, given);
  if (isSame(measure.acknowledged, data)) return record();
  return record({
    type: 'enforcement.measure-acknowledged.v1',
    authority: context.authority,
    actor: context.actor,
    source: { kind: 'api' },
    rules: { pack: 'enforcement', version: 1 },
    subject: cause.subject,
    causedBy: { ledger: 'enforcement', position: given.decision },
    correlation: context.correlation,
    data,
  });
}

type Acknowledged = enforcementFacts.MeasureAcknowledged['data'];

function acknowledged(cause: AcknowledgedCause, given: Acknowledgement): Acknowledged {
  const { measureId: measure, implementer, decision, outcome, reason, at } = given;
  const { ledger, id } = cause;
  const data = { cause: { ledger, id }, measure, implementer, decision, outcome, at };
  return reason === undefined ? data : { ...data, reason };
}

function isSame(last: Acknowledged | undefined, data: Acknowledged): boolean {
  return (
    last !== undefined &&
    last.decision === data.decision &&
    last.outcome === data.outcome &&
    last.reason === data.reason &&
    last.at === data.at
  );
}
