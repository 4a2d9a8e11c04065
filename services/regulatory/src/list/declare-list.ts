import type { Static } from '@sinclair/typebox';
import type { NewFact, regulatoryFacts } from '@writ/contracts';
import { record, refuse, type Decision, type StreamWrite } from '@writ/decider';
import { isLegalTime } from '@writ/law';
import { listStream, maySpeakFor, type List } from './list.js';

/** A list as declared: its kind, and by which schemes, where and since when it can be found. */
export type Declaration = Static<typeof regulatoryFacts.ListDeclared>;

export type DeclareListRefusal =
  | 'authority_may_not_speak_for_this_list'
  | 'kind_of_a_list_never_changes'
  | 'coverage_time_does_not_exist'
  | 'list_is_declared';

/** Whose request it is: spread into the fact. */
export type Envelope = Pick<NewFact, 'authority' | 'actor' | 'source' | 'correlation'>;

export const LIST_RULES = { pack: 'regulatory.lists', version: 1 };

/**
 * Declares a list, or a new version of it. Memoranda rely on its kind: that never changes.
 *
 * @param onlyNew refuses a new version: for whoever comes with a list and would not change it
 */
export function declareList(
  list: List,
  declaration: Declaration,
  envelope: Envelope,
  { onlyNew = false }: { onlyNew?: boolean } = {},
): Decision<StreamWrite<NewFact>, DeclareListRefusal> {
  if (!maySpeakFor(list, envelope.authority)) {
    return refuse('authority_may_not_speak_for_this_list', '/headers/writ-authority');
  }
  if (list.status === 'declared' && list.kind !== declaration.kind) {
    return refuse('kind_of_a_list_never_changes', '/kind');
  }
  if (list.status === 'declared' && onlyNew) return refuse('list_is_declared', '/list');
  if (!isLegalTime(declaration.coverage.from)) {
    return refuse('coverage_time_does_not_exist', '/coverage/from');
  }
  return record({
    stream: listStream(declaration.list),
    event: {
      type: 'regulatory.list-declared.v1',
      ...envelope,
      rules: LIST_RULES,
      data: declaration,
    },
  });
}
