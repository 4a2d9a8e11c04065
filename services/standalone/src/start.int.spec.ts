import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
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

/** A fresh clone with its dependencies, in which nothing is built and that only `uid` may enter. */
function closedCopy(uid: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'writ-closed-'));
  folders.push(folder);
  const copy = path.join(folder, 'writ');
  mkdirSync(copy);
  const listed = spawnSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], { cwd: clone });
  const files = String(listed.stdout).split('\0').filter(Boolean);
  const there = files.filter((file) => existsSync(path.join(clone, file)));
  const copied = spawnSync('cp', ['-a', '--parents', ...there, 'node_modules', copy], {
    cwd: clone,
  });
  expect([copied.status, String(copied.stderr)]).toEqual([0, '']);
  if (isRoot) spawnSync('chown', ['-R', `${uid}:${uid}`, folder]);
  chmodSync(folder, 0o700);
  return copy;
}

type Run = { stdout: string[]; stderr: string[]; exit: Promise<number | null>; stop(): void };

function runAs(uid: number, cwd: string, command: string, args: string[]): Run {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: npm stands between us and what it starts.
    detached: true,
    ...(isRoot ? { uid, gid: uid } : {}),
    env: { PATH: process.env['PATH'] ?? '', HOME: path.dirname(cwd), PORT: '0', CI: 'true' },
  });
  const [stdout, stderr] = [[] as string[], [] as string[]];
  createInterface({ input: child.stdout }).on('line', (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => stderr.push(line));
  // Not its exit: npm may go before what it started has said its last word.
  const exit = once(child, 'close').then(([code]) => code as number | null);
  const stop = () => void (child.exitCode ?? process.kill(-(child.pid ?? 0), 'SIGTERM'));
  return { stdout, stderr, exit, stop };
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

/** Where the data went that nobody named a folder for: whoever runs Postgres can reach it. */
function checkDefaultFolder({ stdout }: Run, uid: number): void {
  const folder = /; data in ([^)]+)\)/.exec(stdout.join('\n'))?.[1] ?? '';
  expect(path.isAbsolute(folder)).toBe(true);
  // The whole of this copy's: no other clone has it.
  folders.push(path.dirname(folder));
  expect(statSync(folder).uid).toBe(uid);
  expect(existsSync(path.join(folder, 'postgres', 'PG_VERSION'))).toBe(true);
  if (uid !== 0) return;
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    expect([at, statSync(at).mode & 0o001]).toEqual([at, 1]);
  }
}

const PROGRESS = /^building \d+\/\d+ \S+/m;

describe('in a folder only its owner may enter', () => {
  it.each(ACCOUNTS)(
    'npm start and npx writ build what is missing and work as %s',
    async (_, uid) => {
      const copy = closedCopy(uid);
      const started = runAs(uid, copy, 'npm', ['start', '--silent']);
      try {
        const url = await urlOf(started);
        expect(started.stderr.join('\n')).toMatch(PROGRESS);
        expect((await fetch(`${url}/health/ready`)).status).toBe(200);
        checkDefaultFolder(started, uid);
        expect(existsSync(path.join(copy, 'cli/dist'))).toBe(false);
        const writ = runAs(uid, copy, 'npx', ['--no-install', 'writ', 'root', '--url', url]);
        expect([await writ.exit, writ.stderr.join('\n')]).toEqual([
          0,
          expect.stringMatching(PROGRESS),
        ]);
        expect(writ.stdout.join('')).toMatch(/[0-9a-f]{64}/);
      } finally {
        started.stop();
      }
      await started.exit;
      expect(started.stderr).toContain('stopping');
      expect(statSync(path.dirname(copy)).mode & 0o777).toBe(0o700);
    },
    900_000,
  );
});
