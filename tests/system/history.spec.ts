import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  activeSubjects,
  admitOfac,
  countActive,
  describeReal,
  feedOf,
  importEvents,
  OFAC,
  oracle,
  rawSnapshots,
  restrictedOf,
  root,
  subjectsOf,
  type ImportAnswer,
} from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';

const run = promisify(execFile);
const instant = (observedAt: string) => new Date(observedAt).toISOString();

describeReal(`a real list's history (${SYSTEM})`, () => {
  let system: System;
  const states = oracle();

  beforeAll(async () => {
    system = await startSystem();
  });
  afterAll(() => system?.stop());

  it('stands as the oracle says after each of the 143 snapshots, and who is listed is refused', async () => {
    const { client } = system;
    const subjects = subjectsOf(client);
    const mismatches: unknown[] = [];
    let receipt = '';
    for (const [index, state] of states.entries()) {
      const imported = await importEvents(client, { upTo: instant(state.observedAt) });
      if (index === 0) await admitOfac(client);
      receipt = imported.receipt?.token ?? receipt;
      const counted = await countActive(client, { atLeast: receipt });
      if (counted !== state.expected) mismatches.push({ ...state, counted });
      const expected = await subjects(state.active);
      expect(await activeSubjects(client, { atLeast: receipt })).toEqual(expected);
      const last = index === states.length - 1;
      if (index % 10 === 9 || last) {
        const ever = await subjects([
          ...new Set(states.slice(0, index + 1).flatMap((s) => s.active)),
        ]);
        expect(await restrictedOf(client, ever, [receipt])).toEqual(expected);
      }
    }
    expect(mismatches).toEqual([]);
    expect(states).toHaveLength(143);
  });

  it('answers the past from the final state, through the command line', async () => {
    const writ = path.join(root, 'cli/bin/writ.mjs');
    const wrong: unknown[] = [];
    for (const { observedAt, expected } of states) {
      const { stdout } = await run(process.execPath, [
        writ,
        ...['active', OFAC, '--as-of', instant(observedAt), '--count', '--url', system.url],
      ]);
      if (stdout.trim() !== String(expected)) wrong.push({ observedAt, expected, stdout });
    }
    expect(wrong).toEqual([]);
  });

  it('takes the same file in again and records nothing', async () => {
    const before = await factsOf(system);
    const again = await importEvents(system.client);
    expect(again.recorded).toBe(0);
    expect(await factsOf(system)).toBe(before);
  });

  it('takes the six raw copies in as snapshots and has the same sets on their dates', async () => {
    const { client } = system;
    const list = `${OFAC}.raw`;
    const description = { ...feedOf('ofac-sdn-dev-snapshots'), list };
    const subjects = subjectsOf(client);
    for (const { name, snapshot, bytes } of rawSnapshots()) {
      const imported = await client.done<ImportAnswer>(`/regulatory/v1/feeds/${list}/imports`, {
        description,
        file: { name, bytes },
      });
      const expected = states.find((state) => state.snapshot === snapshot);
      const token = imported.receipt?.token ?? '';
      expect(await activeSubjects(client, { atLeast: token }, list)).toEqual(
        await subjects(expected?.active ?? []),
      );
    }
  });

  it('refuses a 0-byte copy, and nothing has changed', async () => {
    const { client } = system;
    const before = await factsOf(system);
    const answer = await client.record(`/regulatory/v1/feeds/${OFAC}.raw/imports`, {
      description: { ...feedOf('ofac-sdn-dev-snapshots'), list: `${OFAC}.raw` },
      file: { name: '2023-01-05_000000000000_sdn_nonindividual.csv', bytes: '' },
    });
    expect(answer).toMatchObject({
      status: 422,
      type: expect.stringContaining('problem+json'),
      body: { type: 'urn:writ:problem:file-is-empty' },
    });
    expect(await factsOf(system)).toBe(before);
    expect(await countActive(client, {}, `${OFAC}.raw`)).toBe(states.at(-1)?.expected);
  });

  it('rebuilds to the same root', async () => {
    const writ = path.join(root, 'cli/bin/writ.mjs');
    const { stdout } = await run(process.execPath, [
      writ,
      'rebuild',
      '--json',
      '--url',
      system.url,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'equal' });
  });
});

async function factsOf({ client }: System): Promise<number> {
  const { body } = await client.get<{ size: number }>('/regulatory/v1/facts?after=-1&limit=1');
  return body.size;
}
