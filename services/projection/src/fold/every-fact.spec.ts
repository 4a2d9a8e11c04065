import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { CATALOGUE, type Fact, type FactType } from '@writ/contracts';
import { Contradiction } from './contradiction.js';
import { evolveReference, referenceKey, type ReferenceFact } from './reference-fold.js';
import { evolveComponent } from './subject-state.js';

const golden = (type: string) => {
  const url = new URL(`../../../../libs/contracts/golden/${type}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Fact;
};

/** A fact that no fold knows would hold its bucket up for ever. */
describe('every fact of the catalogue is folded', () => {
  it.each(Object.keys(CATALOGUE) as FactType[])('%s', (type) => {
    const fact = golden(type);
    if (CATALOGUE[type].subject === 'absent') {
      expect(referenceKey(fact as ReferenceFact)).toMatch(/^[a-z]+\/./);
      expect(evolveReference(undefined, fact as ReferenceFact)).toHaveProperty('kind');
      return;
    }
    try {
      expect(evolveComponent(fact.ledger, undefined, fact).state).toBeDefined();
    } catch (error) {
      // By itself it may contradict what should be before it; that too is an answer.
      if (!(error instanceof Contradiction)) throw error;
    }
  });
});
