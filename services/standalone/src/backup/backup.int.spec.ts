import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { LEDGERS, type FactsPage, type LedgerName, type StatusResponse } from '@writ/contracts';
import { openEpoch } from '@writ/ledger';
import { openDataFolder, temporaryFolder } from '@writ/local-servers';
import { SERVICES } from '@writ/service-host';
import pg from 'pg';
import { openDemonstration } from '../demonstration/demonstration.process.js';
import { TEST_SUBJECTS } from '../demonstration/world.js';
import type { RunningSystem } from '../running-system.js';
import { startStandalone } from '../standalone.process.js';
import { copyKeys, keyPrints } from './keys.process.js';
import type { Manifest } from './manifest.js';
import { openOwned } from './owners.process.js';
import { checkBackup, restoreBackup } from './restore-backup.postgres.js';
import { takeBackup, type Owners } from './take-backup.postgres.js';

const root = temporaryFolder('writ-backup-');
const [live, second] = [join(root, 'live'), join(root, 'second')];
const [backup, keys] = [join(root, 'backup'), join(root, 'keys')];
const quiet = () => {};
let system: RunningSystem | undefined;
let manifest: Manifest;

const start = (dataFolder: string) =>
  startStandalone({ dataFolder, fsync: false, logLevel: 'silent', endWith: process.pid });

const urlOf = () => system?.url ?? '';

async function sizeOf(ledger: LedgerName): Promise<number> {
  const answer = await fetch(`${urlOf()}/${ledger}/v1/facts?after=-1&limit=1`);
  return ((await answer.json()) as FactsPage).size;
}

async function openCase(key: string): Promise<number> {
  const answer = await fetch(`${urlOf()}/court/v1/cases`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'writ-authority': 'cn.court.made-up',
      'writ-actor': 'person:clerk-1',
      'idempotency-key': key,
    },
    body: JSON.stringify({
      caseNumber: `(2026) made-up ${key}`,
      instrument: {
        kind: 'judgment',
        number: `(2025) made-up ${key}`,
        issuer: 'cn.court.made-up',
        effectiveOn: { date: '2026-01-10', zone: 'Asia/Shanghai' },
      },
    }),
  });
  return answer.status;
}

async function answers(): Promise<(string | undefined)[]> {
  const subjects = TEST_SUBJECTS.map(({ identifier, measure }) => {
    return { identifier, measures: [measure] };
  });
  const answer = await fetch(`${urlOf()}/projection/v1/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ purpose: 'test', subjects }),
  });
  const told = (await answer.json()) as StatusResponse;
  return told.answers.map(({ measures }) => measures[0]?.answer);
}

async function rowsOf<T extends object>(owner: string | undefined, query: string): Promise<T[]> {
  const db = new pg.Client({ connectionString: owner });
  await db.connect();
  const { rows } = await db.query<T>(query);
  await db.end();
  return rows;
}

/** What one service has from another is in both: sealed texts of cases, facts that were folded. */
async function expectNobodyHoldsMore({ identity, court, projection }: Partial<Owners>) {
  const cases = await rowsOf<{ reference: string }>(
    court,
    `SELECT canonical::jsonb #>> '{data,caseNumberRef}' AS reference FROM ledger.event
     WHERE canonical LIKE '%"type":"court.case-opened.v1"%'`,
  );
  const sealed = await rowsOf<{ ref: string }>(identity, 'SELECT ref FROM identity.sealed_text');
  const texts = new Set(sealed.map(({ ref }) => ref));
  expect(cases.length).toBeGreaterThan(0);
  expect(cases.filter(({ reference }) => !texts.has(reference))).toEqual([]);
  const [folded] = await rowsOf<{ place: string }>(
    projection,
    `SELECT max(place) AS place FROM exchange.place WHERE ledger = 'court'`,
  );
  expect(Number(folded?.place)).toBeLessThan(manifest.databases.court.ledger?.size ?? 0);
}

/** Every table of a data folder's databases, as text, in an order of its own. */
async function contents(owners: Partial<Owners>): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const service of SERVICES) {
    const db = new pg.Client({ connectionString: owners[service] });
    await db.connect();
    for (const { schema, table } of manifest.databases[service].tables) {
      const { rows } = await db.query<{ row: string }>(
        `SELECT t::text AS row FROM "${schema}"."${table}" t ORDER BY 1`,
      );
      found[`${service} ${schema}.${table}`] = rows.map(({ row }) => row);
    }
    await db.end();
  }
  return found;
}

beforeAll(async () => {
  mkdirSync(live);
  system = await start(live);
  await openDemonstration(system.url, live, quiet);
  // Under load: every write before the moment is in it, every later one is not.
  const isOver = new AbortController();
  const load = Array.from({ length: 4 }, async (_, line) => {
    for (let n = 0; !isOver.signal.aborted; n++) {
      expect(await openCase(`load-${line}-${n}`)).toBe(201);
    }
  });
  const { owners, close } = await openOwned(live, {});
  manifest = await takeBackup(backup, owners as Owners, keyPrints(join(live, 'keys')), quiet);
  await close();
  isOver.abort();
  await Promise.all(load);
  copyKeys(join(live, 'keys'), keys, backup);
});
afterAll(async () => {
  await system?.stop();
  rmSync(root, { recursive: true, force: true });
});

describe('a backup beside a running system', () => {
  it('is of one moment: nobody in it holds more than whom it came from', async () => {
    const { court } = manifest.databases;
    expect(court.ledger?.size).toBeGreaterThan(0);
    expect(await sizeOf('court')).toBeGreaterThanOrEqual(court.ledger?.size ?? 0);
    const events = court.tables.find(({ table }) => table === 'event');
    expect(events?.rows).toBe(court.ledger?.size);
  });

  it('holds no key, and the keys lie apart for their owner alone', () => {
    expect(readdirSync(backup).filter((name) => name.includes('key.'))).toEqual(
      readdirSync(backup).filter((name) => name.includes('_key.copy')),
    );
    expect(keyPrints(keys)).toEqual(manifest.keys);
    for (const name of readdirSync(keys)) {
      expect(statSync(join(keys, name)).mode & 0o077).toBe(0);
    }
    expect(() => copyKeys(join(live, 'keys'), join(backup, 'keys'), backup)).toThrow(/apart/);
  });

  it('is not written over another one', async () => {
    const { owners } = await openOwned(live, {});
    await expect(takeBackup(backup, owners as Owners, {}, quiet)).rejects.toThrow(/already/);
  });
});

describe('a backup of what is not named', () => {
  it('is refused: nobody else’s database is taken for it', async () => {
    const { owners } = await openOwned(live, {});
    const { court: _, ...others } = owners;
    const folder = join(root, 'lacking');
    await expect(takeBackup(folder, others, {}, quiet)).rejects.toThrow(/string of court/);
    expect(existsSync(folder)).toBe(false);
  });
});

describe('a backup that is not as it was taken is refused, and nothing is changed', () => {
  const spoilt = join(root, 'spoilt');
  it.each([
    ['a file is missing', (file: string) => rmSync(join(spoilt, file)), /is missing/],
    ['a file was cut', (file: string) => truncateSync(join(spoilt, file), 10), /not as it was/],
    ['a byte was added', (file: string) => appendFileSync(join(spoilt, file), 'x'), /not as it/],
    ['it never was whole', () => rmSync(join(spoilt, 'manifest.json')), /no whole backup/],
    [
      'it is of a newer build',
      () => {
        const { court } = manifest.databases;
        const newer = { ...court, migrations: [...court.migrations, 'Tomorrow'] };
        const databases = { ...manifest.databases, court: newer };
        writeFileSync(join(spoilt, 'manifest.json'), JSON.stringify({ ...manifest, databases }));
      },
      /Tomorrow/,
    ],
  ])('because %s', async (_, spoil, why) => {
    rmSync(spoilt, { recursive: true, force: true });
    cpSync(backup, spoilt, { recursive: true });
    spoil('court.ledger.event.copy.gz');
    await expect(checkBackup(spoilt, manifest.keys)).rejects.toThrow(why);
  });

  it.each([
    ['another key', { ...{ 'service.key': '0'.repeat(64) } }, /is another one|is not there/],
    ['no keys', {}, /is not there/],
  ])('because there is %s', async (_, held, why) => {
    await expect(checkBackup(backup, held)).rejects.toThrow(why);
  });

  it('because a service is connected, or the database is not empty', async () => {
    const { owners } = await openOwned(live, {});
    const options = { owners, keys: manifest.keys, note: quiet };
    const connected = restoreBackup(backup, { ...options, replace: true });
    await expect(connected).rejects.toThrow(/stop it first/);
    expect(await answers()).toEqual(TEST_SUBJECTS.map(({ answer }) => answer));
  });
});

describe('a backup restored to another place', () => {
  it('is table by table what was there at that moment, and goes on in a new epoch', async () => {
    await system?.stop();
    system = undefined;
    openDataFolder(second);
    cpSync(keys, join(second, 'keys'), { recursive: true });
    const first = await openOwned(second, {});
    const options = { owners: first.owners, keys: keyPrints(first.keys), note: quiet };
    await expect(restoreBackup(backup, options)).rejects.toThrow(/not empty/);
    await restoreBackup(backup, { ...options, replace: true });
    const restored = await contents(first.owners);
    await expectNobodyHoldsMore(first.owners);
    for (const [service, { tables }] of Object.entries(manifest.databases)) {
      for (const { schema, table, rows } of tables) {
        const held = restored[`${service} ${schema}.${table}`]?.length;
        expect({ table, rows: held }).toEqual({ table, rows });
      }
    }
    // Taken again, it is the same backup.
    const again = join(root, 'again');
    const same = await takeBackup(again, first.owners as Owners, manifest.keys, quiet);
    const digests = ({ databases }: Manifest) =>
      Object.values(databases).flatMap(({ tables }) =>
        tables.map(({ file, rows }) => [file, rows]),
      );
    expect(digests(same)).toEqual(digests(manifest));
    for (const ledger of LEDGERS) {
      const opened = await openEpoch(first.owners[ledger] ?? '', ledger, 'restored in a test');
      const { size = -1 } = manifest.databases[ledger].ledger ?? {};
      expect(opened).toEqual({ ledger, epoch: 2, fromPosition: size });
    }
    await first.close();
    system = await start(second);
    for (const ledger of LEDGERS) {
      expect(await sizeOf(ledger)).toBe(manifest.databases[ledger].ledger?.size);
    }
    expect(await answers()).toEqual(TEST_SUBJECTS.map(({ answer }) => answer));
    expect(await openCase('after-the-restore')).toBe(201);
    const { size = 0 } = manifest.databases.court.ledger ?? {};
    const page = await fetch(`${urlOf()}/court/v1/facts?after=${size - 1}`);
    expect(((await page.json()) as FactsPage).facts).toMatchObject([{ epoch: 2, position: size }]);
  });
});
