import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact, Fact } from '@writ/contracts';
import {
  idOf,
  listDeclared,
  listingAmended,
  listingEnded,
  listingTakenIn,
  subjectDelisted,
  subjectListed,
} from '@writ/projection/testing/made-up-facts';
import { MadeUpLedgers } from '@writ/projection/testing/made-up-ledgers';
import {
  answersBy,
  emptyScratch,
  foldInto,
  measuresOf,
  referenceIn,
  stateOf,
  summaryOf,
} from './scratch-state.js';

const SUBJECT = idOf('subject', 1);
const OTHER = idOf('subject', 2);
const day = (number: number) => `2026-01-${String(number).padStart(2, '0')}T00:00:00Z`;

function history(): DeliveredFact[] {
  const ledgers = new MadeUpLedgers(() => new Date('2026-02-01T00:00:00Z'));
  const [one, two] = [`${idOf('case', 1)}-1`, `${idOf('case', 2)}-1`];
  const entry = idOf('entry', 1);
  return [
    listDeclared(),
    listingTakenIn(SUBJECT, entry, day(3)),
    subjectListed(SUBJECT, one),
    subjectListed(OTHER, two),
    listingAmended(SUBJECT, entry, day(5), 'change', { legalBasis: 'Another' }),
    subjectDelisted(SUBJECT, one),
    listingEnded(SUBJECT, entry, day(7)),
  ].map((fact) => ledgers.record(fact));
}

/** Pages of so many facts, a ledger after the other. */
function folded(facts: readonly DeliveredFact[], page: number) {
  const scratch = emptyScratch();
  for (const ledger of ['regulatory', 'court'] as const) {
    const own = facts.filter((fact) => fact.ledger === ledger);
    for (let at = 0; at < own.length; at += page)
      foldInto(scratch, ledger, own.slice(at, at + page));
  }
  return scratch;
}

describe('a fact that the projection sets aside', () => {
  /** A fact of its own ledger, changed in its text alone. */
  function changed(fact: DeliveredFact, change: (said: Fact) => Fact): DeliveredFact {
    const said = change(JSON.parse(fact.canonical) as Fact);
    return { ...fact, type: said.type, canonical: JSON.stringify(said) };
  }
  const others = () => history().filter(({ subject }) => subject !== SUBJECT);
  const ending = history().find(({ type }) => type === 'court.subject-delisted.v1');
  /** Ends a listing that never was: known, and not to be folded. */
  const poisoned = () =>
    history().map((fact) => {
      if (fact.type !== 'court.subject-listed.v1' || fact.subject !== SUBJECT) return fact;
      const { type, data } = JSON.parse(ending?.canonical ?? '') as Fact;
      return changed(fact, (said) => ({ ...said, type, data }));
    });

  it('is set aside with all later ones of its subject, and of nobody else', () => {
    const scratch = folded(poisoned(), 100);
    const { setAside } = summaryOf(scratch);
    expect(setAside.map(({ ledger, reason }) => [ledger, reason])).toEqual([
      ['court', 'fact_is_poison'],
      ['court', 'fact_is_poison'],
    ]);
    expect(stateOf(scratch, OTHER)).toEqual(stateOf(folded(history(), 100), OTHER));
    expect(stateOf(scratch, SUBJECT)).not.toHaveProperty('court');
    expect(stateOf(scratch, SUBJECT)).toHaveProperty('regulatory');
  });

  it('is one however the facts were paged', () => {
    const whole = summaryOf(folded(poisoned(), 100));
    expect(summaryOf(folded(poisoned(), 1)).root).toBe(whole.root);
    expect(summaryOf(folded(poisoned(), 2)).setAside).toEqual(whole.setAside);
  });

  it('may also be of a version that this build does not know', () => {
    const unknown = history().map((fact) =>
      fact.type === 'court.subject-listed.v1' && fact.subject === SUBJECT
        ? changed(fact, (said) => ({ ...said, type: 'court.subject-listed.v9' }))
        : fact,
    );
    const { setAside, root } = summaryOf(folded(unknown, 100));
    expect(setAside.map(({ reason }) => reason)).toEqual([
      'fact_version_unknown',
      'fact_version_unknown',
    ]);
    const withoutCourt = [
      ...others(),
      ...history().filter((fact) => fact.subject === SUBJECT && fact.ledger === 'regulatory'),
    ];
    expect(root).toBe(summaryOf(folded(withoutCourt, 100)).root);
  });
});

describe('a state folded from facts that were handed out', () => {
  it('is one, however they were paged', () => {
    const whole = summaryOf(folded(history(), 100));
    expect(summaryOf(folded(history(), 1))).toEqual(whole);
    expect(summaryOf(folded(history(), 2))).toEqual(whole);
    expect(whole.position).toEqual({ court: 2, regulatory: 3, enforcement: -1 });
    expect(whole.ledgers.flatMap(({ faults }) => faults)).toEqual([]);
  });

  it('is another where a fact says another thing, and the ledger’s own rules tell', () => {
    const facts = history();
    const changed = facts.map((fact) =>
      fact.type === 'court.subject-delisted.v1'
        ? { ...fact, canonical: fact.canonical.replace('"fulfilled"', '"court-decision"') }
        : fact,
    );
    const [sound, forged] = [summaryOf(folded(facts, 100)), summaryOf(folded(changed, 100))];
    expect(forged.root).not.toBe(sound.root);
    const court = (summary: typeof sound) => summary.ledgers.find((one) => one.ledger === 'court');
    expect(court(forged)?.root).not.toBe(court(sound)?.root);
  });

  it('names a fact that was left out', () => {
    const facts = history().filter(({ position, ledger }) => ledger !== 'court' || position !== 1);
    const { ledgers } = summaryOf(folded(facts, 100));
    expect(ledgers.flatMap(({ faults }) => faults.map(({ rule }) => rule))).toContain(
      'positions_are_dense_from_0',
    );
  });

  it('tells of one subject what each ledger says, and how it would be answered', () => {
    const scratch = folded(history(), 100);
    expect(Object.keys(stateOf(scratch, SUBJECT)).sort()).toEqual(['court', 'regulatory']);
    expect(stateOf(scratch, idOf('subject', 3))).toEqual({});
    const state = stateOf(scratch, OTHER);
    expect(measuresOf(state)).toEqual(['any']);
    expect(answersBy(state, referenceIn(scratch), day(20), ['any'])).toMatchObject([
      { measure: 'any' },
    ]);
  });
});
