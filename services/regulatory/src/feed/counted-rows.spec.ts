import { describe, expect, it } from '@jest/globals';
import { activeSubjects, described, factsOf, testImport, vesland } from './feed.fixture.js';

/** Cases with several debtors and nothing that tells a case's rows apart but their order. */
const feed = () =>
  described({
    ...vesland(),
    encoding: undefined,
    table: undefined,
    record: { columns: ['case'], occurrence: true },
    identifiers: [{ column: 'number', scheme: 'lei' }],
    schemes: undefined,
    coverage: { ...vesland().coverage, schemes: ['lei'] },
    name: undefined,
    legalBasis: { column: 'law' },
    effectiveFrom: undefined,
    until: undefined,
    leaveOut: undefined,
    ignore: undefined,
    largestShrink: 1,
  });
const day = (n: number) => `liste_${String(n).padStart(2, '0')}.01.2026.csv`;
const copy = (...rows: string[]) => Buffer.from(['case,number,law', ...rows, ''].join('\n'));

/** Takes one copy a day in; @returns the last answer and whose numbers are listed after it */
async function after(...days: Buffer[]) {
  const { run, reader, identity } = testImport();
  let answer;
  for (const [index, bytes] of days.entries()) answer = await run(feed(), day(index + 1), bytes);
  const numbers = new Map([...identity.subjects].map(([name, id]) => [id, name.split(' ')[1]]));
  const active = activeSubjects(await factsOf(reader)).map((subject) => numbers.get(subject));
  return { answer, active: active.sort() };
}

describe('a source whose rows are told apart by counting', () => {
  it('ends what is gone, and nobody else', async () => {
    const { active } = await after(copy('C1,A,x', 'C1,B,x', 'C1,C,x'), copy('C1,A,x', 'C1,C,x'));
    expect(active).toEqual(['A', 'C']);
  });

  it.each([
    ['has another number of columns', 'C1,A,x,extra'],
    ['has a broken quote', '"C1"A,x'],
    ['names no record', ',A,x'],
  ])('with a row that %s keeps all that it may be', async (_, broken) => {
    const first = copy('C1,A,x', 'C1,B,x', 'C2,D,x');
    const { answer, active } = await after(first, copy(broken, 'C1,B,x', 'C2,D,x', 'C3,E,x'));
    expect(active).toEqual(['A', 'B', 'D', 'E']);
    expect(answer?.snapshots).toMatchObject([{ listed: 1, amended: 0, ended: 0, heldBack: 1 }]);
    expect(answer?.rows.find(({ reason }) => reason === 'row_cannot_be_counted')).toMatchObject({
      row: 3,
    });
  });

  it('counts on as before up to the row that cannot be read', async () => {
    const first = copy('C1,A,x', 'C1,B,x', 'C2,D,x');
    const { answer } = await after(first, copy('C1,A,y', 'C1,B,x,extra', 'C2,D,y'));
    expect(answer?.snapshots).toMatchObject([{ amended: 1, ended: 0 }]);
  });

  it('is right again once the row can be read', async () => {
    const first = copy('C1,A,x', 'C1,B,x');
    const { active } = await after(first, copy('C1,A,x,extra', 'C1,B,x'), copy('C1,B,x'));
    expect(active).toEqual(['B']);
  });
});
