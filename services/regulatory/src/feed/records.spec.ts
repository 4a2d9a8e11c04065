import { describe, expect, it } from '@jest/globals';
import { activeSubjects, described, factsOf, testImport } from './feed.fixture.js';

/** Made up: a table of one row per entry, with its start and perhaps its end. */
const feed = (more: object = {}) =>
  described({
    list: 'vl.arbeid.brudd',
    issuer: 'vl.arbeidstilsyn',
    jurisdiction: 'vl',
    title: 'Made up',
    kind: 'scrutiny',
    coverage: {
      schemes: ['vl.arbeid.brudd.record'],
      places: ['vl'],
      from: { date: '2026-01-01', zone: 'Europe/Oslo' },
    },
    files: ['*.csv'],
    form: 'records',
    format: 'csv',
    table: { delimiter: ';' },
    zone: 'Europe/Oslo',
    record: { columns: ['sak'] },
    name: 'navn',
    legalBasis: { column: 'lov' },
    effectiveFrom: { column: 'fra', format: 'dd.MM.yyyy' },
    until: { column: 'til', format: 'dd.MM.yyyy', states: 'last-day-in-force' },
    snapshots: { fileName: '^brudd_(?<observed>\\d{4}-\\d{2}-\\d{2})', format: 'yyyy-MM-dd' },
    largestShrink: 0.1,
    ...more,
  });

type Row = { sak: number; navn?: string; lov?: string; fra?: string; til?: string };
const copyOf = (day: string) => `brudd_2026-${day}.csv`;
const table = (...rows: Row[]) =>
  Buffer.from(
    ['sak;navn;lov;fra;til']
      .concat(
        rows.map(({ sak, navn = 'Made Up AS', lov = '§ 1', fra = '', til = '' }) =>
          [sak, navn, lov, fra, til].join(';'),
        ),
      )
      .join('\n') + '\n',
  );
const day = (date: string) => ({ date, zone: 'Europe/Oslo' });

describe('a table of entries with their start and end', () => {
  it('takes in what has ended as history, and what has not as active', async () => {
    const { run, reader } = testImport();
    const rows = [
      { sak: 1, fra: '01.02.2026', til: '28.02.2026' },
      { sak: 2, fra: '01.02.2026' },
      { sak: 3, fra: '01.02.2026', til: '31.12.2026' },
    ];
    const answer = await run(feed(), copyOf('03-01'), table(...rows));
    expect(answer).toMatchObject({
      rows: [],
      recorded: 6,
      snapshots: [{ listed: 3, ended: 1, active: 2 }],
    });
    const facts = await factsOf(reader);
    expect(facts[1]).toMatchObject({
      type: 'regulatory.listing-taken-in.v1',
      data: { effectiveFrom: day('2026-02-01'), until: day('2026-03-01') },
    });
    expect(facts[2]).toMatchObject({
      type: 'regulatory.listing-ended.v1',
      data: { reason: 'delisted-by-source', listing: facts[1]?.data['listing'] },
    });
  });

  it('ends an entry whose row states its end now: with that end, not with the time it was seen', async () => {
    const { run, reader } = testImport();
    await run(feed(), copyOf('02-10'), table({ sak: 1, fra: '01.02.2026' }, { sak: 2 }));
    const ended = table({ sak: 1, fra: '01.02.2026', til: '15.02.2026' }, { sak: 2 });
    const answer = await run(feed(), copyOf('03-01'), ended);
    expect(answer.snapshots).toMatchObject([{ listed: 0, amended: 1, ended: 1, active: 1 }]);
    const [amended, end] = (await factsOf(reader)).slice(-3);
    expect(amended).toMatchObject({ data: { nature: 'correction', until: day('2026-02-16') } });
    expect(end).toMatchObject({ data: { reason: 'delisted-by-source' } });
  });

  it('ends an entry when its scheduled end has come, though its row stays as it was', async () => {
    const { run } = testImport();
    const rows = table({ sak: 1, til: '15.02.2026' }, { sak: 2 });
    const first = await run(feed(), copyOf('02-15'), rows);
    expect(first.snapshots).toMatchObject([{ listed: 2, ended: 0, active: 2 }]);
    const next = await run(feed(), copyOf('02-16'), rows);
    expect(next.snapshots).toMatchObject([{ amended: 0, ended: 1, active: 1 }]);
    const again = await run(feed(), copyOf('02-17'), rows);
    expect(again).toMatchObject({ recorded: 1, snapshots: [{ ended: 0, active: 1 }] });
  });

  it('lists anew what has an end no more', async () => {
    const { run, reader } = testImport();
    await run(feed(), copyOf('03-01'), table({ sak: 1, til: '15.02.2026' }, { sak: 2 }));
    const answer = await run(feed(), copyOf('03-02'), table({ sak: 1 }, { sak: 2 }));
    expect(answer.snapshots).toMatchObject([{ listed: 1, active: 2 }]);
    const listings = (await factsOf(reader)).filter(({ type }) => type.includes('taken-in'));
    const ids = listings.map(({ data }) => data['listing']).filter((id) => id !== undefined);
    expect(new Set(ids).size).toBe(3);
  });

  it('says that an entry which has ended cannot be amended', async () => {
    const { run, identity } = testImport();
    await run(feed(), copyOf('03-01'), table({ sak: 1, til: '15.02.2026' }, { sak: 2 }));
    const asked = identity.asked.length;
    const other = table({ sak: 1, til: '20.02.2026' }, { sak: 2 });
    const answer = await run(feed(), copyOf('03-02'), other);
    expect(answer.rows).toEqual([
      { snapshot: answer.snapshots[0]?.snapshot, row: 2, reason: 'entry_has_ended' },
    ]);
    expect(answer.recorded).toBe(1);
    const renamed = table({ sak: 1, navn: 'Renamed AS', til: '15.02.2026' }, { sak: 2 });
    expect((await run(feed(), copyOf('03-03'), renamed)).rows).toEqual([]);
    expect(identity.asked).toHaveLength(asked);
  });

  it('ends what is gone from it, as from a dated copy', async () => {
    const { run, reader } = testImport();
    const rows = Array.from({ length: 20 }, (_, n) => ({ sak: n + 1 }));
    await run(feed(), copyOf('03-01'), table(...rows));
    const answer = await run(feed(), copyOf('03-02'), table(...rows.slice(1)));
    expect(answer.snapshots).toMatchObject([{ ended: 1, active: 19 }]);
    expect((await factsOf(reader)).at(-2)?.data['reason']).toBe('absent-from-snapshot');
    await expect(run(feed(), copyOf('03-03'), table({ sak: 2 }))).rejects.toMatchObject({
      reason: 'snapshot_shrinks_too_much',
    });
  });

  it('refuses two dates reversed and one that is none; the earlier entry stays', async () => {
    const { run, reader } = testImport();
    await run(feed(), copyOf('03-01'), table({ sak: 1 }, { sak: 2 }, { sak: 3 }));
    const rows = table(
      { sak: 1, fra: '10.02.2026', til: '01.02.2026' },
      { sak: 2, til: '1,5' },
      { sak: 3 },
    );
    const answer = await run(feed(), copyOf('03-02'), rows);
    expect(answer.rows).toMatchObject([
      { row: 2, reason: 'end_is_before_start', column: 'til' },
      { row: 3, reason: 'until_cannot_be_read', column: 'til' },
    ]);
    expect(answer.snapshots).toMatchObject([{ ended: 0, active: 3 }]);
    expect(activeSubjects(await factsOf(reader))).toHaveLength(3);
  });

  it('keeps namesakes apart', async () => {
    const { run, reader, identity } = testImport();
    const rows = Array.from({ length: 100 }, (_, n) => ({
      sak: n + 1,
      navn: n < 40 ? 'Same Name AS' : `Name ${n} AS`,
      fra: '01.02.2026',
    }));
    const answer = await run(feed(), copyOf('03-01'), table(...rows));
    expect(answer.snapshots).toMatchObject([{ listed: 100, active: 100 }]);
    expect(identity.subjects.size).toBe(100);
    const one = rows.map((row) => (row.sak === 7 ? { ...row, til: '02.03.2026' } : row));
    const next = await run(feed(), copyOf('03-05'), table(...one));
    expect(next.snapshots).toMatchObject([{ ended: 1, active: 99 }]);
    expect(new Set(activeSubjects(await factsOf(reader))).size).toBe(99);
  });
});
