import type { NewFact } from '@writ/contracts';
import { record, refuse, type Decision, type StreamWrite } from '@writ/decider';
import { carriedRows, isEmptyInterval, isLegalTime, rowsFollowing } from '@writ/law';
import type { Envelope } from '../list/declare-list.js';
import type { List } from '../list/list.js';
import {
  memorandumStream,
  versionsOf,
  type Memorandum,
  type MemorandumRow,
  type MemorandumText,
} from './memorandum.js';

/** A version as an authority submits it: the complete rows. */
export type MemorandumSubmission = Omit<MemorandumText, 'memorandumVersion' | 'lists'>;

export type MemorandumRefusal =
  | 'memorandum_is_already_recorded'
  | 'memorandum_is_unknown'
  | 'authority_may_not_change_this_memorandum'
  | 'legal_time_does_not_exist'
  | 'end_is_before_start'
  | 'row_is_repeated'
  | 'list_is_not_declared'
  | 'commendation_list_can_only_carry_a_preference'
  | 'scrutiny_list_cannot_carry_a_restriction'
  | 'memorandum_exceeds_what_can_be_carried';

type Recorded = Decision<StreamWrite<NewFact>, MemorandumRefusal>;

export const MEMORANDUM_RULES = { pack: 'regulatory.memoranda', version: 1 };

/** What is declared beside the memorandum. */
export type Declared = {
  /** Every list a row names, by code. */
  lists: ReadonlyMap<string, List>;
  /** Every other memorandum's versions, in their order. */
  others: readonly (readonly MemorandumText[])[];
  now: Date;
};

/** Records a memorandum's first version. */
export function recordMemorandum(
  memorandum: Memorandum,
  declared: Declared,
  submission: MemorandumSubmission,
  envelope: Envelope,
): Recorded {
  if (memorandum.status === 'recorded')
    return refuse('memorandum_is_already_recorded', '/memorandum');
  return recordVersion(memorandum, declared, submission, envelope);
}

/** Records the next version: complete rows in place of the earlier ones. */
export function recordMemorandumVersion(
  memorandum: Memorandum,
  declared: Declared,
  submission: MemorandumSubmission,
  envelope: Envelope,
): Recorded {
  if (memorandum.status === 'unknown') return refuse('memorandum_is_unknown', '/path/memorandum');
  if (memorandum.recordedBy !== envelope.authority) {
    return refuse('authority_may_not_change_this_memorandum', '/headers/writ-authority');
  }
  return recordVersion(memorandum, declared, submission, envelope);
}

function recordVersion(
  memorandum: Memorandum,
  declared: Declared,
  submission: MemorandumSubmission,
  envelope: Envelope,
): Recorded {
  const fault = faultOf(submission, declared.lists);
  if (fault) return refuse(fault.reason, fault.field);
  const before = memorandum.status === 'recorded' ? memorandum : { version: 0, lists: [] };
  const named = new Set([...before.lists, ...submission.rows.map(({ list }) => list)]);
  const lists = [...named].sort();
  const data = { ...submission, memorandumVersion: before.version + 1, lists };
  if (exceedsWhatCanBeCarried([...versionsOf(memorandum), data], declared)) {
    return refuse('memorandum_exceeds_what_can_be_carried', '/rows');
  }
  return record({
    stream: memorandumStream(submission.memorandum),
    event: {
      type: 'regulatory.memorandum-recorded.v1',
      ...envelope,
      rules: MEMORANDUM_RULES,
      data,
    },
  });
}

/**
 * A decision carries every row that is in force for a listing or will be, in one fact: with that
 * version, those of all memoranda that lay measures on one list must still fit.
 */
function exceedsWhatCanBeCarried(
  versions: readonly MemorandumText[],
  { lists, others, now }: Declared,
): boolean {
  const at = { instant: now.toISOString() };
  return [...lists].some(([code, list]) => {
    if (list.status !== 'declared') return false;
    const rows = [versions, ...others].flatMap((one) => rowsFollowing(one, { ...list, code }));
    return carriedRows(rows, at) === undefined;
  });
}

type Fault = { reason: MemorandumRefusal; field: string };

function faultOf(submission: MemorandumSubmission, lists: ReadonlyMap<string, List>) {
  const { effectiveFrom, until, rows } = submission;
  if (!isLegalTime(effectiveFrom)) return fault('legal_time_does_not_exist', '/effectiveFrom');
  if (until && !isLegalTime(until)) return fault('legal_time_does_not_exist', '/until');
  if (until && isEmptyInterval(effectiveFrom, until)) return fault('end_is_before_start', '/until');
  const codes = new Set<string>();
  for (const [index, row] of rows.entries()) {
    if (codes.has(row.row)) return fault('row_is_repeated', `/rows/${index}/row`);
    codes.add(row.row);
    const found = rowFault(row, lists.get(row.list));
    if (found) return fault(found.reason, `/rows/${index}${found.field}`);
  }
  return undefined;
}

/** No consequence on a list that warns or praises: restrictions follow from restrictive lists. */
function rowFault(row: MemorandumRow, list: List | undefined): Fault | undefined {
  if (list?.status !== 'declared') return fault('list_is_not_declared', '/list');
  if (row.effect === 'preference') return undefined;
  if (list.kind === 'commendation') {
    return fault('commendation_list_can_only_carry_a_preference', '/effect');
  }
  if (list.kind === 'scrutiny') return fault('scrutiny_list_cannot_carry_a_restriction', '/effect');
  return undefined;
}

function fault(reason: MemorandumRefusal, field: string): Fault {
  return { reason, field };
}
