import type {
  enforcementFacts,
  Fact,
  JournalledAnswer,
  LedgerName,
  MeasureAnswer,
} from '@writ/contracts';
import { answer, answerUnknown, type SubjectRecord } from '@writ/projection/answer/answer';
import { referenceOf } from '@writ/projection/answer/reference';
import {
  evolveReference,
  referenceKey,
  type ReferenceFact,
  type ReferenceItem,
} from '@writ/projection/fold/reference-fold';
import {
  causesOf,
  decisionsOf,
  evolveComponent,
  type Component,
  type SubjectState,
} from '@writ/projection/fold/subject-state';

export type MeasureRow = {
  cause: string;
  measure: string;
  memorandum: string;
  memorandumVersion: number;
  row: string;
  legalBasis: string;
};

/** An answer told by facts: which of them it needs, and the rules those were decided by. */
export type Explanation = {
  answers: MeasureAnswer[];
  /** Whether the facts give the answer that was journalled. */
  agrees: boolean;
  /** In their ledgers' order: leave one out, and it would be another answer, or none. */
  facts: Fact[];
  /** Rule packs by which those facts were decided. */
  rules: { pack: string; version: number }[];
  /** Memorandum rows by which the answer's measures follow from its causes. */
  rows: MeasureRow[];
};

/**
 * @param facts of the subject in every ledger, and those that concern nobody in the regulators'
 *   (lists, memoranda), up to the answer's position, each ledger in its order
 */
export function explainAnswer(asked: JournalledAnswer, facts: readonly Fact[]): Explanation {
  const given = told(asked, facts);
  if (!given) throw new Error('the facts of one subject contradict each other');
  const wanted = JSON.stringify(given);
  let needed = [...facts];
  const leaveOut = (some: ReadonlySet<Fact>) => {
    const without = needed.filter((fact) => !some.has(fact));
    const answers = told(asked, without);
    if (answers && JSON.stringify(answers) === wanted) needed = without;
  };
  // Whole things first: of a listing that has ended neither its beginning nor its end is needed.
  for (const thing of things(facts)) leaveOut(thing);
  // Newest first: what came later is left out where what was before says the same.
  for (const fact of needed.toReversed()) leaveOut(new Set([fact]));
  const packs = new Map(
    needed.map(({ rules }) => [`${rules.pack} ${rules.version}`, rules] as const),
  );
  return {
    answers: given,
    agrees: sameAnswers(given, asked.answers),
    facts: needed,
    rules: [...packs.values()],
    rows: rowsOf(given, needed),
  };
}

/** Facts by what they are about: a listing with its decisions, a case, a list, a memorandum. */
function things(facts: readonly Fact[]): Set<Fact>[] {
  const byThing = new Map<string, Set<Fact>>();
  for (const fact of facts) {
    const data = fact.data as Record<string, unknown> & { cause?: { id: string } };
    const thing =
      data['listing'] ?? data.cause?.id ?? data['case'] ?? data['memorandum'] ?? data['list'];
    const key = typeof thing === 'string' ? thing : '';
    byThing.set(key, (byThing.get(key) ?? new Set()).add(fact));
  }
  return [...byThing.values()];
}

function rowsOf(given: readonly MeasureAnswer[], facts: readonly Fact[]): MeasureRow[] {
  const named = new Set(
    given.flatMap(({ causes = [] }) => causes.map(({ cause, measure }) => `${cause} ${measure}`)),
  );
  return facts.flatMap((fact) => {
    if (fact.type !== 'enforcement.measures-decided.v1') return [];
    const { cause, measures } = (fact as Fact & enforcementFacts.MeasuresDecided).data;
    return measures.flatMap(({ code: measure, memorandum, memorandumVersion, row, legalBasis }) => {
      if (!named.has(`${cause.id} ${measure}`)) return [];
      return [{ cause: cause.id, measure, memorandum, memorandumVersion, row, legalBasis }];
    });
  });
}

/** @returns the answers that follow from these facts, or undefined where they contradict */
function told(asked: JournalledAnswer, facts: readonly Fact[]): MeasureAnswer[] | undefined {
  try {
    const { reference, record } = folded(facts);
    const measures = asked.answers.map(({ measure }) => measure);
    const question = {
      measures,
      ...(asked.scheme === null ? {} : { scheme: asked.scheme }),
      ...(asked.place === null ? {} : { place: asked.place }),
    };
    const when = { now: asked.answeredAt };
    return asked.subject === null
      ? answerUnknown(reference, question, when, { reference: [], aliases: [] })
      : answer(record, reference, question, when);
  } catch {
    return undefined;
  }
}

function folded(facts: readonly Fact[]) {
  const items = new Map<string, ReferenceItem>();
  const components = new Map<LedgerName, Component>();
  for (const fact of facts) {
    if (fact.subject === undefined) {
      const key = referenceKey(fact as ReferenceFact);
      items.set(key, evolveReference(items.get(key), fact as ReferenceFact));
    } else {
      const { ledger } = fact;
      components.set(ledger, evolveComponent(ledger, components.get(ledger), fact).state);
    }
  }
  const state = Object.fromEntries(components) as SubjectState;
  const record: SubjectRecord = { causes: causesOf(state), decisions: decisionsOf(state) };
  return { reference: referenceOf(items), record };
}

function sameAnswers(one: readonly MeasureAnswer[], other: readonly MeasureAnswer[]): boolean {
  const words = (answers: readonly MeasureAnswer[]) =>
    JSON.stringify(answers.map(({ measure, answer: word }) => [measure, word]));
  return words(one) === words(other);
}
