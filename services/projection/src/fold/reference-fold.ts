import type { Fact, regulatoryFacts, courtFacts } from '@writ/contracts';

/** What is recorded of one thing that is no subject: a list, a memorandum, a snapshot, a case. */
export type ReferenceItem = ListItem | MemorandumItem | SnapshotItem | CaseItem | CasesItem;

/** A declared list: every version stays, so that `knownAt` needs no second store. */
export type ListItem = {
  kind: 'list';
  versions: readonly (Stamp & Omit<regulatoryFacts.ListDeclared['data'], 'list'>)[];
};
export type MemorandumItem = {
  kind: 'memorandum';
  versions: readonly (Stamp & Omit<regulatoryFacts.MemorandumRecorded['data'], 'memorandum'>)[];
};
/** The newest snapshot of a list that was taken in whole. */
export type SnapshotItem = {
  kind: 'snapshot';
  newest: Stamp & Omit<regulatoryFacts.SnapshotTakenIn['data'], 'list'>;
};
export type CaseItem = {
  kind: 'case';
  opened: Stamp & { court: string } & Omit<courtFacts.CaseOpened['data'], 'case'>;
};
/** The newest copy of a register of cases that was taken in whole. */
export type CasesItem = {
  kind: 'cases';
  newest: Stamp & Omit<courtFacts.CasesTakenIn['data'], 'list'>;
};
type Stamp = { position: number; recordedAt: string };

export type ReferenceFact = Fact &
  (
    | regulatoryFacts.ListDeclared
    | regulatoryFacts.MemorandumRecorded
    | regulatoryFacts.SnapshotTakenIn
    | courtFacts.CaseOpened
    | courtFacts.CasesTakenIn
  );

/** @returns what the fact is about: the key its item is kept under */
export function referenceKey(fact: ReferenceFact): string {
  switch (fact.type) {
    case 'regulatory.list-declared.v1':
      return `list/${fact.data.list}`;
    case 'regulatory.memorandum-recorded.v1':
      return `memorandum/${fact.data.memorandum}`;
    case 'regulatory.snapshot-taken-in.v1':
      return `snapshot/${fact.data.list}`;
    case 'court.case-opened.v1':
      return `case/${fact.data.case}`;
    case 'court.cases-taken-in.v1':
      return `cases/${fact.data.list}`;
  }
}

/** The item after one more fact about it. */
export function evolveReference(
  item: ReferenceItem | undefined,
  fact: ReferenceFact,
): ReferenceItem {
  const stamp = { position: fact.position, recordedAt: fact.recordedAt };
  switch (fact.type) {
    case 'regulatory.list-declared.v1': {
      const { list: _, ...declared } = fact.data;
      const versions = item?.kind === 'list' ? item.versions : [];
      return { kind: 'list', versions: [...versions, { ...stamp, ...declared }] };
    }
    case 'regulatory.memorandum-recorded.v1': {
      const { memorandum: _, ...recorded } = fact.data;
      const versions = item?.kind === 'memorandum' ? item.versions : [];
      return { kind: 'memorandum', versions: [...versions, { ...stamp, ...recorded }] };
    }
    case 'regulatory.snapshot-taken-in.v1': {
      const { list: _, ...snapshot } = fact.data;
      return { kind: 'snapshot', newest: { ...stamp, ...snapshot } };
    }
    case 'court.case-opened.v1': {
      const { case: _, ...opened } = fact.data;
      return { kind: 'case', opened: { ...stamp, court: fact.authority, ...opened } };
    }
    case 'court.cases-taken-in.v1': {
      const { list: _, ...copy } = fact.data;
      return { kind: 'cases', newest: { ...stamp, ...copy } };
    }
  }
}
