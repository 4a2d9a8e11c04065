import type { Fact } from '@writ/contracts';
import { regulatoryFacts } from '@writ/contracts';

type ListKind = regulatoryFacts.ListDeclared['data']['kind'];
type MemorandumVersion = regulatoryFacts.MemorandumRecorded['data'];

/** What regulatory has declared: the lists, and every version of every memorandum. */
export type Reference = {
  lists: ReadonlyMap<string, { kind: ListKind }>;
  memoranda: ReadonlyMap<string, readonly MemorandumVersion[]>;
  /** Per list the position of the last fact that touches it. */
  touched: ReadonlyMap<string, number>;
  /** Of the last fact folded into it; -1 and the beginning of time: none. */
  position: number;
  recordedAt: string;
};

export const nothingDeclared: Reference = {
  lists: new Map(),
  memoranda: new Map(),
  touched: new Map(),
  position: -1,
  recordedAt: '1970-01-01T00:00:00.000Z',
};

export type ReferenceFact = Fact &
  (regulatoryFacts.ListDeclared | regulatoryFacts.MemorandumRecorded);

/** @returns whether facts of that type change what is declared */
export function isReferenceFactType(type: string): type is ReferenceFact['type'] {
  return type === 'regulatory.list-declared.v1' || type === 'regulatory.memorandum-recorded.v1';
}

/** What is declared after one more fact. A version told twice is kept once, as told last. */
export function evolveReference(reference: Reference, fact: ReferenceFact): Reference {
  const { position, recordedAt } = fact;
  const touched = new Map(reference.touched);
  for (const list of listsTouched(reference, fact)) touched.set(list, position);
  const moved = { ...reference, touched, position, recordedAt };
  if (fact.type === 'regulatory.list-declared.v1') {
    const lists = new Map(reference.lists).set(fact.data.list, { kind: fact.data.kind });
    return { ...moved, lists };
  }
  const { memorandum, memorandumVersion } = fact.data;
  const others = (reference.memoranda.get(memorandum) ?? []).filter(
    (version) => version.memorandumVersion !== memorandumVersion,
  );
  const versions = [...others, fact.data].sort((a, b) => a.memorandumVersion - b.memorandumVersion);
  const memoranda = new Map(reference.memoranda).set(memorandum, versions);
  return { ...moved, memoranda };
}

/**
 * The lists whose causes have to be assessed anew because of that fact: also those that only an
 * earlier version of the memorandum names, whatever the fact itself says of them.
 *
 * @param reference before the fact
 */
export function listsTouched(reference: Reference, fact: ReferenceFact): string[] {
  if (fact.type === 'regulatory.list-declared.v1') return [fact.data.list];
  const earlier = reference.memoranda.get(fact.data.memorandum) ?? [];
  const named = [...earlier, fact.data].flatMap(({ rows }) => rows.map(({ list }) => list));
  return [...new Set([...fact.data.lists, ...named])].sort();
}
