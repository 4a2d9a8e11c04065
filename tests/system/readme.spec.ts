import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { root } from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { declareCourtList } from './world.fixture.js';

const run = promisify(execFile);

let system: System;

beforeAll(async () => {
  system = await startSystem();
  await declareCourtList(system.client);
});
afterAll(() => system?.stop());

it(`the README's journey is what the system answers, positions aside (${SYSTEM})`, async () => {
  const script = path.join(root, 'tests/oracle/journey-transcript.mjs');
  const { stdout } = await run(process.execPath, [script, system.url]);
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const [, printed = ''] = /<!-- journey -->\n([\s\S]*?)<!-- \/journey -->/.exec(readme) ?? [];
  expect(shapeOf(printed)).toEqual(shapeOf(stdout));
  expect(printed).toContain('NOT_RESTRICTED');
});

/** Lines without their numbers of positions, and without the columns those push about. */
function shapeOf(transcript: string): string[] {
  return transcript
    .trim()
    .split('\n')
    .map((line) =>
      line.replaceAll(/(position|court|knownAt) [0-9]+/g, '$1 n').replaceAll(/ +/g, ' '),
    );
}
