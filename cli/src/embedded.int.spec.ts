import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@writ/local-servers';

// What is tried is what is built: `npm test` builds first, as `npx writ` does.
const MAIN = join(import.meta.dirname, '..', 'dist', 'main.js');
const LIST = 'xx.made-up.embedded';
const folder = temporaryFolder('writ-embedded-');

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const feed = {
  list: LIST,
  issuer: 'xx.agency',
  jurisdiction: 'xx',
  title: 'Made up',
  kind: 'restrictive',
  coverage: {
    schemes: [`${LIST}.record`],
    places: ['xx'],
    from: { date: '2026-01-01', zone: 'UTC' },
  },
  files: ['*.csv'],
  form: 'snapshots',
  format: 'csv',
  zone: 'UTC',
  record: { columns: ['id'] },
  largestShrink: 0.5,
  snapshots: { fileName: '^(?<observed>[0-9-]{10})', format: 'yyyy-MM-dd' },
};

/** Runs `writ` with the whole system started for this one command, on one data folder. */
function writ(...args: string[]) {
  const own = ['--embedded', '--data', join(folder, 'data')];
  const ran = spawnSync(process.execPath, [MAIN, ...args, ...own], { encoding: 'utf8' });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

describe('writ --embedded --data', () => {
  it('starts a system for one command, and the next one finds what it recorded', () => {
    writeFileSync(join(folder, 'feed.json'), JSON.stringify(feed));
    writeFileSync(join(folder, '2026-01-01.csv'), 'id\n1\n2\n3\n');
    const taken = writ('feed', 'import', join(folder, 'feed.json'), '--from', folder, '--json');
    expect(taken).toMatchObject({ code: 0 });
    expect(JSON.parse(taken.out)).toMatchObject({ listed: 3, active: 3 });
    const asked = writ('active', LIST, '--count');
    expect([asked.code, asked.out]).toEqual([0, '3\n']);
  });
});
