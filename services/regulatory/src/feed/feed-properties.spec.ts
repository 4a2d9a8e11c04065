import { describe, expect, it } from '@jest/globals';
import { allSteps, type FeedDescription, readTable } from '@writ/feeds';
import fc from 'fast-check';
import type { EntryState } from './entry.js';
import {
  activeSubjects,
  described,
  factsOf,
  ignoreDeath,
  mortalImport,
  testImport,
  testSeal,
  vesland,
} from './feed.fixture.js';
import { checkSnapshot, planSnapshot, subjectsNeeded } from './plan-snapshot.js';
import { readSource, type SourceUnit } from './read-source.js';

type Snapshot = Extract<SourceUnit, { form: 'snapshots' }>;
type Rows = { id: number; law: string }[];

const feed = (): FeedDescription =>
  described({
    ...vesland(),
    table: { delimiter: ';' },
    encoding: undefined,
    record: { columns: ['id'] },
    identifiers: undefined,
    schemes: undefined,
    coverage: { ...vesland().coverage, schemes: ['vl.handel.avstengt.record'] },
    name: undefined,
    legalBasis: { column: 'law' },
    effectiveFrom: undefined,
    until: undefined,
    leaveOut: undefined,
    ignore: undefined,
    largestShrink: 1,
    snapshots: undefined,
  });

const cell = fc.string({ maxLength: 12, unit: 'grapheme' });
const rowsArbitrary = fc.uniqueArray(
  fc.record({ id: fc.integer({ min: 1, max: 12 }), law: fc.constantFrom('Act 1', 'Act 2', '') }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 10 },
);

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const csv = (rows: Rows) =>
  `id;law\n${rows.map(({ id, law }) => `${id};${quoted(law)}\n`).join('')}`;
const file = (text: string, day: number) => ({
  name: 'any.csv',
  text,
  digest: String(day).repeat(64).slice(0, 64),
  observedAt: new Date(Date.UTC(2026, 0, 1 + day)).toISOString(),
});

function read(text: string, day: number): Snapshot {
  const source = allSteps(readSource(file(text, day), { feed: feed(), seal: testSeal }));
  if (!source.ok) throw new Error(source.reason);
  return source.units[0] as Snapshot;
}

/** Takes a snapshot in as the import does, without ledger or identity. */
function takenIn(known: Map<string, EntryState>, unit: Snapshot) {
  const checked = checkSnapshot(known, unit, 1);
  if (!checked.ok) throw new Error(checked.reason);
  const subjects = new Map(
    subjectsNeeded(known, unit).map(({ row, identifiers }) => {
      return [row, { subject: `subject of ${identifiers[0]?.value}` }];
    }),
  );
  const plan = planSnapshot(known, unit, subjects, {
    gone: checked.gone,
    seal: testSeal,
    isFirst: known.size === 0,
  });
  for (const { after } of plan.changes) known.set(after.record, after);
  return plan;
}

const activeIn = (known: Map<string, EntryState>) =>
  [...known.values()]
    .filter(({ active }) => active)
    .map(({ subject, terms }) => `${subject} by ${terms.legalBasis}`)
    .sort();
const setOf = (rows: Rows) =>
  rows.map(({ id, law }) => `subject of ${id} by ${law === '' ? 'not-stated' : law}`).sort();

describe('the parser', () => {
  it('reads back any cells that were written', () => {
    const table = fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { minLength: 1 });
    fc.assert(
      fc.property(table, fc.constantFrom(',', ';', '\t'), (rows, delimiter) => {
        const lines = [['a', 'b', 'c'], ...rows].map((row) => row.map(quoted).join(delimiter));
        const seen: unknown[] = [];
        const options = { format: 'csv' as const, table: { delimiter } };
        const steps = readTable(`${lines.join('\n')}\n`, options, ['a', 'c'], ({ fields }) =>
          seen.push([fields['a'], fields['b'], fields['c']]),
        );
        const result = allSteps(steps);
        expect(result).toEqual({ ok: true, rows: rows.length, unreadable: [] });
        expect(seen).toEqual(rows);
      }),
    );
  });

  it('answers anything at all: rows, or why not', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('"', ';', '\n', '\r', 'a', '1', ' ', '{', '}', ':') }),
    );
    fc.assert(
      fc.property(noise, fc.constantFrom('csv', 'ndjson'), (text, format) => {
        const asked = { ...feed(), format } as FeedDescription;
        delete asked.table;
        const reading = { feed: asked, seal: testSeal };
        const source = allSteps(readSource(file(`id,law\n${text}`, 1), reading));
        expect(typeof source.ok).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });
});

describe('snapshot after snapshot', () => {
  it('leaves exactly the last one’s entries, and again changes nothing', () => {
    fc.assert(
      fc.property(fc.array(rowsArbitrary, { minLength: 1, maxLength: 8 }), (snapshots) => {
        const known = new Map<string, EntryState>();
        snapshots.forEach((rows, day) => {
          const plan = takenIn(known, read(csv(rows), day));
          expect(activeIn(known)).toEqual(setOf(rows));
          expect(plan.active).toBe(rows.length);
          const again = takenIn(known, read(csv(rows), day));
          expect(again.changes).toEqual([]);
        });
      }),
    );
  });

  it('never gives a listing id twice', () => {
    fc.assert(
      fc.property(fc.array(rowsArbitrary, { minLength: 2, maxLength: 8 }), (snapshots) => {
        const known = new Map<string, EntryState>();
        const begun = snapshots.flatMap((rows, day) =>
          takenIn(known, read(csv(rows), day))
            .changes.filter(({ kind }) => kind === 'list')
            .map(({ after }) => after.listing),
        );
        expect(new Set(begun).size).toBe(begun.length);
      }),
    );
  });

  it('with rows that cannot be read delists nobody who may be among them', () => {
    const damage = fc.constantFrom('id;law;more\n', '"x"y;z\n', ';Act 1\n');
    fc.assert(
      fc.property(rowsArbitrary, rowsArbitrary, damage, (first, second, broken) => {
        const known = new Map<string, EntryState>();
        takenIn(known, read(csv(first), 1));
        const before = activeIn(known).length;
        const head = 'id;law\n';
        const plan = takenIn(known, read(csv(second).replace(head, `${head}${broken}`), 2));
        const missing = first.filter(({ id }) => !second.some((row) => row.id === id)).length;
        expect(plan.changes.some(({ kind }) => kind === 'end')).toBe(false);
        expect(plan.heldBack).toBe(missing);
        expect(activeIn(known).length).toBeGreaterThanOrEqual(before);
      }),
    );
  });
});

describe('an import killed anywhere', () => {
  const entries = async (reader: Parameters<typeof factsOf>[0]) =>
    (await factsOf(reader)).map(({ type, stream, subject, data }) => ({
      type,
      stream,
      subject,
      data,
    }));
  const bytes = (rows: Rows) => Buffer.from(csv(rows));
  const name = (day: number) => `liste_${String(day).padStart(2, '0')}.01.2026.csv`;
  const dated = () => ({ ...feed(), snapshots: vesland().snapshots! });

  it('and resumed records what an unkilled one does, each row once', async () => {
    const plan = fc.tuple(
      fc.array(rowsArbitrary, { minLength: 1, maxLength: 3 }),
      fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 3 }),
    );
    await fc.assert(
      fc.asyncProperty(plan, async ([snapshots, kills]) => {
        const unkilled = testImport();
        const { killed, mortal } = mortalImport();
        for (const [day, rows] of snapshots.entries()) {
          await unkilled.run(dated(), name(day + 1), bytes(rows));
          for (const after of kills) {
            mortal.diesAfter = after;
            await killed.run(dated(), name(day + 1), bytes(rows)).catch(ignoreDeath);
          }
          mortal.diesAfter = Infinity;
          await killed.run(dated(), name(day + 1), bytes(rows));
        }
        expect(await entries(killed.reader)).toEqual(await entries(unkilled.reader));
      }),
      { numRuns: 15 },
    );
  }, 240_000);

  it('and followed by another snapshot heals: the set is the other’s', async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        rowsArbitrary,
        fc.integer({ min: 0, max: 12 }),
        async (first, second, after) => {
          const { killed, mortal } = mortalImport();
          mortal.diesAfter = after;
          await killed.run(dated(), name(1), bytes(first)).catch(ignoreDeath);
          mortal.diesAfter = Infinity;
          const answer = await killed.run(dated(), name(2), bytes(second));
          expect(answer.snapshots).toMatchObject([{ active: second.length }]);
          const subjects = new Set(
            second.map(({ id }) => killed.identity.subjects.get(`vl.handel.avstengt.record ${id}`)),
          );
          const facts = await factsOf(killed.reader);
          expect(activeSubjects(facts)).toEqual([...subjects].sort());
        },
      ),
      { numRuns: 15 },
    );
  }, 240_000);
});
