import { describe, expect, it } from '@jest/globals';
import { BROKEN } from './broken-parts.fixture.js';
import { simulate, type Met } from './run.fixture.js';

const RUNS = 5;
const given = process.env['WRIT_SEED'];
/** A new one each time; printed, so that WRIT_SEED repeats a run. */
const first = given === undefined ? Date.now() % 1_000_000 : Number(given);
const seeds = Array.from({ length: given === undefined ? RUNS : 1 }, (_, n) => first + n);
describe('all services over ledgers in memory and a faulty log', () => {
  console.info(`simulation: WRIT_SEED=${first}${seeds.length > 1 ? ` and ${RUNS - 1} more` : ''}`);
  const met: Met = {};

  it.each(seeds)('keeps the invariants after every step, from seed %i', async (seed) => {
    for (const [what, times] of Object.entries(await simulate(seed))) {
      met[what] = (met[what] ?? 0) + times;
    }
  });

  it('has met every fault and every answer', () => {
    if (given !== undefined) return;
    expect(Object.keys(met)).toContain('healed');
    expect(Object.entries(met).filter(([, times]) => times === 0)).toEqual([]);
  });

  it.each(BROKEN)('%s is caught', async (_, parts, invariant) => {
    const found: string[] = [];
    for (let seed = 1; seed <= 20 && found.length === 0; seed++) {
      await simulate(seed, parts).catch((error: Error) => found.push(error.message));
    }
    expect(found[0]).toMatch(invariant);
  });
});
