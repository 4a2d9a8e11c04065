import type { Fact, regulatoryFacts } from '@writ/contracts';
import type { Static } from '@sinclair/typebox';

export type ListKind = Static<typeof regulatoryFacts.ListKind>;

/** What a list's stream remembers. */
export type List =
  | { status: 'undeclared' }
  | {
      status: 'declared';
      version: number;
      kind: ListKind;
      issuer: string;
      jurisdiction: string;
      /** Whoever declared it may speak for it, beside its issuer. */
      declaredBy: string;
    };

export const undeclared: List = { status: 'undeclared' };

export const listStream = (list: string) => `list-${list}`;

/** What is read of a recorded fact. */
export type ListFact = Pick<Fact, 'type' | 'authority' | 'data'>;

/** @returns the list as its stream's facts tell it */
export function listOf(recorded: readonly { fact: ListFact }[]): List {
  return recorded.reduce((list, { fact }) => evolveList(list, fact), undeclared);
}

export function evolveList(list: List, fact: ListFact): List {
  if (fact.type !== 'regulatory.list-declared.v1') return list;
  const { kind, issuer, jurisdiction } = fact.data as Static<typeof regulatoryFacts.ListDeclared>;
  const version = list.status === 'declared' ? list.version + 1 : 1;
  const declaredBy = list.status === 'declared' ? list.declaredBy : fact.authority;
  return { status: 'declared', version, kind, issuer, jurisdiction, declaredBy };
}

/** @returns whether an authority may declare this list anew or bring its entries */
export function maySpeakFor(list: List, authority: string): boolean {
  if (list.status === 'undeclared') return true;
  return authority === list.issuer || authority === list.declaredBy;
}
