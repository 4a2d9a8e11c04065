import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { publicData } from '@writ/testkit';
import { described, factsOf, importer, testImport } from './feed.fixture.js';
import { importFeed } from './import-feed.process.js';

/** One dated copy each of real lists, through the descriptions in examples/feeds. */
const feedOf = (set: string) => {
  const url = new URL(`../../../../examples/feeds/${set}/feed.json`, import.meta.url);
  return described(JSON.parse(readFileSync(url, 'utf8')));
};

/** Neither file's name says when it was copied: whoever imports it does. */
const OBSERVED = '2025-06-30T00:00:00Z';
const NBSP = '\u00a0';

async function takenIn(set: string, folder: string) {
  const feed = feedOf(set);
  const name = feed.files[0] ?? '';
  const bytes = readFileSync(path.join(folder, name));
  const { services, reader, identity } = testImport();
  const file = { name, bytes, observedAt: OBSERVED };
  const context = { ...importer, authority: feed.issuer };
  const answer = await importFeed(services, { feed, file }, context);
  const again = await importFeed(services, { feed, file }, context);
  const facts = await factsOf(reader);
  const listings = facts.filter(({ type }) => type === 'regulatory.listing-taken-in.v1');
  return { answer, again, listings, identity };
}

const ceis = publicData('br-ceis-dev');
const mg = publicData('br-mg-dev');
const mhlw = publicData('jp-mhlw-dev');
const zone = 'America/Sao_Paulo';

(ceis === undefined ? describe['skip'] : describe)('the Brazilian register of 2018', () => {
  it('is taken in whole: every concurrent entry of a company by itself', async () => {
    const { answer, again, listings, identity } = await takenIn('br-ceis-dev', ceis ?? '');
    expect(answer.rows).toEqual([]);
    expect(answer.snapshots).toMatchObject([{ listed: 6_704, active: 6_704, heldBack: 0 }]);
    expect(again.recorded).toBe(0);
    // One company, several entries; none joins two companies.
    expect(identity.subjects.size).toBeLessThan(6_704);
    const ends = listings.map(({ data }) => data['until']);
    expect(ends.filter((until) => until === 'not-stated')).toHaveLength(1_004);
    // 27/04/2019 is the last day in force: the day after is free.
    expect(ends).toContainEqual({ date: '2019-04-28', zone });
    expect(listings[0]?.data).toMatchObject({
      legalBasis: 'Inidoneidade - Lei de Licitações',
      effectiveFrom: 'not-stated',
      onOrBefore: true,
    });
  }, 240_000);
});

(mg === undefined ? describe['skip'] : describe)('the companies of Minas Gerais', () => {
  it('are taken in by case and company, each from the day of its decision', async () => {
    const { answer, again, listings, identity } = await takenIn('br-mg-dev', mg ?? '');
    expect(answer.rows).toEqual([]);
    expect(answer.snapshots).toMatchObject([{ listed: 43, active: 43 }]);
    expect(again.recorded).toBe(0);
    expect(listings[0]?.data).toMatchObject({
      effectiveFrom: { date: '2017-10-11', zone },
      onOrBefore: false,
    });
    expect(JSON.stringify([...identity.subjects.keys()])).not.toContain(NBSP);
  });

  it('do not amend an entry whose source writes a space where it wrote another kind', async () => {
    const feed = feedOf('br-mg-dev');
    const bytes = readFileSync(path.join(mg ?? '', 'empresas_sancionadas.csv'));
    expect(bytes.toString()).toContain(NBSP);
    const { services } = testImport();
    const take = (text: string, observedAt: string) =>
      importFeed(
        services,
        { feed, file: { name: 'copy.csv', bytes: Buffer.from(text), observedAt } },
        { ...importer, authority: feed.issuer },
      );
    await take(bytes.toString(), OBSERVED);
    const plain = bytes.toString().replaceAll(NBSP, ' ');
    const next = await take(plain, '2025-07-31T00:00:00Z');
    expect(next.snapshots).toMatchObject([{ listed: 0, amended: 0, ended: 0, active: 43 }]);
  });
});

(mhlw === undefined ? describe['skip'] : describe)('the Japanese ministry’s violations', () => {
  it('are taken in with their history; nobody is merged by name', async () => {
    const { answer, again, listings, identity } = await takenIn('jp-mhlw-dev', mhlw ?? '');
    expect(answer.rows).toEqual([]);
    expect(answer.snapshots).toMatchObject([{ listed: 3_780, ended: 3_312, active: 468 }]);
    expect(again.recorded).toBe(0);
    expect(identity.subjects.size).toBe(3_780);
    // Last seen on 2017-06-01: that day is the last in force.
    expect(listings[0]?.data).toMatchObject({
      effectiveFrom: { date: '2016-12-01', zone: 'Asia/Tokyo' },
      until: { date: '2017-06-02', zone: 'Asia/Tokyo' },
      onOrBefore: false,
    });
  }, 240_000);
});
