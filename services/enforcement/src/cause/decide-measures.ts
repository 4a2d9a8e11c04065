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

/**
 * Which measures follow from one cause, whole: restated only when they differ from what was
 * decided last, where "never decided" counts as none. A cause that has ended calls for none.
 *
 * @param last rows of the cause's last decision; empty when there was none
 */
export function decideMeasures(
  cause: Cause,
  plan: Plan,
  last: DecidedRows,
  trigger: Trigger,
): Decision<enforcementFacts.MeasuresDecided, never> {
  const planned = cause.ended ? [] : plan.rowsFor(cause.list, cause.origin);
  const measures = planned.map((row) => ({ measure: measureId(cause, row), ...row }));
  if (isSameRows(measures, last)) return record();
  const { ledger, id, list, subject, position } = cause;
  return record({
    type: 'enforcement.measures-decided.v1',
    authority: ENFORCEMENT_AUTHORITY,
    actor: { kind: 'system', id: ENFORCEMENT_AUTHORITY, verified: false },
    source: { kind: 'system' },
    rules: { pack: 'enforcement', version: 1 },
    subject,
    causedBy: trigger.causedBy,
    correlation: trigger.correlation,
    data: {
      cause: { ledger, id },
      list,
      basedOn: { cause: position, ...(plan.position < 0 ? {} : { reference: plan.position }) },
      measures,
    },
  });
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
