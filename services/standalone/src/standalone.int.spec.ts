import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import type { StatusResponse } from '@writ/contracts';
import { temporaryFolder } from '@writ/local-servers';
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
    const before = await statusOfAll();
    await openDemonstration(system.url, dataFolder, quiet);
    expect((await statusOfAll()).position).toEqual(before.position);
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
