import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const READY = /Kafka Server started/;
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 10_000;

/** A broker of our own: it can be stopped, started again on the same data, and thrown away. */
export type LocalKafka = {
  brokers: string[];
  /** Java class path with Kafka's own tools. */
  classPath: string;
  dataDir: string;
  /** SIGTERM (orderly) or SIGKILL (crash); resolves when the process is gone. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again on the same ports and data. */
  start(): Promise<void>;
  /** Stops it and, when the data folder was temporary, removes it. */
  close(): Promise<void>;
};

/**
 * Starts one Apache Kafka broker (KRaft) from the jars that Maven fetched, on free loopback ports.
 *
 * @param options.dataDir kept after `close`; without it a temporary folder is used and removed
 * @throws Error when there is no JDK 17+, no Maven and no cached jars, or it does not start
 */
export async function startKafka(
  options: { dataDir?: string; port?: number; heapMb?: number } = {},
): Promise<LocalKafka> {
  const root = repositoryRoot();
  const libs = await kafkaLibs(root);
  const classPath = join(libs, '*');
  const temporary = options.dataDir === undefined;
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'writ-kafka-')));
  await mkdir(dataDir, { recursive: true });
  await endLeftover(dataDir);
  const port = options.port ?? (await freePort());
  const properties = join(dataDir, 'server.properties');
  const template = await readFile(join(root, 'deploy/kafka-local/server.properties'), 'utf8');
  await writeFile(
    properties,
    template
      .replaceAll('NODE_PORT', String(port))
      .replaceAll('CONTROLLER_PORT', String(await freePort()))
      .replaceAll('DATA', join(dataDir, 'data')),
  );
  if (!existsSync(join(dataDir, 'data/meta.properties'))) {
    await run('java', [
      ...['-Xmx128m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'],
      ...['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', clusterId()],
      ...['-c', properties],
    ]);
  }
  const broker = brokerProcess({
    ...{ classPath, dataDir, properties },
    isTemporary: temporary,
    heapMb: options.heapMb ?? 512,
  });
  await broker.start();
  return {
    brokers: [`127.0.0.1:${port}`],
    classPath,
    dataDir,
    stop: broker.stop,
    start: broker.start,
    close: async () => {
      // What is removed anyway need not be written out first; that takes the broker seconds.
      await broker.stop(temporary ? 'SIGKILL' : 'SIGTERM');
      if (temporary) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

type BrokerFiles = {
  classPath: string;
  dataDir: string;
  isTemporary: boolean;
  properties: string;
  heapMb: number;
};

function brokerProcess(files: BrokerFiles) {
  let child: ChildProcess | undefined;
  const killWithUs = () => child?.kill('SIGKILL');

  const start = async () => {
    if (child) throw new Error('the Kafka broker is already running');
    const { classPath, dataDir, properties, heapMb } = files;
    const java = spawn(
      'java',
      [
        ...['-Xms128m', `-Xmx${heapMb}m`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...['-Djava.awt.headless=true', `-Dkafka.logs.dir=${dataDir}`],
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
        ...['-cp', classPath, 'kafka.Kafka', properties],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    child = java;
    java.once('exit', () => {
      if (child === java) child = undefined;
    });
    process.once('exit', killWithUs);
    endWithLauncher(java, files.isTemporary ? dataDir : '');
    await writeFile(join(dataDir, 'pid'), String(java.pid));
    await ready(java);
  };

  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    process.off('exit', killWithUs);
    const java = child;
    if (!java) return;
    const gone = new Promise<void>((resolve) => java.once('exit', () => resolve()));
    java.kill(signal);
    const deadline = setTimeout(() => java.kill('SIGKILL'), STOP_MS_MAX);
    await gone;
    clearTimeout(deadline);
  };

  return { start, stop };
}

/**
 * Ends the broker when the process that launched it is gone, however it went: exit handlers do not
 * run in test runners, nor after a SIGKILL. The watcher ends by itself with the broker.
 */
function endWithLauncher(java: ChildProcess, folderToRemove: string): void {
  const watch = `while kill -0 "$0" 2>/dev/null; do
    kill -0 "$1" 2>/dev/null || exit 0
    sleep 1
  done
  kill -9 "$1" 2>/dev/null
  [ -z "$2" ] || rm -rf "$2"`;
  const values = [String(process.pid), String(java.pid), folderToRemove];
  spawn('sh', ['-c', watch, ...values], { detached: true, stdio: 'ignore' }).unref();
}

/** A broker whose launcher was killed lives on and holds the data folder: it is stopped first. */
async function endLeftover(dataDir: string): Promise<void> {
  const pid = Number(await readFile(join(dataDir, 'pid'), 'utf8').catch(() => '0'));
  // Only a process that says itself that it runs on this very folder.
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (pid === 0 || !command.includes(join(dataDir, 'server.properties'))) return;
  process.kill(pid, 'SIGTERM');
  const deadline = performance.now() + STOP_MS_MAX;
  while (existsSync(`/proc/${pid}`)) {
    if (performance.now() > deadline) process.kill(pid, 'SIGKILL');
    await delay(100);
  }
}

/** Resolves on Kafka's own "started" line; keeps draining the output so that it never blocks. */
function ready(java: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let tail = '';
    const deadline = setTimeout(() => {
      java.kill('SIGKILL');
      reject(new Error(`Kafka did not start within ${START_MS_MAX} ms: ${tail}`));
    }, START_MS_MAX);
    const onOutput = (chunk: Buffer) => {
      tail = (tail + chunk.toString()).slice(-2_000);
      if (!READY.test(tail)) return;
      clearTimeout(deadline);
      resolve();
    };
    java.stdout?.on('data', onOutput);
    java.stderr?.on('data', onOutput);
    java.once('error', (error) => {
      clearTimeout(deadline);
      reject(error);
    });
    java.once('exit', (code, signal) => {
      clearTimeout(deadline);
      reject(new Error(`Kafka ended (${code ?? signal}) before it was ready: ${tail}`));
    });
  });
}

/** @returns a Java class path with Kafka's own tools, wherever the broker runs */
export async function kafkaClassPath(): Promise<string> {
  return join(await kafkaLibs(repositoryRoot()), '*');
}

/** Kafka's jars in `.cache/kafka-libs`, fetched once per version named in the pom. */
async function kafkaLibs(root: string): Promise<string> {
  const pom = join(root, 'deploy/kafka-local/pom.xml');
  const version = /<kafka.version>(.+)<\/kafka.version>/.exec(await readFile(pom, 'utf8'))?.[1];
  const libs = join(root, '.cache/kafka-libs');
  const stamp = join(libs, 'version');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === version) return libs;
  // Fetched beside and renamed, so that a killed fetch or a second process leaves nothing half.
  const fetched = `${libs}.${randomBytes(4).toString('hex')}`;
  await run('mvn', [
    ...['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime'],
    `-DoutputDirectory=${fetched}`,
  ]);
  await writeFile(join(fetched, 'version'), version ?? '');
  await rm(libs, { recursive: true, force: true });
  await rename(fetched, libs).catch(async (error: unknown) => {
    await rm(fetched, { recursive: true, force: true });
    if (!existsSync(stamp)) throw error;
  });
  return libs;
}

/** 16 random bytes in Kafka's own form; a leading '-' would read as an option. */
function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? `A${id.slice(1)}` : id;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** The folder with nx.json above this file, source or built. */
export function repositoryRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'nx.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error('no nx.json above this package');
    folder = above;
  }
  return folder;
}
