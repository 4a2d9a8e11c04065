import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { publicData } from '@writ/testkit';
import { countOf, exampleFeed, standings, testCases } from './cases.fixture.js';

/** Registers of wage cases, through the descriptions in examples/feeds alone. */
const indiana = publicData('us-in-wage-dev');
const nebraska = publicData('us-ne-wage-dev');

async function takenIn(set: string, folder: string) {
  const feed = exampleFeed(set);
  const bytes = readFileSync(path.join(folder, feed.files[0] ?? ''));
  const { run, facts, identity } = testCases();
  const answer = await run(feed, bytes, { name: feed.files[0] ?? '' });
  const again = await run(feed, bytes, { name: feed.files[0] ?? '' });
  return { answer, again, facts: await facts(), identity };
}

(indiana === undefined ? describe['skip'] : describe)('the wage claims of Indiana', () => {
  it('are listed, paid and delisted as the register says', async () => {
    const { answer, again, facts, identity } = await takenIn('us-in-wage-dev', indiana ?? '');
    expect(answer.rows).toEqual([]);
    expect(answer.snapshots).toMatchObject([
      { active: 3_282, fulfilled: 1_291, annulled: 0, neverListed: 10, refusedRows: 0 },
    ]);
    expect(again.recorded).toBe(0);
    const standing = standings(facts);
    expect(standing.size).toBe(4_573);
    expect([countOf(standing, 'active'), countOf(standing, 'fulfilled')]).toEqual([3_282, 1_291]);
    // Each case is its own: nobody is merged by name.
    expect(identity.subjects.size).toBe(4_573);
    const full = new Set(
      facts.flatMap(({ type, data }) =>
        type === 'court.obligation-fulfilled.v1' ? [data.obligation] : [],
      ),
    );
    const payments = facts.flatMap(({ type, data }) =>
      type === 'court.performance-taken-in.v1' ? [data] : [],
    );
    const byRule = payments.filter(({ dated }) => dated === 'by-rule');
    // Dated by the feed's rule and marked so: 145 in full, less those never listed.
    const undatedInFull = byRule.filter(({ obligation }) => full.has(obligation));
    expect(undatedInFull.length).toBe(145);
    // Part payments lift nothing.
    expect(payments.filter(({ obligation }) => !full.has(obligation)).length).toBeGreaterThan(
      2_000,
    );
  }, 240_000);
});

(nebraska === undefined ? describe['skip'] : describe)('the wage citations of Nebraska', () => {
  it('that were overturned are void as if never', async () => {
    const { answer, again, facts } = await takenIn('us-ne-wage-dev', nebraska ?? '');
    expect(answer.rows).toEqual([]);
    // 89 are paid in full, 6 of them overturned.
    expect(answer.snapshots).toMatchObject([
      { active: 579 - 83 - 8, fulfilled: 83, annulled: 8, neverListed: 0 },
    ]);
    expect(again.recorded).toBe(0);
    const standing = standings(facts);
    expect([standing.size, countOf(standing, 'annulled')]).toEqual([579, 8]);
    const dated = facts.flatMap(({ type, data }) =>
      type === 'court.performance-taken-in.v1' ? [data.dated] : [],
    );
    expect(dated).toEqual(Array<string>(89).fill('by-rule'));
  }, 120_000);
});
