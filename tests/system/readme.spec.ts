import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { root } from './ofac.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { declareCourtList } from './world.fixture.js';

let system: System;

beforeAll(async () => {
  system = await startSystem();
  await declareCourtList(system.client);
});
afterAll(() => system?.stop());

it(`the README's journey is what the system answers, positions aside (${SYSTEM})`, async () => {
  const stdout = await playJourney();
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const [, printed = ''] = /<!-- journey -->\n([\s\S]*?)<!-- \/journey -->/.exec(readme) ?? [];
  expect(shapeOf(printed)).toEqual(shapeOf(stdout));
  expect(printed).toContain('NOT_RESTRICTED');
  expect(printed).toContain('UNDETERMINED');
});

/** Kills enforcement and starts it again where the journey asks for it. @returns what it printed */
async function playJourney(): Promise<string> {
  const { enforcement } = system.services;
  const script = path.join(root, 'tests/oracle/journey-transcript.mjs');
  const child = spawn(process.execPath, [script, system.url]);
  const printed = text(child.stdout);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    if (line.includes('is killed')) await enforcement.kill('SIGKILL');
    else if (line.includes('is back')) await enforcement.start();
    else continue;
    child.stdin.write('\n');
  }
  if ((await ended) !== 0) throw new Error(said.join('\n'));
  return printed;
}

/** Lines without their numbers of positions, and without the columns those push about. */
function shapeOf(transcript: string): string[] {
  return transcript
    .trim()
    .split('\n')
    .map((line) =>
      line.replaceAll(/(position|court|knownAt) [0-9]+/g, '$1 n').replaceAll(/ +/g, ' '),
    );
}
