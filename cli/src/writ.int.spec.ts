import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FactsPage } from '@writ/contracts';
import { startStandalone } from '@writ/standalone';

// What is tried is what is built: `npm test` builds first, as `npx writ` does.
const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js');
const LIST = 'xx.made-up.sanctions';

let system: Awaited<ReturnType<typeof startStandalone>>;
let folder: string;

beforeAll(async () => {
  system = await startStandalone({ fsync: false, logLevel: 'silent', endWith: process.pid });
  folder = mkdtempSync(join(tmpdir(), 'writ-cli-'));
  mkdirSync(join(folder, 'data'));
  const day = (text: string, ...rows: string[]) =>
    writeFileSync(join(folder, 'data', `${text}.csv`), ['id,basis', ...rows, ''].join('\n'));
  day('2026-01-01', '1,act 1', '2,act 1', '3,act 2');
  day('2026-01-02', '1,act 1', '3,act 2', '4,act 2');
  writeFileSync(join(folder, 'feed.json'), JSON.stringify(feed));
});

afterAll(async () => {
  await system.stop();
  rmSync(folder, { recursive: true, force: true });
});

const feed = {
  list: LIST,
  issuer: 'xx.agency',
  jurisdiction: 'xx',
  title: 'Made-up sanctions',
  kind: 'restrictive',
  coverage: {
    schemes: [`${LIST}.record`],
    places: ['xx'],
    from: { date: '2026-01-01', zone: 'UTC' },
  },
  files: ['2026-*.csv'],
  form: 'snapshots',
  format: 'csv',
  zone: 'UTC',
  record: { columns: ['id'] },
  legalBasis: { column: 'basis' },
  largestShrink: 0.5,
  snapshots: { fileName: '^(?<observed>\\d{4}-\\d{2}-\\d{2})', format: 'yyyy-MM-dd' },
};

type Ran = { code: number | null; out: string; err: string };

/** Runs `writ` as a shell would; `input` is what stands on its standard input. */
function writ(args: readonly string[], input = '', url = system.url): Promise<Ran> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, WRIT_URL: url },
  });
  const ran: Ran = { code: null, out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.err += text));
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...ran, code }));
  });
}

/** Waits until enforcement has gone through what was recorded; its answer is never a guess. */
async function settled(asked: string[]): Promise<void> {
  while ((await writ(asked)).code === 11);
}

/** That the made-up country's list shuts out of trade. */
const memorandum = {
  method: 'POST',
  headers: {
    'content-type': 'application/json',
    'writ-authority': 'vl.handelstilsyn',
    'writ-actor': 'system:test',
    'idempotency-key': 'vesland',
  },
  body: JSON.stringify({
    memorandum: 'vl.handel',
    title: 'Made up',
    effectiveFrom: { date: '2026-01-01', zone: 'Europe/Oslo' },
    rows: [
      {
        row: 'import',
        list: 'vl.handel.avstengt',
        effect: 'restriction',
        measure: 'trade.import',
        implementer: 'vl.customs',
        legalBasis: 'Handelsloven § 4',
        admits: 'taken-in',
      },
    ],
  }),
};

/** Passes requests on; hangs up on an import after so many, or answers it a status instead. */
async function dyingProxy(imports: number, status?: number) {
  let left = imports;
  const server = createServer((request, response) => {
    const { method = 'GET', url = '' } = request;
    if (url.endsWith('/imports') && left-- === 0) {
      if (status === undefined) return void request.socket.destroy();
      return void buffer(request).then(() => response.writeHead(status).end('{}'));
    }
    const { authorization: _, host: __, connection: ___, ...headers } = request.headers;
    const sent = { method, headers: headers as Record<string, string> };
    void buffer(request)
      .then((body) => fetch(`${system.url}${url}`, method === 'GET' ? sent : { ...sent, body }))
      .then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
}

const importFeed = (...more: string[]) =>
  writ(['feed', 'import', join(folder, 'feed.json'), '--from', join(folder, 'data'), ...more]);

describe('writ', () => {
  it('takes a feed in, and again records nothing', async () => {
    const first = await importFeed('--json');
    expect(first).toMatchObject({ code: 0 });
    expect(JSON.parse(first.out)).toMatchObject({ list: LIST, listed: 4, ended: 1, active: 3 });
    const again = await importFeed('--json');
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ recorded: 0, newSnapshots: 0, active: 3 });
  });

  it('counts what is in force, now and then', async () => {
    expect(await writ(['active', LIST, '--count'])).toMatchObject({ code: 0, out: '3\n', err: '' });
    const then = ['--as-of', '2026-01-01T12:00:00Z', '--count', '--json'];
    expect(JSON.parse((await writ(['active', LIST, ...then])).out)).toMatchObject({ listings: 3 });
    const entries = (await writ(['active', LIST])).out.trim().split('\n');
    expect(entries).toHaveLength(3);
    expect(entries[0]).toMatch(/^regulatory\t[0-9a-f]{32}\t[0-9a-f]{32}$/);
    const counted = JSON.parse((await writ(['active', LIST, '--json'])).out) as object;
    expect(counted).toMatchObject({ listings: 3, subjects: 3 });
  });

  it('refuses an empty file, says so in the report, and changes nothing', async () => {
    writeFileSync(join(folder, 'data', '2026-01-03.csv'), '');
    const report = join(folder, 'report.ndjson');
    const refused = await importFeed('--report', report);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('2026-01-03.csv: refused');
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      file: '2026-01-03.csv',
      reason: 'file_is_empty',
    });
    expect((await writ(['active', LIST, '--count'])).out).toBe('3\n');
  });

  it('sends dated copies in the order of their times, not of their names', async () => {
    const list = 'xx.made-up.days-first';
    const copies = mkdtempSync(join(folder, 'days-first-'));
    // The first of February, and the second of January before it.
    writeFileSync(join(copies, '01-02-2026.csv'), 'id,basis\n2,act 1\n3,act 1\n');
    writeFileSync(join(copies, '02-01-2026.csv'), 'id,basis\n1,act 1\n2,act 1\n');
    const described = {
      ...feed,
      list,
      coverage: { ...feed.coverage, schemes: [`${list}.record`] },
      files: ['*.csv'],
      snapshots: { fileName: '^(?<observed>\\d{2}-\\d{2}-\\d{4})', format: 'dd-MM-yyyy' },
    };
    const file = join(folder, 'days-first.json');
    writeFileSync(file, JSON.stringify(described));
    const ran = await writ(['feed', 'import', file, '--from', copies, '--json']);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.err).toMatch(/days-first: 0 facts of this file, files \[-+\] 0 of 2/);
    expect(ran.err).toMatch(/days-first: files \[#+\] 2 of 2/);
    expect(JSON.parse(ran.out)).toMatchObject({ listed: 3, ended: 1, active: 2 });
  });

  it('keeps the report of what was refused when the service goes away half-way', async () => {
    const half = mkdtempSync(join(folder, 'half-'));
    const list = 'xx.made-up.half';
    const coverage = { ...feed.coverage, schemes: [`${list}.record`] };
    writeFileSync(join(half, 'feed.json'), JSON.stringify({ ...feed, list, coverage }));
    writeFileSync(join(half, '2026-01-01.csv'), 'id,basis\n1,act 1\n,act 1\n2,act 2\n');
    writeFileSync(join(half, '2026-01-02.csv'), 'id,basis\n1,act 1\n');
    const dying = await dyingProxy(1);
    const report = join(half, 'report.ndjson');
    const args = ['feed', 'import', join(half, 'feed.json'), '--from', half, '--report', report];
    expect((await writ(args, '', dying.url)).code).toBe(3);
    dying.server.close();
    const row = { file: '2026-01-01.csv', row: 3, reason: 'record_id_is_missing' };
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject(row);
    rmSync(join(half, '2026-01-02.csv'));
    // Passed over now, and still said.
    expect((await writ(args)).code).toBe(20);
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject(row);
  });

  it.each([
    [503, 4],
    [500, 5],
    [409, 1],
  ])('sends no later copy past one that met a passing %s', async (status, code) => {
    const copies = mkdtempSync(join(folder, 'passing-'));
    const list = `xx.made-up.passing-${status}`;
    const coverage = { ...feed.coverage, schemes: [`${list}.record`] };
    writeFileSync(join(copies, 'feed.json'), JSON.stringify({ ...feed, list, coverage }));
    for (const day of ['01', '02', '03']) {
      writeFileSync(join(copies, `2026-01-${day}.csv`), `id,basis\n${day},act 1\n0,act 1\n`);
    }
    const proxy = await dyingProxy(1, status);
    const args = ['feed', 'import', join(copies, 'feed.json'), '--from', copies, '--json'];
    expect((await writ(args, '', proxy.url)).code).toBe(code);
    proxy.server.close();
    const again = await writ(args);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ snapshots: 3, newSnapshots: 2, active: 2 });
  });

  it('says before it sends anything that the report cannot be written', async () => {
    const nowhere = join(folder, 'no-folder', 'report.ndjson');
    expect((await importFeed('--report', nowhere)).code).toBe(2);
  });

  it('takes in a country that no code knows, by its description alone', async () => {
    const vesland = join(import.meta.dirname, '../../services/regulatory/fixtures/vesland');
    const import_ = ['feed', 'import', join(vesland, 'feed.json'), '--from', vesland];
    const taken = await writ([...import_, '--json']);
    expect(taken).toMatchObject({ code: 0 });
    expect(JSON.parse(taken.out)).toMatchObject({ snapshots: 2, listed: 5, ended: 1, active: 4 });
    const known = (number: string) => ['vl.firmanummer', number, '--json'];
    expect(await writ(['status', ...known('VL1')])).toMatchObject({ code: 1, out: '' });
    expect(await writ(['status', ...known('VL999-999')])).toMatchObject({ code: 0 });
    const then = await writ(['record', ...known('VL100-001'), '--as-of', '2026-02-20']);
    expect(JSON.parse(then.out)).toMatchObject({
      causes: [{ list: 'vl.handel.avstengt', inForce: true }],
    });
    expect((await fetch(`${system.url}/regulatory/v1/memoranda`, memorandum)).status).toBe(201);
    const asked = ['status', ...known('vl100-002'), '--measure', 'trade.import'];
    await settled(asked);
    expect(await writ(asked)).toMatchObject({ code: 10 });
  });

  it('dates a copy whose name says no time, where it is told to', async () => {
    const copy = mkdtempSync(join(folder, 'undated-'));
    writeFileSync(join(copy, 'latest.csv'), 'id,basis\n1,act 1\n');
    const list = 'xx.made-up.undated';
    const coverage = { ...feed.coverage, schemes: [`${list}.record`] };
    const file = join(folder, 'undated.json');
    writeFileSync(file, JSON.stringify({ ...feed, list, coverage, files: ['*.csv'] }));
    const take = (...more: string[]) =>
      writ(['feed', 'import', file, '--from', copy, '--json', ...more]);
    expect(await take()).toMatchObject({ code: 1 });
    const told = await take('--observed-at', '2026-01-05T06:07:08Z');
    expect(told).toMatchObject({ code: 0 });
    const { outcomes } = JSON.parse(told.out) as { outcomes: object[] };
    expect(outcomes).toMatchObject([
      { answer: { snapshots: [{ observedAt: '2026-01-05T06:07:08Z', listed: 1 }] } },
    ]);
    writeFileSync(join(copy, 'another.csv'), 'id,basis\n1,act 1\n');
    expect(await take('--observed-at', '2026-01-06T00:00:00Z')).toMatchObject({ code: 2 });
  });

  it('answers by exit code, and takes an identifier from standard input', async () => {
    const known = await writ(['status', `${LIST}.record`, '-', '--json'], '1\n');
    const { answers } = JSON.parse(known.out) as { answers: { measures: { answer: string }[] }[] };
    const code = { NOT_RESTRICTED: 0, UNDETERMINED: 11 }[answers[0]?.measures[0]?.answer ?? ''];
    expect(known.code).toBe(code);
    const elsewhere = await writ(['status', 'lei', '-', '--place', 'yy'], '529900T8BM49AURSDO55');
    expect(elsewhere).toMatchObject({ code: 12, out: 'any  NOT_COVERED\n' });
    const record = await writ(['record', `${LIST}.record`, '1', '--as-of', '2026-01-01', '--json']);
    expect(JSON.parse(record.out)).toMatchObject({ causes: [{ list: LIST, inForce: true }] });
  });

  it('prints facts, checks them, rebuilds and says the root', async () => {
    const facts = (await writ(['facts', '--ledger', 'regulatory'])).out.trim().split('\n');
    const last = facts.length - 1;
    expect(JSON.parse(facts[last] ?? '')).toMatchObject({ ledger: 'regulatory', position: last });
    const behind = await writ(['facts', '--ledger', 'regulatory', '--after', String(last - 1)]);
    expect(behind.out).toBe(`${facts[last]}\n`);
    const checked = await writ(['verify', '--json']);
    expect(checked.code).toBe(0);
    expect(JSON.parse(checked.out)).toMatchObject({
      ok: true,
      ledgers: [{}, { size: last + 1 }, {}],
    });
    const { root } = JSON.parse((await writ(['root', '--json'])).out) as { root: string };
    const rebuilt = await writ(['rebuild', '--json']);
    expect(JSON.parse(rebuilt.out)).toMatchObject({ state: 'equal', root });
    expect(rebuilt.code).toBe(0);
    expect(await writ(['quarantine', 'list'])).toMatchObject({
      code: 0,
      out: '',
      err: '0 subjects and 0 lists wait\n',
    });
    const nobody = ['quarantine', 'retry', 'court', '0'.repeat(32)];
    expect(await writ(nobody)).toMatchObject({ code: 0, out: 'released\n' });
    expect(await writ(['quarantine', 'retry', 'list', LIST])).toMatchObject({ code: 0 });
  });

  it('follows what is recorded', async () => {
    const child = spawn(process.execPath, [MAIN, 'facts', '--ledger', 'regulatory', '--follow'], {
      env: { ...process.env, WRIT_URL: system.url },
    });
    let seen = '';
    child.stdout.setEncoding('utf8');
    const sees = (text: string) =>
      new Promise<void>((resolve) => {
        const look = (chunk = '') => {
          seen += chunk;
          if (!seen.includes(text)) return;
          child.stdout.off('data', look);
          resolve();
        };
        child.stdout.on('data', look);
      });
    await sees(`"list":"${LIST}"`);
    rmSync(join(folder, 'data', '2026-01-03.csv'));
    writeFileSync(join(folder, 'data', '2026-01-04.csv'), 'id,basis\n1,act 1\n3,act 2\n9,act 9\n');
    const arrives = sees('"legalBasis":"act 9"');
    await importFeed();
    await arrives;
    child.kill();
  });
});

describe('writ fails with a code that says why', () => {
  it.each([
    ['a command nobody knows', ['obey'], 2],
    ['a feed that is not there', ['feed', 'import', 'none.json', '--from', '.'], 2],
    ['an identifier that is none', ['status', 'cn.uscc', 'x'], 1],
    ['a list nobody declared', ['active', 'xx.none', '--count'], 1],
    ['a time that is none', ['active', LIST, '--as-of', 'yesterday'], 1],
  ])('%s', async (_, args, code) => {
    const ran = await writ(args);
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err).not.toBe('');
  });

  it('when nobody answers', async () =>
    expect(await writ(['root'], '', 'http://127.0.0.1:9')).toMatchObject({ code: 3, out: '' }));

  it('when a fact was changed on its way', async () => {
    const forger = createServer((request, response) => {
      void fetch(`${system.url}${request.url}`)
        .then((answer) => answer.json() as Promise<FactsPage>)
        .then((page) => {
          for (const fact of page.facts) {
            fact.canonical = fact.canonical.replace('"act 1"', '"act 7"');
          }
          response.end(JSON.stringify(page));
        });
    });
    await new Promise<void>((resolve) => forger.listen(0, '127.0.0.1', resolve));
    const { port } = forger.address() as AddressInfo;
    const args = ['verify', '--ledger', 'regulatory'];
    const ran = await writ(args, '', `http://127.0.0.1:${port}`);
    forger.close();
    expect(ran.code).toBe(1);
    expect(ran.out).toContain('NOT SOUND');
    expect(ran.out).toContain('the service says the root is');
  });
});
