import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import type { FactsPage, Receipt, StatusResponse } from '@writ/contracts';
import { temporaryFolder } from '@writ/local-servers';
import { fixedClock } from '@writ/testkit';
import pg from 'pg';
import { openDemonstration } from './demonstration/demonstration.process.js';
import { describeSystem } from './demonstration/describe-system.js';
import { TEST_SUBJECTS } from './demonstration/world.js';
import type { RunningSystem } from './running-system.js';
import { startStandalone } from './standalone.process.js';

const dataFolder = temporaryFolder('writ-standalone-');
const options = {
  dataFolder,
  fsync: false,
  logLevel: 'silent' as const,
  endWith: process.pid,
};
let system: RunningSystem;

beforeAll(async () => {
  system = await startStandalone(options);
});
afterAll(async () => {
  await system.stop();
  rmSync(dataFolder, { recursive: true, force: true });
});

async function statusOfAll(): Promise<StatusResponse> {
  const subjects = TEST_SUBJECTS.map(({ identifier, measure }) => ({
    identifier,
    measures: [measure],
  }));
  const answer = await fetch(`${system.url}/projection/v1/status`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ purpose: 'test', subjects }),
  });
  return (await answer.json()) as StatusResponse;
}

async function sizeOf(ledger: string): Promise<number> {
  const answer = await fetch(`${system.url}/${ledger}/v1/facts?after=-1&limit=1`);
  return ((await answer.json()) as FactsPage).size;
}

const quiet = () => {};

describe('the whole system in one process', () => {
  it('loads a demonstration whose answers are as printed', async () => {
    const subjects = await openDemonstration(system.url, dataFolder, quiet);
    expect(subjects).toEqual(TEST_SUBJECTS);
    const { answers } = await statusOfAll();
    const told = answers.map(({ measures }) => measures[0]?.answer);
    expect(told).toEqual(TEST_SUBJECTS.map(({ answer }) => answer));
    const printed = describeSystem(system, subjects);
    for (const answer of ['RESTRICTED', 'NOT_RESTRICTED', 'UNDETERMINED', 'NOT_COVERED']) {
      expect(printed).toContain(` ${answer}`);
    }
  });

  it('loads it once', async () => {
    // Of what it hands in; enforcement may still be at what follows from it.
    const sizes = () => Promise.all(['court', 'regulatory'].map(sizeOf));
    const before = await sizes();
    const later = describeSystem(system, await openDemonstration(system.url, dataFolder, quiet));
    // A later start says when it was, not that it was just now.
    expect(describeSystem(system, TEST_SUBJECTS)).toContain('lifted a minute ago');
    expect(later).toMatch(/lifted at 20\d\d-\d\d-\d\dT[\d:.]+Z/);
    expect(later).not.toContain('a minute ago');
    expect(await sizes()).toEqual(before);
  });

  it('goes on without enforcement, which says that it is away', async () => {
    await system.services.enforcement.kill();
    const away = await fetch(`${system.url}/enforcement/v1/facts`);
    expect(away.status).toBe(503);
    expect(await away.json()).toMatchObject({ type: 'urn:writ:problem:service-is-stopped' });
    expect((await fetch(`${system.url}/court/v1/facts`)).status).toBe(200);
    expect((await fetch(`${system.url}/health/ready`)).status).toBe(503);
    await system.services.enforcement.start();
    expect((await fetch(`${system.url}/enforcement/v1/facts`)).status).toBe(200);
    expect((await fetch(`${system.url}/health/ready`)).status).toBe(200);
  });

  it('answers the same after a restart', async () => {
    const before = await statusOfAll();
    await system.stop();
    system = await startStandalone(options);
    const after = await statusOfAll();
    expect(after.position).toEqual(before.position);
    expect(after.answers.map(({ measures }) => measures)).toEqual(
      before.answers.map(({ measures }) => measures),
    );
  });

  it('runs nothing as owner, once it has migrated', async () => {
    const client = new pg.Client({ connectionString: system.postgres.adminUrl });
    await client.connect();
    const { rows } = await client.query<{ role: string }>(
      `SELECT DISTINCT usename AS role FROM pg_stat_activity WHERE usename LIKE 'writ%'`,
    );
    await client.end();
    const roles = rows.map(({ role }) => role);
    expect(roles).toContain('writ_projection_writer');
    expect(roles.filter((role) => role.endsWith('_owner'))).toEqual([]);
  });

  it('is no sandbox, and cannot be made one', async () => {
    const asSandbox = startStandalone({ ...options, sandbox: true });
    await expect(asSandbox).rejects.toThrow('--sandbox needs a fresh folder');
  });

  it('serves every service, its documents and metrics on one origin', async () => {
    const document = (await (await fetch(`${system.url}/openapi.json`)).json()) as {
      paths: Record<string, unknown>;
    };
    for (const service of ['identity', 'court', 'regulatory', 'enforcement', 'projection']) {
      const paths = Object.keys(document.paths).filter((path) =>
        path.startsWith(`/${service}/v1/`),
      );
      expect(paths).not.toEqual([]);
    }
    const metrics = await (await fetch(`${system.url}/metrics`)).text();
    expect(metrics).toMatch(/writ_lag_seconds\{[^}]*consumer="projection"/);
    expect(metrics).toContain('writ_open_liftings');
  });
});

const from = { date: '2020-01-01', zone: 'UTC' };
const list = {
  ...{ list: 'zz.sandbox', kind: 'commendation', title: 'Made up', jurisdiction: 'zz' },
  coverage: { schemes: ['lei'], places: ['zz'], from },
};
const declare = (url: string) =>
  fetch(`${url}/regulatory/v1/lists`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'writ-authority': 'zz.authority',
      'writ-actor': 'system:test',
      'idempotency-key': 'a-list',
    },
    body: JSON.stringify(list),
  });

describe('a sandbox with a clock of its own', () => {
  const ask = async (url: string, body?: object) => {
    const sent = body && { method: 'POST', body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/sandbox/v1/clock`, {
      ...sent,
      ...(body ? { headers } : {}),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const DAYS = 86_400_000;

  it('is moved on, never back; what is recorded is recorded then, also after a restart', async () => {
    const folder = temporaryFolder('writ-clock-');
    const own = { ...options, dataFolder: folder, sandbox: true, clock: true };
    let started = await startStandalone(own);
    try {
      expect((await ask(started.url)).body).toMatchObject({ aheadMs: 0 });
      const moved = await ask(started.url, { advance: 'P3D' });
      expect(moved).toMatchObject({ status: 200, body: { aheadMs: 3 * DAYS } });
      expect(Date.parse(String(moved.body['now']))).toBeGreaterThan(Date.now() + 2 * DAYS);
      const { receipt } = (await (await declare(started.url)).json()) as { receipt: Receipt };
      expect(Date.parse(receipt.recordedAt)).toBeGreaterThan(Date.now() + 2 * DAYS);
      for (const [body, status, field] of [
        [{ advance: '-P1D' }, 400, '/advance'],
        [{ advance: 'P1M' }, 400, '/advance'],
        [{ advance: 3 }, 400, '/advance'],
        [{}, 400, '/advance'],
        [{ advance: 'PT0S' }, 422, '/advance'],
        [{ advance: 'P9999D' }, 422, '/advance'],
        [{ advance: 'P1D', to: 'x' }, 400, '/to'],
      ] as const) {
        expect(await ask(started.url, body)).toMatchObject({ status, body: { field } });
      }
      await started.stop();
      started = await startStandalone(own);
      expect((await ask(started.url)).body).toMatchObject({ aheadMs: 3 * DAYS });
    } finally {
      await started.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is nowhere else', async () => {
    expect(await ask(system.url, { advance: 'P3D' })).toMatchObject({
      status: 404,
      body: { type: 'urn:writ:problem:resource-is-unknown' },
    });
  });
});

describe('a sandbox', () => {
  const ahead = fixedClock('2999-01-01T00:00:00.000Z');
  it('bears a clock ahead of the database, and is never started as real data', async () => {
    const folder = temporaryFolder('writ-sandbox-');
    const sandbox = { ...options, dataFolder: folder, sandbox: true };
    const started = await startStandalone(sandbox, { clock: ahead });
    const recorded = await declare(started.url);
    expect([recorded.status, await recorded.text()]).toEqual([201, expect.any(String)]);
    await started.stop();
    await expect(startStandalone({ ...sandbox, sandbox: false })).rejects.toThrow(
      'is a sandbox: start it with --sandbox',
    );
    rmSync(folder, { recursive: true, force: true });
  });

  it('is what it takes: elsewhere such a clock records nothing', async () => {
    const { dataFolder: _, ...temporary } = options;
    const started = await startStandalone(temporary, { clock: ahead });
    const refused = await declare(started.url);
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { type: 'urn:writ:problem:clock-is-ahead-of-the-database' },
    ]);
    await started.stop();
  });
});
