import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

/**
 * `npm start` and `npx writ` in a checkout inside a folder that only its owner may enter: as root
 * (Postgres refuses to run as root and must not need the folder) and as an ordinary user.
 */
const clone = path.resolve(import.meta.dirname, '../../..');
const isRoot = process.getuid?.() === 0;
/** An account that owns nothing but the copy. It must exist: initdb looks its name up. */
const NOBODY = Number(spawnSync('id', ['-u', 'nobody']).stdout);
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A copy of the checkout that only `uid` may enter, without one library's build. */
function closedCopy(uid: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'writ-closed-'));
  folders.push(folder);
  const copy = path.join(folder, 'writ');
  const copied = spawnSync('cp', ['-a', clone, copy]);
  expect([copied.status, String(copied.stderr)]).toEqual([0, '']);
  rmSync(path.join(copy, '.git'), { recursive: true, force: true });
  rmSync(path.join(copy, 'libs/law/dist'), { recursive: true, force: true });
  if (isRoot) spawnSync('chown', ['-R', `${uid}:${uid}`, folder]);
  chmodSync(folder, 0o700);
  return copy;
}

type Run = { stdout: string[]; stderr: string[]; exit: Promise<number | null>; stop(): void };

function runAs(uid: number, cwd: string, command: string, args: string[]): Run {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(isRoot ? { uid, gid: uid } : {}),
    env: { PATH: process.env['PATH'] ?? '', HOME: path.dirname(cwd), PORT: '0', CI: 'true' },
  });
  const [stdout, stderr] = [[] as string[], [] as string[]];
  createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  return { stdout, stderr, exit, stop: () => void child.kill('SIGTERM') };
}

/** Resolves with the URL that the start prints. */
async function urlOf({ stdout, stderr, exit }: Run): Promise<string> {
  let ended = false;
  void exit.then(() => (ended = true));
  while (!ended) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(stdout.join('\n'))?.[0];
    if (url !== undefined) return url;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`ended before it was ready:\n${stderr.join('\n')}`);
}

const ACCOUNTS: [string, number][] = isRoot
  ? [
      ['root', 0],
      ['an ordinary user', NOBODY],
    ]
  : [['an ordinary user', process.getuid?.() ?? 0]];

describe('in a folder only its owner may enter', () => {
  it.each(ACCOUNTS)(
    'npm start and npx writ work as %s',
    async (_, uid) => {
      const copy = closedCopy(uid);
      const data = path.join(tmpdir(), `writ-closed-data-${uid}-${process.pid}`);
      folders.push(data);
      const started = runAs(uid, copy, process.execPath, [
        'services/standalone/bin/start.mjs',
        ...['--data', data],
      ]);
      try {
        const url = await urlOf(started);
        expect(existsSync(path.join(copy, 'libs/law/dist/index.js'))).toBe(true);
        expect((await fetch(`${url}/health/ready`)).status).toBe(200);
        const writ = runAs(uid, copy, 'npx', ['--no-install', 'writ', 'root', '--url', url]);
        expect([await writ.exit, writ.stderr.join('\n')]).toEqual([0, expect.any(String)]);
        expect(writ.stdout.join('')).toMatch(/[0-9a-f]{64}/);
      } finally {
        started.stop();
      }
      expect(await started.exit).toBe(0);
      expect(statSync(path.dirname(copy)).mode & 0o777).toBe(0o700);
    },
    600_000,
  );
});
