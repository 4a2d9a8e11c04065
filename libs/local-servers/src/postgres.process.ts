import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openDataFolder, temporaryFolder } from './folders.process.js';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.process.js';
import { parsePostmasterPid } from './postmaster-pid.js';

export type PostgresOptions = {
  /** Postgres' own data directory, created when missing; absent: a temporary one, removed. */
  dataDirectory?: string;
  /** 0 (the default) takes a free one. */
  port?: number;
  /** Off only in tests: then a power cut loses the cluster. */
  fsync?: boolean;
  /** Further settings, `name: value`. */
  settings?: Readonly<Record<string, string>>;
  /**
   * Ends the server (and removes a temporary directory) when the process with this number is gone,
   * however it went. For test runners, whose own exit handlers do not run.
   */
  endWith?: number;
};

export type PostgresServer = {
  host: '127.0.0.1';
  port: number;
  pid: number;
  /** The superuser, for provisioning; services never use it. */
  user: string;
  password: string;
  dataDirectory: string;
  /** Postgres' log. It carries no statements, parameters or key values. */
  logFile: string;
  /** Of the programs, e.g. 18.4.0-beta.17. */
  version: string;
  /** Connection string; absent: the superuser's. */
  url(database: string, user?: string, password?: string): string;
  /** Resolves when the server has ended, however. */
  exited: Promise<void>;
  /** For tests that need a crash or a frozen server. */
  kill(signal: NodeJS.Signals): void;
  /**
   * Fast shutdown: sessions are ended, everything is on disk. Data that is `discarded` (as that of
   * a temporary directory is) is not written out first.
   */
  stop(data?: 'discarded'): Promise<void>;
};

const SUPERUSER = 'postgres';
const PASSWORD_FILE = 'writ.password';
const LAUNCHER_FILE = 'writ.launcher';
const LOG_FILE = 'writ.log';
const LOG_BYTES_MAX = 16 * 1024 * 1024;
const START_DEADLINE_MS = 300_000;
const STOP_DEADLINE_MS = 30_000;

/**
 * Starts the embedded Postgres on TCP at 127.0.0.1, creating its data directory when missing. A
 * directory whose server crashed is recovered; one that a running launcher holds is refused; a
 * server left behind by a launcher that was killed is stopped first.
 *
 * @throws Error with the end of Postgres' log when it does not come up
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const binaries = postgresBinaries();
  const temporary = options.dataDirectory === undefined;
  const dataDirectory = resolve(
    options.dataDirectory ?? join(temporaryFolder('writ-postgres-'), 'data'),
  );
  if (!temporary) openDataFolder(dirname(dataDirectory));
  if (!existsSync(join(dataDirectory, 'PG_VERSION'))) {
    await createCluster(binaries, dataDirectory, options.fsync ?? true);
  }
  await clearStalePostmaster(dataDirectory);
  writeFileSync(join(dataDirectory, LAUNCHER_FILE), `${process.pid}\n${startTime(process.pid)}\n`);
  const { child, port } = await launch(binaries, dataDirectory, options);
  if (options.endWith)
    watch(options.endWith, child, temporary ? dirname(dataDirectory) : undefined);
  const password = readFileSync(join(dataDirectory, PASSWORD_FILE), 'utf8').trim();
  const exited = child.exitCode === null ? once(child, 'exit').then(() => {}) : Promise.resolve();
  // A launcher that ends without `stop` must not leave a server behind.
  const endWithUs = () => child.kill('SIGQUIT');
  process.once('exit', endWithUs);
  void exited.then(() => process.off('exit', endWithUs));
  return {
    host: '127.0.0.1',
    port,
    pid: child.pid ?? 0,
    user: SUPERUSER,
    password,
    dataDirectory,
    logFile: join(dataDirectory, LOG_FILE),
    version: binaries.version,
    url: (database, user = SUPERUSER, secret = password) =>
      `postgres://${user}:${encodeURIComponent(secret)}@127.0.0.1:${port}/${database}`,
    exited,
    kill: (signal) => void child.kill(signal),
    stop: async (data) => {
      await end(child, exited, temporary || data === 'discarded' ? 'SIGQUIT' : 'SIGINT');
      if (temporary) rmSync(dirname(dataDirectory), { recursive: true, force: true });
    },
  };
}

/** Made beside its place and moved there when whole: a killed initdb leaves no half cluster. */
async function createCluster(
  binaries: PostgresBinaries,
  dataDirectory: string,
  fsync: boolean,
): Promise<void> {
  if (existsSync(dataDirectory) && readdirSync(dataDirectory).length > 0) {
    throw new Error(`${dataDirectory} is neither empty nor a Postgres data directory`);
  }
  const fresh = `${dataDirectory}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${fresh}.password`;
  try {
    const password = randomBytes(24).toString('base64url');
    mkdirSync(fresh, { mode: 0o700 });
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600, flag: 'wx' });
    giveTo(binaries, fresh, passwordFile);
    const child = spawn(
      binaries.initdb,
      [
        `--pgdata=${fresh}`,
        `--username=${SUPERUSER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        ...(fsync ? [] : ['--no-sync']),
      ],
      { ...binaries.runAs, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const [code, said] = await outcome(child);
    if (code !== 0) throw new Error(`initdb failed: ${said.slice(-4_000)}`);
    renameSync(passwordFile, join(fresh, PASSWORD_FILE));
    if (existsSync(dataDirectory)) rmSync(dataDirectory, { recursive: true });
    renameSync(fresh, dataDirectory);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(fresh, { recursive: true, force: true });
  }
}

function giveTo({ runAs }: PostgresBinaries, ...paths: readonly string[]): void {
  if (runAs) for (const path of paths) chownSync(path, runAs.uid, runAs.gid);
}

async function launch(
  binaries: PostgresBinaries,
  dataDirectory: string,
  options: PostgresOptions,
): Promise<{ child: ChildProcess; port: number }> {
  chmodSync(dataDirectory, 0o700);
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await freePort());
    const log = openLog(dataDirectory);
    const child = spawn(
      binaries.postgres,
      ['-D', dataDirectory, '-p', String(port), ...flags(options)],
      {
        ...binaries.runAs,
        env: environment(),
        // A file, not a pipe to us: Postgres may outlive its launcher.
        stdio: ['ignore', log.descriptor, log.descriptor],
        // Of its own group: a Ctrl-C meant for us must not end Postgres before its clients.
        detached: true,
      },
    );
    closeSync(log.descriptor);
    const up = await ready(child, dataDirectory);
    if (up) {
      child.unref();
      return { child, port };
    }
    // Between finding a free port and binding it another process may have taken it.
    const said = readFileSync(log.file, 'utf8').slice(log.from);
    const taken = /could not bind|could not create any TCP/.test(said);
    if (!taken || options.port || attempt === 5) {
      throw new Error(`Postgres did not start on ${dataDirectory}: ${said.slice(-4_000)}`);
    }
  }
}

/** @returns the log opened for appending, begun anew when large, and where it now ends */
function openLog(dataDirectory: string): { file: string; descriptor: number; from: number } {
  const file = join(dataDirectory, LOG_FILE);
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const descriptor = openSync(file, size > LOG_BYTES_MAX ? 'w' : 'a', 0o600);
  return { file, descriptor, from: size > LOG_BYTES_MAX ? 0 : size };
}

function flags(options: PostgresOptions): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    timezone: 'UTC',
    lc_messages: 'C',
    // Neither statements nor the values in a constraint's DETAIL belong in a log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    ...((options.fsync ?? true)
      ? {}
      : // A commit is still in the system's hands before it is answered: a killed server loses none.
        { fsync: 'off', full_page_writes: 'off' }),
    ...options.settings,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** As `pg_ctl` does it: the last line of `postmaster.pid` says so, in every language. */
async function ready(child: ChildProcess, dataDirectory: string): Promise<boolean> {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  for (let waitedMs = 0; waitedMs < START_DEADLINE_MS; waitedMs += 10) {
    if (failure) throw failure;
    if (child.exitCode !== null || child.signalCode !== null) return false;
    if (isReady(dataDirectory, child.pid)) return true;
    await delay(10);
  }
  child.kill('SIGQUIT');
  return false;
}

function isReady(dataDirectory: string, pid: number | undefined): boolean {
  try {
    const lines = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/** A shell of its own group: it lives on when the watched process is killed. */
function watch(pid: number, child: ChildProcess, folder: string | undefined): void {
  const script =
    'while kill -0 "$1" 2>/dev/null && kill -0 "$2" 2>/dev/null; do sleep 1; done; ' +
    'kill -QUIT "$2" 2>/dev/null; sleep 1; [ -z "$3" ] || rm -rf "$3"';
  spawn('sh', ['-c', script, 'sh', String(pid), String(child.pid), folder ?? ''], {
    detached: true,
    stdio: 'ignore',
  }).unref();
}

async function end(
  child: ChildProcess,
  exited: Promise<void>,
  how: 'SIGINT' | 'SIGQUIT',
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  // A frozen server would not hear it.
  child.kill('SIGCONT');
  child.kill(how);
  const late = new AbortController();
  const deadline = delay(STOP_DEADLINE_MS, 'late' as const, { signal: late.signal }).catch(
    () => {},
  );
  if ((await Promise.race([exited, deadline])) === 'late') child.kill('SIGQUIT');
  await exited;
  late.abort();
}

/**
 * `postmaster.pid` of a server that is gone makes Postgres hesitate when its number has been given
 * to another process (after a restart of a container nearly always); of one left behind by a
 * killed launcher it names a server that must end first.
 */
async function clearStalePostmaster(dataDirectory: string): Promise<void> {
  const file = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(file)) return;
  const holder = parsePostmasterPid(readFileSync(file, 'utf8'));
  if (!holder || !isServerOf(holder.pid, dataDirectory)) {
    rmSync(file, { force: true });
    return;
  }
  if (launcherIsAlive(dataDirectory)) {
    throw new Error(`${dataDirectory} is in use by another process (Postgres pid ${holder.pid})`);
  }
  process.kill(holder.pid, 'SIGINT');
  for (let waitedMs = 0; isServerOf(holder.pid, dataDirectory); waitedMs += 50) {
    if (waitedMs === STOP_DEADLINE_MS) process.kill(holder.pid, 'SIGQUIT');
    await delay(50);
  }
}

function isServerOf(pid: number, dataDirectory: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  try {
    const [program = '', ...rest] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return program.includes('postgres') && rest.includes(dataDirectory);
  } catch {
    // Without /proc the number has to do.
    return !existsSync('/proc/self');
  }
}

function launcherIsAlive(dataDirectory: string): boolean {
  try {
    const [pid = '', started] = readFileSync(join(dataDirectory, LAUNCHER_FILE), 'utf8').split(
      '\n',
    );
    process.kill(Number(pid), 0);
    return startTime(Number(pid)) === started;
  } catch {
    return false;
  }
}

/** Tells a process from a later one with its number; empty where there is no /proc. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

async function outcome(child: ChildProcess): Promise<[code: number | null, said: string]> {
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  const [code] = (await once(child, 'close')) as [number | null];
  return [code, said];
}

/** Nothing of ours: PG* variables of the caller would change what the server does. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
