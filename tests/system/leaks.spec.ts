import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { temporaryFolder } from '@writ/local-servers';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { filesBelow, found, foundInFile, needlesOf, type Needle } from './needles.fixture.js';
import { startSystem, SYSTEM, type System } from './system.fixture.js';
import { declareCourtList, list, mayFly, pay, residentId, ripeCase } from './world.fixture.js';

const SERIAL = 771;
/** Names nobody: made-up letters, with some that every escaping changes. */
const NAME = 'Żółwik-Ñemo „Qxzyvw” Nikt';
const CASE_NUMBER = '(2026)粤9999执PLANTED-4711号';
const SECRETS = [NAME, CASE_NUMBER, residentId(SERIAL)];
const NEEDLES: readonly Needle[] = SECRETS.flatMap(needlesOf);
const EOL = Buffer.from('\n');
/** Files of every kind that is searched, below the data folder. */
const PLACES = [/postgres\/base\//, /postgres\/pg_wal\//, /logs\/\w+\.log$/];
const BROKER = [/kafka\/data\/court\.facts-\d+\/\d+\.log$/];

let system: System;
let folder: string;

beforeAll(async () => {
  folder = temporaryFolder('writ-leaks-');
  system = await startSystem({ ownBroker: true, dataFolder: path.join(folder, 'data') });
  const { client } = system;
  await declareCourtList(client);
  const ripe = await ripeCase(client, SERIAL, '10.00', { caseNumber: CASE_NUMBER, name: NAME });
  const listed = await list(client, SERIAL, ripe);
  await mayFly(client, SERIAL, { atLeast: [listed.receipt.token], settled: true });
  const paid = await pay(client, ripe, '10.00');
  await mayFly(client, SERIAL, { atLeast: [paid.receipt.token] });
  // What is refused is logged and answered too, and must not be repeated either.
  await client.record('/court/v1/cases', `{"caseNumber":"${CASE_NUMBER}","name":"${NAME}`);
  await client.record('/court/v1/cases', { caseNumber: CASE_NUMBER, [NAME]: residentId(SERIAL) });
  await client.ask({
    subjects: [{ identifier: { scheme: 'no.such-scheme', value: residentId(SERIAL) } }],
    purpose: 'sale-of-ticket',
  });
});
afterAll(async () => {
  await system?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe(`nothing personal gets out (${SYSTEM})`, () => {
  it('in no column of any table of any database', async () => {
    expect(await hitsInDatabases(system)).toEqual([]);
  });

  it('in no file of Postgres, of Kafka or of the logs', async () => {
    await checkpoint(system);
    // All of it is in one folder, or the search would say nothing.
    const below = filesBelow(system.dataFolder).map((file) => path.relative(folder, file));
    const expected = isBrokerHere() ? [...PLACES, ...BROKER] : PLACES;
    expect(expected.filter((place) => !below.some((file) => place.test(file)))).toEqual([]);
    for (const file of system.logFiles) expect(statSync(file).size).toBeGreaterThan(0);
    expect(system.logFiles.length).toBe(SYSTEM === 'stack' ? 5 : 1);
    expect(await hitsInFolder(system.dataFolder)).toEqual([]);
  });

  it('in no topic', async () => {
    expect(await hitsInTopics(system)).toEqual([]);
  });

  it('in no metric, fact or OpenAPI page', async () => {
    const { client } = system;
    for (const page of [
      '/metrics',
      '/openapi.json',
      '/health/fresh',
      ...['court', 'regulatory', 'enforcement'].map((name) => `/${name}/v1/facts?after=-1`),
    ]) {
      const { status, body } = await client.get(page);
      expect([page, status]).toEqual([page, 200]);
      // As it came: parsed and written again, its escapes would be ours.
      expect([page, found(NEEDLES, await textOf(`${client.origin}${page}`))]).toEqual([page, []]);
      expect(JSON.stringify(body).length).toBeGreaterThan(2);
    }
  });
});

describe(`a planted leak is found (${SYSTEM})`, () => {
  const every = new Set(NEEDLES.map(({ form }) => form));

  it('in a table, in every form', async () => {
    const url = system.databases.court.owner;
    await query(url, 'CREATE TABLE public.leak (planted bytea)');
    try {
      for (const { bytes } of NEEDLES) {
        await query(url, 'INSERT INTO public.leak VALUES ($1)', [bytes]);
      }
      const hits = (await hitsInDatabases(system)).filter(([, place]) => place === 'leak.planted');
      expect(new Set(hits.map(([, , form]) => form))).toEqual(every);
    } finally {
      await query(url, 'DROP TABLE public.leak');
    }
  });

  it('in a file, in every form, across the pieces it is read in', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'writ-leak-'));
    for (const { form, bytes } of NEEDLES) {
      const file = path.join(folder, form);
      writeFileSync(file, Buffer.alloc((4 << 20) - 5));
      appendFileSync(file, bytes);
    }
    const hits = await hitsInFolder(folder);
    rmSync(folder, { recursive: true });
    expect(new Set(hits.map(([, form]) => form))).toEqual(every);
  });

  it('in the name of a file', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'writ-leak-'));
    writeFileSync(path.join(folder, `${residentId(SERIAL)}.log`), '');
    const hits = await hitsInFolder(folder);
    rmSync(folder, { recursive: true });
    expect(hits.map(([, form]) => form)).toContain('plain');
  });

  it('in a log, in every form', async () => {
    const [log] = system.logFiles;
    if (log === undefined) throw new Error('there is no log');
    const before = statSync(log).size;
    for (const { bytes } of NEEDLES) appendFileSync(log, Buffer.concat([bytes, EOL]));
    const hits = await hitsInFolder(path.dirname(log));
    truncateSync(log, before);
    const inLog = hits.filter(([name]) => name === path.basename(log));
    expect(new Set(inLog.map(([, form]) => form))).toEqual(every);
  });

  it('on a page, in every form that a text can have', async () => {
    const texts = NEEDLES.filter(({ form }) => form !== 'sha256-raw');
    const page = texts.map(({ bytes }) => `writ_made_up{of="${bytes.toString()}"} 1`).join('\n');
    const server = createServer((_, response) => response.end(page)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const hits = found(NEEDLES, await textOf(`http://127.0.0.1:${port}/metrics`));
    server.close();
    expect(new Set(hits)).toEqual(new Set(texts.map(({ form }) => form)));
  });

  if (SYSTEM === 'stack') {
    it.each(['key', 'value', 'header'] as const)('in the %s of a topic’s message', async (part) => {
      const kafka = kafkaOf(system);
      const topic = `leaks.${part}`;
      const admin = kafka.admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] });
      await admin.disconnect();
      const producer = kafka.producer();
      await producer.connect();
      for (const { bytes } of NEEDLES) {
        const message = { key: 'k', value: 'v', ...(part === 'header' ? {} : { [part]: bytes }) };
        const headers = part === 'header' ? { of: bytes } : {};
        await producer.send({ topic, messages: [{ partition: 0, ...message, headers }] });
      }
      await producer.disconnect();
      const hits = (await hitsInTopics(system)).filter(([of]) => of === topic);
      expect(new Set(hits.map(([, form]) => form))).toEqual(every);
      if (!isBrokerHere()) return;
      const files = await hitsInFolder(path.join(system.dataFolder, 'kafka/data', `${topic}-0`));
      expect(new Set(files.map(([, form]) => form))).toEqual(every);
    });
  }
});

/** A container keeps its files to itself: said aloud, and never so where Kafka comes from Maven. */
function isBrokerHere(): boolean {
  if (system.kafka?.from === 'docker') {
    console.error("THE BROKER'S FILES ARE NOT SEARCHED: it keeps them in its container");
  }
  return system.kafka?.from === 'kafka-local';
}

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text();
}

async function query(url: string, text: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query({ text, values, rowMode: 'array' });
  } finally {
    await client.end();
  }
}

function inDatabase({ postgres, databases }: System, service: keyof System['databases']): string {
  const url = new URL(postgres.adminUrl);
  url.pathname = new URL(databases[service].owner).pathname;
  return url.href;
}

/** Every column of every table, as text and, where it is one, as bytes. */
async function hitsInDatabases(running: System): Promise<[string, string, string][]> {
  const hits: [string, string, string][] = [];
  for (const service of Object.keys(running.databases) as (keyof System['databases'])[]) {
    const url = inDatabase(running, service);
    const columns = await query(
      url,
      `SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    for (const [schema, table, column, type] of columns.rows as string[][]) {
      const name = `"${schema}"."${table}"`;
      const value = type === 'bytea' ? `"${column}"` : `"${column}"::text`;
      const { rows } = await query(
        url,
        `SELECT ${value} FROM ${name} WHERE "${column}" IS NOT NULL`,
      );
      // One text per column: a search has its price, whatever it looks through.
      const cells = (rows as (Buffer | string)[][]).map(([content]) => Buffer.from(content ?? ''));
      for (const form of found(NEEDLES, Buffer.concat(cells.flatMap((cell) => [cell, EOL])))) {
        hits.push([service, `${table}.${column}`, form]);
      }
    }
  }
  return hits;
}

async function hitsInFolder(folder: string): Promise<[string, string][]> {
  const hits: [string, string][] = [];
  for (const file of filesBelow(folder)) {
    const name = path.relative(folder, file);
    for (const form of found(NEEDLES, name)) hits.push([name, form]);
    for (const form of await foundInFile(NEEDLES, file)) hits.push([name, form]);
  }
  return hits;
}

/** Postgres writes what it still holds in memory. */
async function checkpoint({ postgres }: System): Promise<void> {
  await query(postgres.adminUrl, 'CHECKPOINT');
}

function kafkaOf({ kafka }: System): Kafka {
  return new Kafka({ brokers: kafka?.brokers ?? [], logLevel: logLevel.NOTHING });
}

/** Keys, headers and values of every message of every topic, up to where they end now. */
async function hitsInTopics(running: System): Promise<[string, string][]> {
  if (!running.kafka) return [];
  const kafka = kafkaOf(running);
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'));
  const ends = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > BigInt(low)) ends.set(`${topic}/${partition}`, BigInt(high) - 1n);
    }
  }
  await admin.disconnect();
  const hits: [string, string][] = [];
  const consumer = kafka.consumer({ groupId: `leaks-${performance.now()}` });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const left = new Set(ends.keys());
    if (left.size === 0) resolve();
    consumer
      .run({
        eachMessage: ({ topic, partition, message }) => {
          const { key, value, headers, offset } = message;
          const parts = [key, value, ...Object.values(headers ?? {}).flat()];
          for (const part of parts) {
            for (const form of found(NEEDLES, part ?? '')) hits.push([topic, form]);
          }
          const place = `${topic}/${partition}`;
          if (BigInt(offset) >= (ends.get(place) ?? 0n)) left.delete(place);
          if (left.size === 0) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return hits;
}
