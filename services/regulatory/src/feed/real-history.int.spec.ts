import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { noJitter, publicData, seededRandom } from '@writ/testkit';
import { testHost, type TestHost } from '@writ/service-host/test-host';
import { regulatoryService } from '../index.js';
import {
  described,
  factsOf,
  ignoreDeath,
  importer,
  mortalLedger,
  stubIdentity,
  testSeal,
  type RecordedJson,
} from './feed.fixture.js';
import { postgresFeedMemory } from './feed.repository.js';
import { importFeed, type ImportServices } from './import-feed.process.js';
import type { LedgerWriter } from '@writ/ledger';

const ROOT = new URL('../../../../', import.meta.url);
/** Eleven imports of the whole history take some twenty seconds; a busy machine ten times that. */
const SLOW_MACHINE_MS = 600_000;
const data = publicData('ofac-sdn-dev');
const FOLDER = data ?? '';
const EVENTS = `${FOLDER}/events.ndjson.gz`;

const feedOf = (name: string) => {
  const url = new URL(`examples/feeds/${name}/feed.json`, ROOT);
  return described(JSON.parse(readFileSync(url, 'utf8')));
};

type Line = { type: string; snapshot: string; ent_num: number };
/** After each snapshot the record ids on the list, by a fold that shares nothing with Writ. */
function foldOfEvents(): Map<string, Set<string>> {
  const after = new Map<string, Set<string>>();
  const active = new Set<string>();
  for (const text of gunzipSync(readFileSync(EVENTS)).toString().trim().split('\n')) {
    const { type, snapshot, ent_num: id } = JSON.parse(text) as Line;
    if (type === 'LISTED') active.add(String(id));
    if (type === 'DELISTED') active.delete(String(id));
    after.set(snapshot, new Set(active));
  }
  return after;
}

const oracle = () =>
  readFileSync(`${FOLDER}/oracle.csv`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([observedAt = '', snapshot = '', , , , active = '']) => {
      return { observedAt, snapshot, active: Number(active) };
    });

/** After each snapshot, the record ids of the facts' open listings. */
function foldOfFacts(facts: readonly RecordedJson[], idOf: Map<string, string>) {
  const open = new Map<string, string>();
  const after = new Map<string, Set<string>>();
  for (const { type, subject = '', data } of facts) {
    const id = idOf.get(subject) ?? 'nobody';
    if (type === 'regulatory.listing-taken-in.v1') open.set(String(data['listing']), id);
    if (type === 'regulatory.listing-ended.v1') open.delete(String(data['listing']));
    if (type === 'regulatory.snapshot-taken-in.v1') {
      after.set(String(data['snapshot']), new Set(open.values()));
    }
  }
  return after;
}

const hosts: TestHost[] = [];

async function historyHost() {
  const host = await testHost(regulatoryService);
  hosts.push(host);
  const identity = stubIdentity();
  const services = (ledger: LedgerWriter): ImportServices => ({
    ledger,
    identity,
    memory: postgresFeedMemory(host.host.pools.writer),
    seal: testSeal,
    now: () => host.clock.now(),
    jitter: noJitter,
    declareSchemes: async () => undefined,
  });
  const run = (feed: string, file: string, ledger = host.host.writer()) =>
    importFeed(
      services(ledger),
      { feed: feedOf(feed), file: { name: file, bytes: readFileSync(`${FOLDER}/${file}`) } },
      { ...importer, authority: 'us.ofac' },
    );
  const facts = () => factsOf(host.host.reader());
  const idOf = () =>
    new Map([...identity.subjects].map(([name, subject]) => [subject, name.split(' ')[1] ?? '']));
  return { host, run, facts, idOf };
}

const essence = ({ type, stream, subject, source, data }: RecordedJson) =>
  JSON.stringify([type, stream, subject, source, data]);

/** Counted as skipped where the data is not there; the loud line says how to get it. */
(data === undefined ? describe['skip'] : describe)('the real history of one list', realHistory);

function realHistory(): void {
  let whole: Awaited<ReturnType<typeof historyHost>>;
  let facts: RecordedJson[];

  beforeAll(async () => {
    whole = await historyHost();
    const answer = await whole.run('ofac-sdn-dev', 'events.ndjson.gz');
    expect(answer.rows).toEqual([]);
    expect(answer.recorded).toBe(6_320 + 116 + 1);
    facts = await whole.facts();
  }, SLOW_MACHINE_MS);
  // One that a failed test left open would keep the process from ending.
  afterAll(async () => {
    for (const host of hosts) await host.stop();
  });

  it('has after each snapshot the entries an independent fold has', () => {
    const [ours, theirs] = [foldOfFacts(facts, whole.idOf()), foldOfEvents()];
    expect([...ours.keys()]).toEqual([...theirs.keys()]);
    const differing = [...theirs].filter(([snapshot, ids]) => {
      const mine = ours.get(snapshot);
      return mine?.size !== ids.size || [...ids].some((id) => !mine.has(id));
    });
    expect(differing).toEqual([]);
  });

  it('agrees with the oracle at all 143 snapshots, 27 without an event among them', () => {
    const closed = facts
      .filter(({ type }) => type === 'regulatory.snapshot-taken-in.v1')
      .map(({ data }) => data as { observedAt: string; active: number });
    const expected = oracle();
    expect(expected).toHaveLength(143);
    const mismatches = expected.filter(({ observedAt, active }) => {
      const last = closed.findLast((one) => Date.parse(one.observedAt) <= Date.parse(observedAt));
      return last?.active !== active;
    });
    expect(mismatches).toEqual([]);
    expect(expected.length - closed.length).toBe(27);
  });

  it('records nothing when imported again', async () => {
    const answer = await whole.run('ofac-sdn-dev', 'events.ndjson.gz');
    expect(answer.recorded).toBe(0);
    expect(answer.snapshots.every(({ outcome }) => outcome === 'already-taken-in')).toBe(true);
    expect(await whole.facts()).toEqual(facts);
  });

  it(
    'killed at ten random rows and resumed, is the same',
    async () => {
      const killed = await historyHost();
      const seed = 20_221_228;
      const random = seededRandom(seed);
      for (let kill = 0; kill < 10; kill += 1) {
        const { ledger, mortal } = mortalLedger(killed.host.host.writer());
        mortal.diesAfter = 1 + Math.floor(random() * 4_000);
        await killed.run('ofac-sdn-dev', 'events.ndjson.gz', ledger).catch(ignoreDeath);
      }
      await killed.run('ofac-sdn-dev', 'events.ndjson.gz');
      expect((await killed.facts()).map(essence)).toEqual(facts.map(essence));
    },
    SLOW_MACHINE_MS,
  );

  it(
    'as six dated copies has the same entries on their dates',
    async () => {
      const copies = await historyHost();
      for (const file of readdirSync(`${FOLDER}/snapshots`).sort()) {
        const answer = await copies.run('ofac-sdn-dev-snapshots', `snapshots/${file}`);
        expect(answer.rows).toEqual([]);
      }
      const taken = foldOfFacts(await copies.facts(), copies.idOf());
      const all = foldOfEvents();
      expect(taken.size).toBe(6);
      for (const [snapshot, ids] of taken) {
        expect([snapshot, [...ids].sort()]).toEqual([
          snapshot,
          [...(all.get(snapshot) ?? [])].sort(),
        ]);
      }
    },
    SLOW_MACHINE_MS,
  );
}
