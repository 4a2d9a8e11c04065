import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { openDataFolder, temporaryFolder } from './folders.process.js';
import { startPostgres, type PostgresServer } from './postgres.process.js';

const ORPHAN = join(import.meta.dirname, 'orphan.fixture.mjs');
const started: PostgresServer[] = [];
const folders: string[] = [];

afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(dataDirectory: string): Promise<PostgresServer> {
  const options = { dataDirectory, fsync: false, endWith: process.pid };
  const server = await startPostgres(options);
  started.push(server);
  return server;
}

function folder(): string {
  const path = temporaryFolder('writ-spec-');
  folders.push(path);
  return path;
}

async function query(server: PostgresServer, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url('postgres') });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return rows;
}

describe('the embedded Postgres', () => {
  it('keeps what it holds over a stop, a crash and a stale postmaster.pid', async () => {
    const dataDirectory = join(folder(), 'postgres');
    const first = await start(dataDirectory);
    await query(first, 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)');
    await first.stop();
    const second = await start(dataDirectory);
    expect(await query(second, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    second.kill('SIGKILL');
    await second.exited;
    // Its number given to another process: ours.
    const stale = `${process.pid}\n${dataDirectory}\n1790000000\n5432\n\n127.0.0.1\n\nready\n`;
    writeFileSync(join(dataDirectory, 'postmaster.pid'), stale);
    const third = await start(dataDirectory);
    expect(await query(third, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
  });

  it('ends a server whose launcher was killed, and takes its data over', async () => {
    const dataDirectory = join(folder(), 'postgres');
    const launcher = spawn(process.execPath, [ORPHAN, dataDirectory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(launcher.stdout, 'data')) as [Buffer];
    const orphan = Number(said.toString());
    launcher.kill('SIGKILL');
    await once(launcher, 'exit');
    const server = await start(dataDirectory);
    expect(server.pid).not.toBe(orphan);
    expect(await query(server, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  });

  it('is refused where a running launcher holds the directory', async () => {
    const dataDirectory = join(folder(), 'postgres');
    await start(dataDirectory);
    await expect(start(dataDirectory)).rejects.toThrow('in use by another process');
  });

  it('listens on loopback, asks for its password and keeps it from others', async () => {
    const server = await start(join(folder(), 'postgres'));
    const rows = await query(server, 'SHOW listen_addresses');
    expect(rows).toEqual([{ listen_addresses: '127.0.0.1' }]);
    const mode = statSync(join(server.dataDirectory, 'writ.password')).mode & 0o777;
    expect(mode).toBe(0o600);
    const stranger = new pg.Client({ connectionString: server.url('postgres', 'postgres', 'x') });
    await expect(stranger.connect()).rejects.toThrow('password authentication failed');
  });

  it('leaves a folder alone that holds something else', async () => {
    const dataDirectory = openDataFolder(join(folder(), 'papers'));
    writeFileSync(join(dataDirectory, 'letter.txt'), 'mine');
    await expect(start(dataDirectory)).rejects.toThrow('neither empty nor');
  });

  // Only root runs it as somebody else.
  if (process.getuid?.() === 0) {
    it('says which folder is closed to the user it runs as', async () => {
      const closed = join(folder(), 'closed');
      openDataFolder(closed);
      chmodSync(closed, 0o700);
      await expect(start(join(closed, 'data', 'postgres'))).rejects.toThrow('by its owner only');
    });
  }
});
