import type { Static } from '@sinclair/typebox';
import type { Fact, regulatoryFacts } from '@writ/contracts';

export type MemorandumText = Static<typeof regulatoryFacts.MemorandumRecorded>;
export type MemorandumRow = Static<typeof regulatoryFacts.MemorandumRow>;

/** What a memorandum's stream remembers. */
export type Memorandum =
  | { status: 'unknown' }
  | {
      status: 'recorded';
      version: number;
      recordedBy: string;
      lists: readonly string[];
      /** Every version, in order. */
      versions: readonly MemorandumText[];
    };

export const unknownMemorandum: Memorandum = { status: 'unknown' };

export const memorandumStream = (memorandum: string) => `memorandum-${memorandum}`;

/** What is read of a recorded fact. */
export type MemorandumFact = Pick<Fact, 'type' | 'authority' | 'data'>;

/** @returns the memorandum as its stream's facts tell it */
export function memorandumOf(recorded: readonly { fact: MemorandumFact }[]): Memorandum {
  return recorded.reduce(
    (memorandum, { fact }) => evolveMemorandum(memorandum, fact),
    unknownMemorandum,
  );
}

export function evolveMemorandum(memorandum: Memorandum, fact: MemorandumFact): Memorandum {
  if (fact.type !== 'regulatory.memorandum-recorded.v1') return memorandum;
  const text = fact.data as MemorandumText;
  const { memorandumVersion: version, lists } = text;
  const first = memorandum.status === 'recorded' ? memorandum.recordedBy : fact.authority;
  const versions = [...versionsOf(memorandum), text];
  return { status: 'recorded', version, recordedBy: first, lists, versions };
}

/** @returns every version recorded, in order */
export function versionsOf(memorandum: Memorandum): readonly MemorandumText[] {
  return memorandum.status === 'recorded' ? memorandum.versions : [];
}
