import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

let system: System;

beforeAll(async () => {
  system = await startSystem({ ownBroker: true });
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
afterAll(() => system?.stop());

describe(`nothing personal gets out (${SYSTEM})`, () => {
  it('in no column of any table of any database', async () => {
    expect(await hitsInDatabases(system)).toEqual([]);
  });

  it('in no file of Postgres, of Kafka or of the logs', async () => {
    await checkpoint(system);
    expect(await hitsInFolder(system.dataFolder)).toEqual([]);
    for (const file of system.logFiles) {
      expect([file, await foundInFile(NEEDLES, file)]).toEqual([file, []]);
    }
    expect(system.logFiles.length).toBe(SYSTEM === 'stack' ? 5 : 0);
  });

  it('in no topic', async () => {
    expect(await hitsInTopics(system)).toEqual([]);
  });

  it('in no metric, fact or OpenAPI page', async () => {
    const { client } = system;
    for (const page of [
      '/metrics',
      ...['court', 'regulatory', 'enforcement'].map((name) => `/${name}/v1/facts?after=-1`),
    ]) {
      const { body } = await client.get(page);
      expect([page, found(NEEDLES, JSON.stringify(body))]).toEqual([page, []]);
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

  if (SYSTEM === 'stack') {
    it('in a topic, in every form', async () => {
      const kafka = kafkaOf(system);
      const producer = kafka.producer();
      await producer.connect();
      for (const { bytes } of NEEDLES) {
        await producer.send({
          topic: 'court.watermarks',
          messages: [{ partition: 0, key: 'leak', value: bytes }],
        });
      }
      await producer.disconnect();
      const hits = await hitsInTopics(system);
      expect(new Set(hits.map(([, form]) => form))).toEqual(every);
    });
  }
});

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
      for (const [content] of rows as (Buffer | string)[][]) {
        for (const form of found(NEEDLES, content ?? '')) {
          hits.push([service, `${table}.${column}`, form]);
        }
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
