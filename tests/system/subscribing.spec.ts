import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { activeSubjects, describeReal, importEvents, OFAC, oracle, root } from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';

const run = promisify(execFile);

/** The program of the page, as it stands there. */
function programOf(page: string): string {
  const text = readFileSync(path.join(root, page), 'utf8');
  const [, program] = /```js subscriber\.mjs\n([^]*?)\n```/.exec(text) ?? [];
  if (program === undefined) throw new Error(`${page} has no subscriber`);
  return program;
}

describeReal(`a subscriber built from docs/subscribing.md alone (${SYSTEM})`, () => {
  let system: System;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'writ-subscriber-'));
    writeFileSync(path.join(folder, 'subscriber.mjs'), programOf('docs/subscribing.md'));
    system = await startSystem();
  });
  afterAll(async () => {
    await system?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('ends with the active set of the projection', async () => {
    const middle = new Date(oracle()[70]?.observedAt ?? '').toISOString();
    const subscribed = async () => {
      const words = [path.join(folder, 'subscriber.mjs'), system.url, OFAC];
      const { stdout } = await run(process.execPath, words, { maxBuffer: 16 * 1024 * 1024 });
      return (JSON.parse(stdout) as { active: string[] }).active;
    };
    for (const upTo of [{ upTo: middle }, {}]) {
      const { receipt } = await importEvents(system.client, upTo);
      const atLeast = { atLeast: receipt?.token ?? '' };
      const active = await subscribed();
      expect(active.length).toBeGreaterThan(100);
      expect(active).toEqual(await activeSubjects(system.client, atLeast));
    }
  }, 120_000);
});
