import { describe, expect, it } from '@jest/globals';
import type { DeliveredFact } from '@writ/contracts';
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
