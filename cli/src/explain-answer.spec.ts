import { describe, expect, it } from '@jest/globals';
import type { Fact, JournalledAnswer } from '@writ/contracts';
import {
  AIR,
  COURT_LIST,
  idOf,
  listDeclared,
  measuresDecided,
  memorandum,
  subjectDelisted,
  subjectListed,
  type MadeUpFact,
} from '@writ/projection/testing/made-up-facts';
import { MadeUpLedgers } from '@writ/projection/testing/made-up-ledgers';
import { explainAnswer } from './explain-answer.js';

const SUBJECT = idOf('subject', 1);
const [ONE, TWO] = [`${idOf('case', 1)}-1`, `${idOf('case', 2)}-1`];
const of = (id: string) => ({ ledger: 'court' as const, id });

function recorded(...made: MadeUpFact[]): Fact[] {
  const ledgers = new MadeUpLedgers(() => new Date('2026-03-01T00:00:00Z'));
  return made.map((fact) => JSON.parse(ledgers.record(fact).canonical) as Fact);
}

const asked = (answer: string, more: Partial<JournalledAnswer> = {}): JournalledAnswer => ({
  answerId: 'aa'.repeat(16),
  asked: 'status',
  answeredAt: '2026-04-01T00:00:00Z',
  subject: SUBJECT,
  scheme: null,
  place: null,
  position: { court: 9, regulatory: 9, 'regulatory.reference': 9, enforcement: 9 },
  answers: [{ measure: AIR, answer: answer as 'RESTRICTED' }],
  ...more,
});

const ground = [listDeclared(COURT_LIST), memorandum()];
const namesOf = (facts: readonly Fact[]) =>
  facts.map(({ type, position }) => `${type} ${position}`);

describe('an answer explained', () => {
  it('RESTRICTED: by one listing and its decision, which carries the memorandum row', () => {
    const facts = recorded(
      ...ground,
      subjectListed(SUBJECT, ONE),
      measuresDecided(SUBJECT, of(ONE), { cause: 0, reference: 1 }),
    );
    const explained = explainAnswer(asked('RESTRICTED'), facts);
    expect(explained.agrees).toBe(true);
    expect(namesOf(explained.facts)).toEqual([
      'court.subject-listed.v1 0',
      'enforcement.measures-decided.v1 0',
    ]);
    expect(explained.rows).toMatchObject([{ cause: ONE, measure: AIR }]);
  });

  it('leaves out what it does not need: a listing that has ended', () => {
    const facts = recorded(
      ...ground,
      subjectListed(SUBJECT, TWO),
      measuresDecided(SUBJECT, of(TWO), { cause: 0, reference: 1 }),
      subjectDelisted(SUBJECT, TWO),
      measuresDecided(SUBJECT, of(TWO), { cause: 1, reference: 1 }, []),
      subjectListed(SUBJECT, ONE),
      measuresDecided(SUBJECT, of(ONE), { cause: 2, reference: 1 }),
    );
    const explained = explainAnswer(asked('RESTRICTED'), facts);
    const causes = explained.facts.flatMap(({ data }) => {
      const { listing } = data as { listing?: string };
      return listing === undefined ? [] : [listing];
    });
    expect(new Set(causes)).toEqual(new Set([ONE]));
    // Leave any of them out, and it is another answer, or none.
    for (const fact of explained.facts) {
      const without = explained.facts.filter((other) => other !== fact);
      const again = (() => {
        try {
          return explainAnswer(asked('RESTRICTED'), without).answers;
        } catch {
          return undefined;
        }
      })();
      expect(again).not.toEqual(explained.answers);
    }
  });

  it('says so where the facts do not give the answer that was given', () => {
    const facts = recorded(...ground, subjectListed(SUBJECT, ONE), subjectDelisted(SUBJECT, ONE));
    const explained = explainAnswer(asked('UNDETERMINED'), facts);
    expect(explained).toMatchObject({ agrees: false, answers: [{ answer: 'NOT_RESTRICTED' }] });
  });

  it('of an identifier of nobody by the lists that cover it', () => {
    const facts = recorded(...ground);
    const nobody = asked('NOT_COVERED', { subject: null, scheme: 'xx.unheard-of' });
    expect(explainAnswer(nobody, facts).answers).toMatchObject([{ measure: AIR }]);
  });
});
