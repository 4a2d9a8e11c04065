import { describe, expect, it } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import {
  activeSubjects,
  factsOf,
  fixture,
  stubIdentity,
  testImport,
  vesland,
} from './feed.fixture.js';

const JANUARY = 'liste_15.01.2026.csv';
const FEBRUARY = 'liste_15.02.2026.csv';

describe('a list of a country that no code knows', () => {
  it('is taken in by its description alone', async () => {
    const { run, reader, identity } = testImport();
    const answer = await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    expect(answer.rows).toEqual([]);
    expect(answer.snapshots).toMatchObject([
      { outcome: 'taken-in', observedAt: '2026-01-14T23:00:00Z', listed: 4, active: 4 },
    ]);
    const facts = await factsOf(reader);
    expect(facts.map(({ type }) => type)).toEqual([
      'regulatory.list-declared.v1',
      ...Array<string>(4).fill('regulatory.listing-taken-in.v1'),
      'regulatory.snapshot-taken-in.v1',
    ]);
    const until = { date: '2027-01-01', zone: 'Europe/Oslo' };
    expect(facts[1]?.data).toMatchObject({ legalBasis: 'Handelsloven § 4', until });
    expect(facts[4]?.data).toMatchObject({
      legalBasis: 'not-stated',
      effectiveFrom: 'not-stated',
      until: 'not-stated',
    });
    expect(identity.asked[0]?.subjects.map(({ identifiers, name }) => [identifiers, name])).toEqual(
      [
        [[{ scheme: 'vl.firmanummer', value: 'VL 100-001' }], 'Fjellbygg Émeraude A/S'],
        [[{ scheme: 'vl.firmanummer', value: 'vl100002' }], 'Brødrene "Åsen"; Rør'],
        [[{ scheme: 'vl.skipsmerke', value: 'abc-123' }], 'MS Sørlig'],
        [[{ scheme: 'vl.firmanummer', value: 'VL100004' }], 'Übersee Čapek'],
      ],
    );
  });

  it('began on or before its first copy, where it does not say when', async () => {
    const { run, reader } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const later = fixture(`vesland/${FEBRUARY}`).toString().replace('10.02.2026;10', ';10');
    await run(vesland(), FEBRUARY, Buffer.from(later));
    const begun = (await factsOf(reader)).filter(({ data }) => 'onOrBefore' in data);
    const zone = 'Europe/Oslo';
    expect(begun.map(({ data }) => [data['effectiveFrom'], data['onOrBefore']])).toEqual([
      [{ date: '2026-01-01', zone }, false],
      [{ date: '2026-01-01', zone }, false],
      [{ date: '2026-01-12', zone }, false],
      ['not-stated', true],
      ['not-stated', false],
    ]);
  });

  it('is carried on by the difference, and a column to be ignored amends nothing', async () => {
    const { run, reader } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const answer = await run(vesland(), FEBRUARY, fixture(`vesland/${FEBRUARY}`));
    expect(answer.snapshots).toMatchObject([{ listed: 1, amended: 1, ended: 1, active: 4 }]);
    expect(answer.recorded).toBe(4);
    const facts = await factsOf(reader);
    expect(facts.slice(6).map(({ type, source: { row } }) => [type, row])).toEqual([
      ['regulatory.listing-amended.v1', 4],
      ['regulatory.listing-taken-in.v1', 6],
      ['regulatory.listing-ended.v1', 0],
      ['regulatory.snapshot-taken-in.v1', 0],
    ]);
  });

  it('says nothing personal in any fact', async () => {
    const { run, reader } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const text = JSON.stringify(await factsOf(reader));
    for (const planted of ['100-001', 'vl100002', 'abc-123', 'Émeraude', 'A-1', 'VL100004']) {
      expect(text).not.toContain(planted);
    }
  });
});

describe('importing again', () => {
  it('records nothing, packed or not, and answers what it was', async () => {
    const { run, reader } = testImport();
    const bytes = fixture(`vesland/${JANUARY}`);
    const first = await run(vesland(), JANUARY, bytes);
    const before = await factsOf(reader);
    const again = await run(vesland(), `${JANUARY}.gz`, gzipSync(bytes));
    expect(again.recorded).toBe(0);
    expect(again.snapshots).toMatchObject([{ outcome: 'already-taken-in', listed: 4, active: 4 }]);
    expect(again.receipt?.position).toBe(first.receipt?.position);
    expect(await factsOf(reader)).toEqual(before);
  });

  it('after a delisting lists under a new listing id', async () => {
    const { run, reader } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    await run(vesland(), FEBRUARY, fixture(`vesland/${FEBRUARY}`));
    const march = fixture(`vesland/${JANUARY}`).toString().replace('15.01.2026', '15.03.2026');
    await run(vesland(), 'liste_15.03.2026.csv', Buffer.from(march));
    const ship = (await factsOf(reader)).filter(
      ({ data }) => data['legalBasis'] === 'Sjøloven § 11',
    );
    expect(ship).toHaveLength(2);
    expect(new Set(ship.map(({ data }) => data['listing'])).size).toBe(2);
    expect(new Set(ship.map(({ subject }) => subject)).size).toBe(1);
  });

  it('takes in a copy that says again what an earlier one said', async () => {
    const { run, reader } = testImport();
    const one = fixture(`vesland/${JANUARY}`);
    const other = Buffer.from(one.toString().replace('SUM;', 'Z-1;1;F;VL100077;X;;;;\nSUM;'));
    await run(vesland(), JANUARY, one);
    const between = await run(vesland(), 'liste_16.01.2026.csv', other);
    expect(between.snapshots).toMatchObject([{ listed: 1, active: 5 }]);
    const back = await run(vesland(), 'liste_17.01.2026.csv', one);
    expect(back.snapshots).toMatchObject([{ outcome: 'taken-in', ended: 1, active: 4 }]);
    expect(activeSubjects(await factsOf(reader))).toHaveLength(4);
    const again = await run(vesland(), 'liste_17.01.2026.csv', one);
    expect(again).toMatchObject({ recorded: 0, snapshots: [{ outcome: 'already-taken-in' }] });
  });

  it('refuses a copy of another day under a name that was taken in', async () => {
    const { run, reader } = testImport();
    const fileName = '^liste_(?<observed>\\d\\d\\.\\d\\d\\.\\d{4})_(?<snapshot>[a-z]{1,9})\\.csv';
    const feed = { ...vesland(), snapshots: { fileName, format: 'dd.MM.yyyy' } };
    const bytes = fixture(`vesland/${JANUARY}`);
    await run(feed, 'liste_15.01.2026_one.csv', bytes);
    const before = await factsOf(reader);
    const refused = run(feed, 'liste_17.01.2026_one.csv', bytes);
    await expect(refused).rejects.toMatchObject({
      status: 422,
      reason: 'snapshot_differs_from_the_one_taken_in',
    });
    expect(await factsOf(reader)).toEqual(before);
  });

  it('lets one import of a list run at a time', async () => {
    const { run, services } = testImport();
    const unlock = await services.memory.lock('vl.handel.avstengt');
    await expect(run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`))).rejects.toMatchObject({
      status: 409,
      reason: 'another_import_of_the_list_is_running',
    });
    await unlock?.();
  });
});

describe('an entry whose identifiers name somebody else now', () => {
  it('ends for the one and begins for the other', async () => {
    const { run, reader, identity } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const before = activeSubjects(await factsOf(reader));
    const changed = fixture(`vesland/${JANUARY}`).toString().replace('VL100004', 'VL100009');
    const answer = await run(vesland(), 'liste_16.01.2026.csv', Buffer.from(changed));
    expect(answer.snapshots).toMatchObject([{ listed: 1, ended: 1, amended: 0, active: 4 }]);
    const after = activeSubjects(await factsOf(reader));
    expect(after).not.toContain(identity.subjects.get('vl.firmanummer VL100004'));
    expect(after).toContain(identity.subjects.get('vl.firmanummer VL100009'));
    expect(before).toHaveLength(4);
    expect(after).toHaveLength(4);
  });
});

describe('an entry whose identifier is left out', () => {
  it.each([
    ['blank', ''],
    ['said to be unknown', 'ukjent'],
  ])('%s: is amended, and still about the same subject', async (_, blank) => {
    const { run, reader, identity } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const before = activeSubjects(await factsOf(reader));
    const changed = fixture(`vesland/${JANUARY}`).toString().replace('VL100004', blank);
    const answer = await run(vesland(), 'liste_16.01.2026.csv', Buffer.from(changed));
    expect(answer.snapshots).toMatchObject([{ listed: 0, ended: 0, amended: 1, active: 4 }]);
    expect(activeSubjects(await factsOf(reader))).toEqual(before);
    expect(identity.subjects.size).toBe(4);
  });

  it('from the first: is listed by its record id', async () => {
    const { run, identity } = testImport();
    const text = fixture(`vesland/${JANUARY}`).toString().replace('VL100004', '');
    const answer = await run(vesland(), JANUARY, Buffer.from(text));
    expect(answer.snapshots).toMatchObject([{ listed: 4, active: 4 }]);
    expect(identity.subjects.has('vl.handel.avstengt.record C-2|1')).toBe(true);
  });
});

describe('a tuple', () => {
  it('is no other tuple, whatever its columns hold', async () => {
    const { run, reader } = testImport();
    const head = fixture(`vesland/${JANUARY}`).toString().split('\n', 3).join('\n');
    const row = (sak: string, no: string, n: number) => `${sak};${no};F;VL10000${n};X;;;;`;
    const rows = [row('A', 'B|C', 1), row('A|B', 'C', 2), row('A\\', 'B', 3), row('A', '\\B', 4)];
    const answer = await run(vesland(), JANUARY, Buffer.from(`${[head, ...rows].join('\n')}\n`));
    expect(answer.rows).toEqual([]);
    expect(activeSubjects(await factsOf(reader))).toHaveLength(4);
  });
});

describe('a row that is not taken in', () => {
  const february = () => fixture(`vesland/${FEBRUARY}`).toString();
  const rows: [
    string,
    (text: string) => string,
    { row: number; reason: string; column?: string }[],
  ][] = [
    [
      'ends before it starts',
      (text) => text.replace('31.12.2026', '31.12.2025'),
      [{ row: 3, reason: 'end_is_before_start' }],
    ],
    [
      'has a day that does not exist',
      (text) => text.replace('01.01.2026;31.12.2026', '31.04.2026;31.12.2026'),
      [{ row: 3, reason: 'effective_from_cannot_be_read' }],
    ],
    [
      'is there twice',
      (text) => text.replace('A-1;2;F', 'A-1;1;F'),
      [
        { row: 3, reason: 'record_id_is_repeated' },
        { row: 4, reason: 'record_id_is_repeated' },
      ],
    ],
    [
      'has an end that is no day',
      (text) => text.replace('31.12.2026', 'Christmas'),
      [{ row: 3, reason: 'until_cannot_be_read', column: 'til' }],
    ],
    [
      'has a record id longer than identity takes',
      (text) => text.replace('A-1;1;F', `A-1;${'1'.repeat(200)};F`),
      [{ row: 3, reason: 'record_id_is_too_long' }],
    ],
    [
      'has what no fact can carry',
      (text) => text.replace('Handelsloven § 4;01.01.2026;31', 'Handels\u0000loven;01.01.2026;31'),
      [{ row: 3, reason: 'text_has_forbidden_characters', column: 'hjemmel' }],
    ],
    [
      'has a record id that no fact can carry',
      (text) => text.replace('A-1;1;F', 'A-1;\u0000;F'),
      [{ row: 3, reason: 'text_has_forbidden_characters' }],
    ],
    [
      'has no record id',
      (text) => text.replace('A-1;1;F', ';;F'),
      [{ row: 3, reason: 'record_id_is_missing' }],
    ],
    [
      'has another number of columns',
      (text) => text.replace('A-1;1;F;', 'A-1;1;F;;'),
      [{ row: 3, reason: 'row_has_another_number_of_columns' }],
    ],
    [
      'is no row at all',
      (text) => text.replace('Fjellbygg', '"Fjell"bygg'),
      [{ row: 3, reason: 'row_cannot_be_parsed' }],
    ],
  ];

  it.each(rows)('%s: keeps its earlier entry, and is reported', async (_, change, reports) => {
    const { run, reader, identity } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const answer = await run(vesland(), FEBRUARY, Buffer.from(change(february())));
    // The answer may not have come: it is reported again when the file is passed over.
    const again = await run(vesland(), FEBRUARY, Buffer.from(change(february())));
    expect(again).toMatchObject({ recorded: 0, rows: answer.rows });
    const subject = identity.subjects.get('vl.firmanummer VL 100-001');
    expect(activeSubjects(await factsOf(reader))).toContain(subject);
    expect(answer.rows).toMatchObject(reports);
  });

  it('cannot be told from a missing one: then nobody is delisted', async () => {
    const { run, reader } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const text = february().replace('A-1;1;F;', 'A-1;1;F;;');
    const answer = await run(vesland(), FEBRUARY, Buffer.from(text));
    expect(answer.snapshots).toMatchObject([{ ended: 0, heldBack: 2, active: 5 }]);
    expect(activeSubjects(await factsOf(reader))).toHaveLength(5);
  });

  it('is not answered by identity: the entry stays out, and is taken in once it is', async () => {
    const identity = stubIdentity();
    const forgetful = async (request: Parameters<typeof identity.resolve>[0]) => {
      const { results } = await identity.resolve(request);
      return { results: results.slice(0, -1) };
    };
    const { run } = testImport({ identity: { resolve: forgetful } });
    const answer = await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    expect(answer.snapshots).toMatchObject([{ listed: 3, refusedRows: 1, active: 3 }]);
    expect(answer.rows).toMatchObject([{ row: 7, reason: 'subject_is_not_resolved' }]);
  });

  it('is refused by identity: the entry stays out, the others go in', async () => {
    const { services } = testImport();
    const { run } = testImport({
      ...services,
      identity: stubIdentity((value) => value === 'vl100002'),
    });
    const answer = await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    expect(answer.snapshots).toMatchObject([{ listed: 3, refusedRows: 1, active: 3 }]);
    expect(answer.rows).toEqual([
      { snapshot: expect.any(String), row: 5, reason: 'checksum_does_not_match' },
    ]);
  });
});
