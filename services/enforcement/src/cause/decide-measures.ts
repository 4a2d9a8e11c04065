import { createHash } from 'node:crypto';
import type { enforcementFacts, LedgerName } from '@writ/contracts';
import { record, type Decision } from '@writ/decider';
import type { Plan } from '../memorandum/plan-measures.js';
import type { Cause } from './cause.js';

export type DecidedRows = enforcementFacts.MeasuresDecided['data']['measures'];

/** What called for a look at the cause: a fact of the cause, or one of the reference. */
export type Trigger = {
  causedBy: { ledger: LedgerName; position: number };
  correlation: string;
};

/** The service speaks for itself when it works out what follows. */
export const ENFORCEMENT_AUTHORITY = 'writ.enforcement';

/** The cause's decision as it stands in enforcement's ledger. */
export type StandingDecision = {
  basedOn: enforcementFacts.MeasuresDecided['data']['basedOn'];
  measures: DecidedRows;
};

/**
 * Which measures follow from one cause, whole; a cause that has ended calls for none.
 *
 * On a restrictive list every look is recorded, an empty first one too: whoever reads knows from
 * the decision alone that the cause was assessed, and against what. On other lists only a
 * difference is, where "never decided" counts as none. A look that rests on less than the last
 * decision did says nothing.
 *
 * @param last the cause's last decision; undefined when there is none
 */
export function decideMeasures(
  cause: Cause,
  plan: Plan,
  last: StandingDecision | undefined,
  trigger: Trigger,
): Decision<enforcementFacts.MeasuresDecided, never> {
  if (last && isOlder(cause, plan, last)) return record();
  const planned = cause.ended ? [] : plan.rowsFor(cause.list, cause.origin);
  const measures = planned.map((row) => ({ measure: measureId(cause, row), ...row }));
  const isNews = plan.isRestrictive(cause.list) && !coversAll(last, cause, plan);
  if (!isNews && isSameRows(measures, last?.measures ?? [])) return record();
  const { ledger, id, list, subject } = cause;
  return record({
    type: 'enforcement.measures-decided.v1',
    authority: ENFORCEMENT_AUTHORITY,
    actor: { kind: 'system', id: ENFORCEMENT_AUTHORITY, verified: false },
    source: { kind: 'system' },
    rules: { pack: 'enforcement', version: 1 },
    subject,
    causedBy: trigger.causedBy,
    correlation: trigger.correlation,
    data: { cause: { ledger, id }, list, basedOn: basedOn(cause, plan), measures },
  });
}

/** @returns what a decision on the cause under that plan says it has seen */
export function basedOn(cause: Cause, plan: Plan): StandingDecision['basedOn'] {
  const { position } = cause;
  return plan.position < 0 ? { cause: position } : { cause: position, reference: plan.position };
}

/** Whoever decided last knew more: of the cause, or of the reference. */
function isOlder(cause: Cause, plan: Plan, { basedOn: seen }: StandingDecision): boolean {
  return cause.position < seen.cause || plan.position < (seen.reference ?? -1);
}

function coversAll(last: StandingDecision | undefined, cause: Cause, plan: Plan): boolean {
  if (!last) return false;
  const { cause: position, reference = -1 } = last.basedOn;
  return position >= cause.position && reference >= plan.touchedAt(cause.list);
}

/**
 * The id an implementer knows a measure by: the same for every decision on that cause.
 *
 * @returns hex SHA-256 of cause ledger, cause id, code and implementer, one per line
 */
export function measureId(
  cause: { ledger: string; id: string },
  row: { code: string; implementer: string },
): string {
  const text = [cause.ledger, cause.id, row.code, row.implementer].join('\n');
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function isSameRows(a: DecidedRows, b: DecidedRows): boolean {
  return a.length === b.length && a.every((row, index) => rowText(row) === rowText(b[index]));
}

function rowText(row: DecidedRows[number] | undefined): string {
  if (!row) return '';
  const { measure, effect, memorandum, memorandumVersion, row: code, legalBasis } = row;
  const interval = [row.from, row.until ?? null].map((time) =>
    time && 'date' in time ? ['date', time.date, time.zone] : time && ['instant', time.instant],
  );
  return JSON.stringify([
    measure,
    effect,
    memorandum,
    memorandumVersion,
    code,
    legalBasis,
    interval,
  ]);
}
