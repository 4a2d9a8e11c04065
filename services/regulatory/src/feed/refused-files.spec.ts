import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { factsOf, fixture, testImport, vesland } from './feed.fixture.js';

const JANUARY = 'liste_15.01.2026.csv';
const NEXT = 'liste_16.01.2026.csv';

/** A file of `fixtures/refused`, the name it comes under, and the field at fault. */
const REFUSED: [file: string, name: string, reason: string, field: string][] = [
  ['file_is_empty.csv', NEXT, 'file_is_empty', '/file/bytes'],
  ['file_is_empty.csv.gz', `${NEXT}.gz`, 'file_is_empty', '/file/bytes'],
  ['file_is_cut_off.csv', NEXT, 'file_is_cut_off', '/file/bytes'],
  ['file_is_cut_off_at_a_row.csv', NEXT, 'file_is_cut_off', '/file/bytes'],
  ['file_is_cut_off_in_a_quote.csv', NEXT, 'file_is_cut_off', '/file/bytes'],
  ['file_is_cut_off_in_its_last_cell.csv', NEXT, 'file_is_cut_off', '/file/bytes'],
  ['file_is_cut_off.csv.gz', `${NEXT}.gz`, 'file_is_cut_off', '/file/bytes'],
  ['file_is_damaged.csv.gz', `${NEXT}.gz`, 'file_is_damaged', '/file/bytes'],
  ['file_is_not_gzip.csv.gz', `${NEXT}.gz`, 'file_is_not_gzip', '/file/bytes'],
  [
    'text_is_not_in_the_declared_encoding.csv',
    NEXT,
    'text_is_not_in_the_declared_encoding',
    '/file/bytes',
  ],
  ['header_is_missing.csv', NEXT, 'header_is_missing', '/file/bytes'],
  ['column_is_missing.csv', NEXT, 'column_is_missing', '/file/bytes'],
  ['column_is_named_twice.csv', NEXT, 'column_is_named_twice', '/file/bytes'],
  ['file_has_no_rows.csv', NEXT, 'file_has_no_rows', '/file/bytes'],
  ['snapshot_has_no_readable_row.csv', NEXT, 'snapshot_has_no_readable_row', '/file'],
  ['snapshot_shrinks_too_much.csv', NEXT, 'snapshot_shrinks_too_much', '/file'],
];

describe('a file that is not believed', () => {
  it.each(REFUSED)('%s as %s: refused, nothing changed', async (file, name, reason, field) => {
    const { run, reader, services } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const before = await factsOf(reader);
    const known = await services.memory.entries('vl.handel.avstengt');
    const refused = run(vesland(), name, fixture(`refused/${file}`));
    await expect(refused).rejects.toMatchObject({ status: 422, reason, field });
    expect(await factsOf(reader)).toEqual(before);
    expect(await services.memory.entries('vl.handel.avstengt')).toEqual(known);
    const next = await run(
      vesland(),
      'liste_15.02.2026.csv',
      fixture('vesland/liste_15.02.2026.csv'),
    );
    expect(next.snapshots).toMatchObject([{ listed: 1, amended: 1, ended: 1, active: 4 }]);
  });

  // Nothing can shrink where nothing was listed.
  const asTheFirst = REFUSED.filter(([, , reason]) => reason !== 'snapshot_shrinks_too_much');
  it.each(asTheFirst)(
    '%s as %s, first of its list: nothing recorded',
    async (file, name, reason) => {
      const { run, reader, identity } = testImport();
      const refused = run(vesland(), name, fixture(`refused/${file}`));
      await expect(refused).rejects.toMatchObject({ status: 422, reason });
      expect(await factsOf(reader)).toEqual([]);
      expect(identity.asked).toEqual([]);
    },
  );

  it('has its fixture: none is left unused', () => {
    const files = readdirSync(new URL('../../fixtures/refused', import.meta.url));
    expect(files.sort()).toEqual(REFUSED.map(([file]) => file).sort());
  });

  it.each([
    ['older than the last', 'liste_14.01.2026.csv', 'snapshot_is_older_than_the_last'],
    ['of the same time', JANUARY, 'snapshot_is_older_than_the_last'],
    ['of a time to come', 'liste_02.11.2026.csv', 'snapshot_is_observed_in_the_future'],
    ['whose name says no time', 'liste.csv', 'file_name_says_no_time'],
  ])('is %s', async (_, name, reason) => {
    const { run, reader } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const before = await factsOf(reader);
    const refused = run(vesland(), name, fixture('vesland/liste_15.02.2026.csv'));
    await expect(refused).rejects.toMatchObject({ status: 422, reason });
    expect(await factsOf(reader)).toEqual(before);
  });

  it.each([
    ['as it is', NEXT, (bytes: Buffer) => bytes],
    ['unpacked', `${NEXT}.gz`, (bytes: Buffer) => gzipSync(bytes)],
  ])('is too large %s', async (_, name, packed) => {
    const bytes = fixture('vesland/liste_15.02.2026.csv');
    const { run, reader } = testImport({ unpackedBytesMax: bytes.length - 1 });
    const refused = run(vesland(), name, packed(bytes));
    await expect(refused).rejects.toMatchObject({ status: 422, reason: 'file_is_too_large' });
    expect(await factsOf(reader)).toEqual([]);
    const fits = testImport({ unpackedBytesMax: bytes.length });
    expect(await fits.run(vesland(), name, packed(bytes))).toMatchObject({ rows: [] });
  });

  it('calls its snapshot by what is no code', async () => {
    const { run, reader } = testImport();
    const fileName = '^(?<observed>[0-9.]{10}) (?<snapshot>.{1,20})\\.csv';
    const feed = { ...vesland(), snapshots: { fileName, format: 'dd.MM.yyyy' } };
    const refused = run(feed, '15.01.2026 no code!.csv', fixture(`vesland/${JANUARY}`));
    await expect(refused).rejects.toMatchObject({
      status: 422,
      reason: 'snapshot_code_is_malformed',
    });
    expect(await factsOf(reader)).toEqual([]);
  });

  it('comes from an authority that may not speak for the list', async () => {
    const { run, reader } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const before = await factsOf(reader);
    const feed = { ...vesland(), issuer: 'vl.somebody' };
    const refused = run(feed, 'liste_15.02.2026.csv', fixture('vesland/liste_15.02.2026.csv'));
    await expect(refused).rejects.toMatchObject({
      reason: 'authority_may_not_speak_for_this_list',
    });
    expect(await factsOf(reader)).toEqual(before);
  });

  it('calls the list by another kind than it was declared', async () => {
    const { run } = testImport();
    await run(vesland(), JANUARY, fixture(`vesland/${JANUARY}`));
    const feed = { ...vesland(), kind: 'scrutiny' as const };
    const refused = run(feed, 'liste_15.02.2026.csv', fixture('vesland/liste_15.02.2026.csv'));
    await expect(refused).rejects.toMatchObject({
      reason: 'list_is_declared_otherwise',
      field: '/description/kind',
    });
  });
});
