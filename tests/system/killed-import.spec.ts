import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Fact, FactsPage } from '@writ/contracts';
import { temporaryFolder } from '@writ/local-servers';
import { seededRandom } from '@writ/testkit';
import { eventually } from './eventually.fixture.js';
import { countActive, describeReal, importEvents, OFAC, oracle, root } from './ofac.fixture.js';
import { clientOf, startSystem, SYSTEM, type Client } from './system.fixture.js';

const KILLS = 10;
const WHOLE = `${OFAC}.whole`;

/** A system whose importing process can be killed by a signal, and started again. */
type Mortal = {
  client: Client;
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
};

async function mortalSystem(): Promise<Mortal> {
  if (SYSTEM === 'standalone') return mortalProcess();
  const system = await startSystem();
  const { regulatory } = system.services;
  return {
    client: system.client,
    kill: () => regulatory.kill('SIGKILL'),
    start: () => regulatory.start(),
    stop: () => system.stop(),
  };
}

/** `npm start` as a process of its own: all services in it, its Postgres beside it. */
async function mortalProcess(): Promise<Mortal> {
  const folder = temporaryFolder('writ-killed-import-');
  const port = await freePort();
  const client = clientOf(`http://127.0.0.1:${port}`);
  const main = path.join(root, 'services/standalone/dist/main.js');
  const args = [main, '--data', path.join(folder, 'data'), '--port', String(port), '--no-demo'];
  let child: ChildProcess;
  const end = async (signal: NodeJS.Signals) => {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const start = async () => {
    child = spawn(process.execPath, args, { stdio: 'ignore' });
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      const { status } = await client.get('/health/ready');
      if (status !== 200) throw new Error('not ready yet');
    });
  };
  await start();
  return {
    client,
    start,
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describeReal(`an import whose process is killed (${SYSTEM})`, () => {
  let system: Mortal;
  beforeAll(async () => {
    system = await mortalSystem();
  });
  afterAll(() => system?.stop());

  it(`at ${KILLS} drawn rows, and resumed, brings the entries of one that was not`, async () => {
    const seed = Number(process.env['WRIT_SEED'] ?? 20_221_228);
    console.error(`killed import seed: ${seed} (WRIT_SEED repeats it)`);
    const drawn = seededRandom(seed);
    const random = (below: number) => Math.floor(drawn() * below);
    const { client } = system;
    await importEvents(client, { list: WHOLE });
    const start = await sizeOf(client);
    const end = 2 * start;
    for (let kill = 0; kill < KILLS; kill++) {
      const before = await sizeOf(client);
      // Beyond what is there: rows come in by thousands, and none is drawn that was passed.
      const row = before + 1 + random(Math.floor((end - before) / (KILLS + 1 - kill)));
      const importing = importEvents(client).then(
        () => 'ended',
        () => 'cut off',
      );
      await grownTo(client, row, importing);
      await system.kill();
      expect(await importing).toBe('cut off');
      await system.start();
      expect(await sizeOf(client)).toBeGreaterThanOrEqual(row);
    }
    expect(await sizeOf(client)).toBeLessThan(end);
    const { receipt } = await eventually(() => importEvents(client));
    const facts = await factsOf(client);
    const [whole, killed] = [entriesOf(facts, WHOLE), entriesOf(facts, OFAC)];
    expect(killed).toEqual(whole);
    expect(killed.length).toBe(6_320 + 116);
    const counted = await countActive(client, { atLeast: receipt?.token ?? '' });
    expect(counted).toBe(oracle().at(-1)?.expected);
    const again = await importEvents(client);
    expect(again.recorded).toBe(0);
  });
});

async function sizeOf(client: Client): Promise<number> {
  const { body } = await client.get<FactsPage>('/regulatory/v1/facts?after=-1&limit=1');
  return body.size;
}

/** Looks until the ledger is as large as that. */
async function grownTo(client: Client, size: number, importing: Promise<string>): Promise<void> {
  let ended = false;
  void importing.finally(() => (ended = true));
  while (!ended && (await sizeOf(client)) < size);
}

async function factsOf(client: Client): Promise<Fact[]> {
  const facts: Fact[] = [];
  for (let page: FactsPage | undefined; !page || page.next < page.size - 1;) {
    const after = page?.next ?? -1;
    const path = `/regulatory/v1/facts?after=${after}&limit=5000`;
    ({ body: page } = await client.get<FactsPage>(path));
    facts.push(...page.facts.map(({ canonical }) => JSON.parse(canonical) as Fact));
  }
  return facts;
}

/**
 * What a list's facts say, in order, but for ids of listings: whose (one subject per record id, the
 * same for both lists), from when, until when, on what basis, from which row of which file.
 */
function entriesOf(facts: readonly Fact[], code: string): unknown[] {
  const listings = new Map<string, number>();
  return facts.flatMap(({ type, subject, source, data }) => {
    const { list, listing, ...said } = data as { list?: string; listing?: string };
    if (list !== code || type === 'regulatory.list-declared.v1') return [];
    if (listing !== undefined && !listings.has(listing)) listings.set(listing, listings.size);
    const nth = listing === undefined ? undefined : listings.get(listing);
    return [{ type, subject, source, listing: nth, ...said }];
  });
}
