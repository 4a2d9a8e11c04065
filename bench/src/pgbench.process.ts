import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from './databases.process.js';

const run = promisify(execFile);

/** The barest durable insert: one row, one index, the same bytes sent each time. */
const SCRIPT = 'INSERT INTO single_row (body) VALUES (:body);\n';

export async function preparePgbench(url: string, rows: number, body: string): Promise<void> {
  await sql(url, 'CREATE TABLE single_row (id bigserial PRIMARY KEY, body text NOT NULL)');
  await sql(
    url,
    'INSERT INTO single_row (body) SELECT $2::text FROM generate_series(1, $1::integer)',
    [rows, body],
  );
}

/** @returns transactions per second of `clients` connections over TCP, prepared statements */
export async function runPgbench(
  pgbench: string,
  url: string,
  { clients, seconds, body }: { clients: number; seconds: number; body: string },
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'writ-pgbench-'));
  try {
    const script = join(folder, 'insert.sql');
    writeFileSync(script, SCRIPT);
    const { hostname, port, username, password, pathname } = new URL(url);
    const { stdout } = await run(
      pgbench,
      [
        ...['-h', hostname, '-p', port, '-U', username, '-n', '-M', 'prepared'],
        ...['-c', String(clients), '-j', '2', '-T', String(seconds)],
        ...['-D', `body=${body}`, '-f', script, pathname.slice(1)],
      ],
      { env: { PATH: process.env['PATH'], PGPASSWORD: password } },
    );
    const tps = /tps = ([0-9.]+)/.exec(stdout)?.[1];
    if (tps === undefined) throw new Error(`pgbench said nothing of tps: ${stdout}`);
    return Number(tps);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
