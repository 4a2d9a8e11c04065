import type { CourtFact } from '@writ/contracts';
import { record, refuse, type Decision } from '@writ/decider';
import { caseStream, courtFact, type CourtContext, type CourtWrite } from '../court-context.js';
import type { Case } from './case.js';

type Opened = Extract<CourtFact, { type: 'court.case-opened.v1' }>['data'];

/** Open an enforcement case on an instrument. */
export type OpenCase = Opened;

export type OpenCaseRefusal = 'case_already_open';

/** An instrument may take effect later than its case is opened; nobody is listed before it does. */
export function openCase(
  state: Case,
  command: OpenCase,
  context: CourtContext,
): Decision<CourtWrite, OpenCaseRefusal> {
  if (state.status === 'open') return refuse('case_already_open');
  const event = courtFact(context, 'court.case-opened.v1', undefined, command);
  return record({ stream: caseStream(command.case), event });
}
