import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openDataFolder, startPostgres, temporaryFolder } from '@writ/local-servers';
import { memoryOf } from '../machine.process.js';
import { median, rowOfFigures, type Row } from '../measure.js';
import type { RowContext } from '../row-file.js';
import { openSide, type Side } from '../side.process.js';
import type { AppendFigures, AppendQuestion } from '../sides/append-ours.process.js';
import type { StandaloneAnswer, StandaloneSetup } from '../sides/standalone.process.js';
import { until, waitMs } from '../wait.process.js';
import { sql } from '../databases.process.js';

const REST_MS = 10_000;

/** `npm start` as a user types it, in a clone: from the command to `/health/ready` saying 200. */
export async function measure(context: RowContext): Promise<void> {
  const { quick, rounds, note, done, root } = context;
  const folder = openDataFolder(temporaryFolder('writ-bench-'));
  const clone = join(folder, 'clone');
  try {
    cloneInto(root, clone);
    const [built, unbuilt, rests]: [Start[], Start[], Start[]] = [[], [], []];
    for (let round = 1; round <= rounds; round++) {
      removeBuild(clone);
      unbuilt.push(await start(clone, join(folder, 'data', `unbuilt-${round}`), ['--no-demo']));
      built.push(await start(clone, join(folder, 'data', `built-${round}`), []));
      const told = [unbuilt, built].map((starts) => Math.round(starts.at(-1)?.readyMs ?? 0));
      note(`round ${round}: ready after ${told.join(' ms unbuilt, ')} ms built`);
    }
    for (let round = 1; round <= rounds; round++) {
      const data = join(folder, 'data', `built-${round}`);
      rests.push(await start(clone, data, [], quick ? 1_000 : REST_MS));
    }
    const row = (name: string, starts: Start[], target: string): Row => {
      const peak = Math.max(...starts.map(({ peakRssMiB }) => peakRssMiB));
      const figures = starts.map(({ readyMs }) => readyMs / 1_000);
      return rowOfFigures(name, figures, 's', target, peak);
    };
    const told = median(built.map(({ toldMs }) => toldMs)) / 1_000;
    const note1 = `first start of a data folder; demonstration world loaded and told after ${told.toFixed(1)} s`; // prettier-ignore
    done({ ...row('npm start to ready, built', built, '<= 10'), note: note1 });
    done(row('npm start to ready, not built', unbuilt, 'information'));
    const atRest = 'embedded stack at rest, resident memory';
    const resting = rests.map(({ rssMiB }) => rssMiB);
    const peak = Math.max(...rests.map(({ peakRssMiB }) => peakRssMiB));
    const memory = rowOfFigures(atRest, resting, 'MiB', '<= 350', peak);
    done({ ...memory, note: 'the Node process, without Postgres, ten seconds after its start' });
    await withEvents(context, clone, join(folder, 'data', 'events'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One data folder that grows; started anew at each size. */
async function withEvents(context: RowContext, clone: string, dataFolder: string): Promise<void> {
  const { quick, rounds, note, done } = context;
  const sizes = [100_000, 1_000_000, 5_000_000];
  let events = 0;
  for (const size of sizes) {
    const wanted = quick ? Math.round(size / 1_000) : size;
    await grow(dataFolder, events, wanted);
    events = wanted;
    note(`${events} events on disk`);
    const starts: Start[] = [];
    for (let round = 1; round <= rounds; round++) {
      starts.push(await start(clone, dataFolder, ['--no-demo']));
    }
    const name = `npm start to ready, ${size.toLocaleString('en')} events`;
    const peak = Math.max(...starts.map(({ peakRssMiB }) => peakRssMiB));
    const figures = starts.map(({ readyMs }) => readyMs / 1_000);
    const row = rowOfFigures(name, figures, 's', '<= 10', peak);
    done({ ...row, note: 'in the court ledger, beyond 100,000 copies; consumers at its head' });
  }
}

/**
 * The court's ledger grows while nothing else runs: the first events are appended, the rest are
 * copies of them (a start reads heads and places, and no start takes minutes to prepare). Then
 * every consumer is placed behind them.
 */
async function grow(dataFolder: string, from: number, to: number): Promise<void> {
  const setup: StandaloneSetup = { dataFolder };
  const system: Side<null, StandaloneAnswer> = await openSide('standalone', setup);
  await system.stop();
  const dataDirectory = join(dataFolder, 'postgres');
  const server = await startPostgres({ dataDirectory, endWith: process.pid });
  try {
    const court = server.url('writ_court');
    if (from === 0) {
      const urls = { writer: court, reader: court };
      const ours: Side<AppendQuestion, AppendFigures> = await openSide('append-ours', urls);
      await ours.ask({ bulk: to, run: 'grown' });
      await ours.stop();
    } else {
      for (let size = from; size < to; size += from) {
        await sql(court, COPIES, [size, Math.min(from, to - size)]);
      }
      await sql(court, COPIED_BATCH, [to, to - from]);
    }
    const [head] = await sql<{ size: string; bucket_last: string[] }>(
      court,
      'SELECT size, bucket_last FROM ledger.batch ORDER BY size DESC LIMIT 1',
    );
    const moved = `place = ($1::bigint[])[bucket + 1], up_to = $2::bigint - 1, epoch = 1`;
    const values = [head?.bucket_last, head?.size];
    for (const database of ['writ_enforcement', 'writ_projection']) {
      const places = `UPDATE exchange.place SET ${moved} WHERE ledger = 'court'`;
      await sql(server.url(database), places, values);
    }
    const progress = `UPDATE projection.progress_a SET ${moved} WHERE ledger = 0`;
    await sql(server.url('writ_projection'), progress, values);
    await sql(court, 'VACUUM ANALYZE ledger.event');
  } finally {
    await server.stop();
  }
}

const COPIES = `
  WITH copied AS (
    INSERT INTO ledger.event (position, prev, version, epoch, bucket, stream, leaf, canonical)
    SELECT position + $1::bigint, prev + $1::bigint, version, epoch, bucket,
      stream || '-' || $1::bigint, leaf, canonical
    FROM ledger.event WHERE position < $2::bigint ORDER BY position RETURNING position
  )
  INSERT INTO ledger.command_key (key, first, count, fingerprint)
  SELECT gen_random_uuid(), position, 1, 'bench' FROM copied`;
const COPIED_BATCH = `
  INSERT INTO ledger.batch (size, recorded_at, epoch, frontier, bucket_last)
  SELECT $1::bigint, clock_timestamp(), epoch, frontier,
    (SELECT array_agg(CASE WHEN last < 0 THEN last ELSE last + $2::bigint END ORDER BY at)
     FROM unnest(bucket_last) WITH ORDINALITY AS b (last, at))
  FROM ledger.batch ORDER BY size DESC LIMIT 1`;

type Start = { readyMs: number; toldMs: number; rssMiB: number; peakRssMiB: number };

/** Starts, waits until ready (and told), rests, reads the memory, stops. */
async function start(
  clone: string,
  dataFolder: string,
  flags: readonly string[],
  restMs = 0,
): Promise<Start> {
  mkdirSync(join(dataFolder, '..'), { recursive: true });
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const began = performance.now();
  const args = ['start', '--silent', '--', '--data', dataFolder, '--port', String(port), ...flags];
  const child = spawn('npm', args, { cwd: clone, stdio: ['ignore', 'pipe', 'ignore'] });
  let toldMs = 0;
  child.stdout.on('data', () => (toldMs ||= performance.now() - began));
  try {
    const url = `http://127.0.0.1:${port}/health/ready`;
    const isReady = async () => {
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}`);
      return fetch(url).then(
        ({ status }) => status === 200,
        () => false,
      );
    };
    await until('npm start is ready', isReady, { everyMs: 25, atMostMs: 300_000 });
    const readyMs = performance.now() - began;
    await until('it says what to try', async () => toldMs > 0, { everyMs: 25 });
    await waitMs(restMs);
    const pid = launched(child);
    return { readyMs, toldMs, rssMiB: memoryOf(pid, 'VmRSS'), peakRssMiB: memoryOf(pid, 'VmHWM') };
  } finally {
    await stop(child);
  }
}

/** The Node process behind npm and its shell: the last of the line. */
function launched(child: ChildProcess): number {
  let pid = child.pid ?? 0;
  for (;;) {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const next = children.map(Number).find((one) => one > 0 && isNode(one));
    if (next === undefined) return pid;
    pid = next;
  }
}

function isNode(pid: number): boolean {
  return /^(node|sh)\b/.test(readFileSync(`/proc/${pid}/comm`, 'utf8'));
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  process.kill(launched(child), 'SIGTERM');
  await gone;
}

/** What is committed, with the dependencies of this clone linked hard. */
function cloneInto(root: string, clone: string): void {
  execFileSync('git', ['clone', '--quiet', '--local', root, clone]);
  execFileSync('cp', ['-al', join(root, 'node_modules'), join(clone, 'node_modules')]);
}

function removeBuild(clone: string): void {
  execFileSync('git', ['clean', '-fdxq', '--exclude=node_modules'], { cwd: clone });
}
