import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { publicData } from '@writ/testkit';
import { activeSubjects, countActive, feedOf, root } from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';

const run = promisify(execFile);
const OBSERVED = '2025-06-30T00:00:00Z';
type Summary = { recorded: number; active: number; refusedRows: number };

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.stop());

/** `writ feed import`, as anybody would; @returns its summary */
async function writ(feed: string, from: string, observedAt: string): Promise<Summary> {
  const { stdout } = await run(process.execPath, [
    path.join(root, 'cli/bin/writ.mjs'),
    ...['feed', 'import', feed, '--from', from, '--observed-at', observedAt],
    ...['--url', system.url, '--json'],
  ]);
  return JSON.parse(stdout) as Summary;
}

/** Rows of the Brazilian register whose end has not come, told without any code of the import's. */
function brazilianInForce(folder: string): number {
  const text = gunzipSync(readFileSync(path.join(folder, 'ceis_2018_cnpj_only.csv.gz'))).toString();
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Sao_Paulo' }).format();
  const ends = text
    .split('\n')
    .slice(1)
    .flatMap((line) => (line === '' ? [] : [endOf(line)]));
  return ends.filter((end) => end === undefined || end >= today).length;
}

function endOf(line: string): string | undefined {
  const cells = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? [];
  const [day, month, year] = (/\d\d\/\d\d\/\d{4}/.exec(cells[END_COLUMN] ?? '')?.[0] ?? '').split(
    '/',
  );
  return year === undefined ? undefined : `${year}-${month}-${day}`;
}
const END_COLUMN = 3;

const SETS: [set: string, active: (folder: string) => number][] = [
  ['br-ceis-dev', brazilianInForce],
  // One of its rows writes a space of no width behind its CNPJ.
  ['br-mg-dev', () => 43],
  ['jp-mhlw-dev', () => 468],
  ['us-ne-wage-dev', () => 579 - 83 - 8],
  ['us-in-wage-dev', () => 3_282],
];

describe(`other people's data, each by its description alone (${SYSTEM})`, () => {
  for (const [set, expected] of SETS) {
    const folder = publicData(set);
    (folder === undefined ? it['skip'] : it)(`${set} is answered as it stands`, async () => {
      const { list } = feedOf(set);
      const feed = path.join(root, 'examples/feeds', set, 'feed.json');
      const summary = await writ(feed, folder ?? '', OBSERVED);
      expect(summary.refusedRows).toBe(0);
      expect(await countActive(system.client, {}, list)).toBe(expected(folder ?? ''));
      expect((await writ(feed, folder ?? '', OBSERVED)).recorded).toBe(0);
    });
  }
});

describe(`namesakes (${SYSTEM})`, () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'writ-namesakes-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const description = {
    list: 'vl.namesakes',
    issuer: 'vl.tilsyn',
    jurisdiction: 'vl',
    title: 'Made-up register of a made-up country',
    kind: 'restrictive',
    coverage: {
      schemes: ['vl.namesakes.record'],
      places: ['vl'],
      from: { date: '2020-01-01', zone: 'Europe/Oslo' },
    },
    files: ['register.csv'],
    form: 'records',
    format: 'csv',
    table: { delimiter: ';' },
    zone: 'Europe/Oslo',
    record: { columns: ['saksnr'] },
    name: 'navn',
    legalBasis: { column: 'hjemmel' },
    effectiveFrom: { column: 'fra', format: 'dd.MM.yyyy' },
    until: { column: 'til', format: 'dd.MM.yyyy', states: 'last-day-in-force' },
    largestShrink: 0.1,
  };
  const rows = (ended: number) =>
    Array.from({ length: 100 }, (_, n) => {
      const name = n < 40 ? 'Nordre Ingen AS' : `Ingen Nr. ${n} AS`;
      return `S-${n};${name};§ 4;01.02.2024;${n < ended ? '31.03.2025' : ''}`;
    });
  const write = (ended: number) => {
    const text = `${['saksnr;navn;hjemmel;fra;til', ...rows(ended)].join('\n')}\n`;
    writeFileSync(path.join(folder, 'register.csv'), text);
    writeFileSync(path.join(folder, 'feed.json'), JSON.stringify(description));
  };

  it('stay apart: 100 active, one ended, 99', async () => {
    write(0);
    const feed = path.join(folder, 'feed.json');
    expect(await writ(feed, folder, '2025-03-31T00:00:00Z')).toMatchObject({ active: 100 });
    const before = await activeSubjects(system.client, {}, description.list);
    expect(new Set(before).size).toBe(100);
    write(1);
    expect(await writ(feed, folder, '2025-04-30T00:00:00Z')).toMatchObject({ active: 99 });
    expect(await countActive(system.client, {}, description.list)).toBe(99);
    // As of a day before it ended it was one of them.
    const asOf = { asOf: '2025-03-01T00:00:00Z' };
    expect(await countActive(system.client, asOf, description.list)).toBe(100);
  });
});
