import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type {
  DeliveredFact,
  LedgerName,
  RebuildDifferences,
  RebuildReport,
  RootResponse,
} from '@writ/contracts';
import { LEDGERS } from '@writ/contracts';
import type { IdentityClient, ServiceDefinition } from '@writ/service-host';
import { testHost, type TestHost } from '@writ/service-host/test-host';
import { seededRandom } from '@writ/testkit';
import { ProjectionModule, projectionService } from '../index.js';
import { ProjectionConsumer } from '../projection.consumer.js';
import {
  idOf,
  listDeclared,
  listingAmended,
  listingEnded,
  listingTakenIn,
  measuresDecided,
  memorandum,
  subjectDelisted,
  subjectListed,
} from '../testing/made-up-facts.js';
import { MadeUpLedgers } from '../testing/made-up-ledgers.js';
import { warnOfOtherFold } from './fold-version.postgres.js';
import { emptySet, readRoots, rootOf } from './rebuild-state.postgres.js';
import { REBUILD_LOCK } from './rebuilder.postgres.js';

let test: TestHost;
let live: ProjectionConsumer;
let ledgers: MadeUpLedgers;
const fetches: { before?: (ledger: LedgerName, after: number) => Promise<void> } = {};

const identity = { aliases: () => new Promise<never>(() => {}) } as unknown as IdentityClient;

beforeAll(async () => {
  const definition: ServiceDefinition = {
    ...projectionService,
    module: (host) =>
      ProjectionModule.register({
        ...host,
        consume: (given) => void (live = given as ProjectionConsumer),
        // Nothing is followed here, and a poll that never ends would keep the stop waiting.
        onReady: () => {},
        onStop: () => {},
        facts: {
          fetch: async (ledger, after, limit) => {
            await fetches.before?.(ledger, after);
            return ledgers.fetch(ledger, after, limit);
          },
        },
      }),
  };
  test = await testHost(definition, { identity });
  ledgers = new MadeUpLedgers(() => test.clock.now());
  record(120, 1);
});
afterAll(() => test?.stop());

/** A few facts for each of so many subjects, on all three ledgers. */
function record(subjects: number, seed: number): void {
  const random = seededRandom(seed);
  ledgers.record(listDeclared());
  ledgers.record(memorandum(seed));
  for (let number = 0; number < subjects; number++) {
    const subject = idOf(`subject-${seed}`, number);
    const [listing, entry] = [`${idOf(`case-${seed}`, number)}-1`, idOf(`entry-${seed}`, number)];
    const { position: cause } = ledgers.record(subjectListed(subject, listing));
    ledgers.record(measuresDecided(subject, { ledger: 'court', id: listing }, { cause }));
    if (random() < 0.5) ledgers.record(subjectDelisted(subject, listing));
    ledgers.record(listingTakenIn(subject, entry, '2026-01-01T00:00:00Z'));
    const legalBasis = 'Programme B';
    const amended = '2026-01-02T00:00:00Z';
    ledgers.record(listingAmended(subject, entry, amended, 'change', { legalBasis }));
    if (random() < 0.5) ledgers.record(listingEnded(subject, entry, '2026-01-03T00:00:00Z'));
  }
}

async function deliverInBatches(consumer: ProjectionConsumer, size: number): Promise<void> {
  const facts: DeliveredFact[] = LEDGERS.flatMap((ledger) => ledgers.facts[ledger]);
  for (let from = 0; from < facts.length; from += size) {
    await ledgers.deliverFacts(consumer, facts.slice(from, from + size));
  }
  await ledgers.deliver(consumer);
}

async function call<T>(
  method: 'GET' | 'POST',
  path: string,
  more: { payload?: object; headers?: Record<string, string> } = {},
): Promise<T & { statusCode: number }> {
  const answer = await test.app.inject({ method, url: `/projection/v1/${path}`, ...more });
  return { ...(answer.json() as T), statusCode: answer.statusCode };
}

async function rebuilt(): Promise<RebuildReport> {
  expect(await call('POST', 'rebuild')).toMatchObject({ statusCode: 202, state: 'folding' });
  for (;;) {
    const report = await call<RebuildReport>('GET', 'rebuild');
    if (report.state !== 'folding' && report.state !== 'comparing') return report;
  }
}

describe('a rebuild', () => {
  it('of what came in batches of seven is equal to what it was folded from', async () => {
    await deliverInBatches(live, 7);
    const { root } = await call<RootResponse>('GET', 'root');
    const facts = LEDGERS.reduce((sum, ledger) => sum + ledgers.facts[ledger].length, 0);
    expect(await rebuilt()).toMatchObject({ state: 'equal', folded: facts, root });
    const { rows } = await test.host.pools.reader.query('SELECT * FROM projection.state_b LIMIT 1');
    expect(rows).toEqual([]);
  });

  it('is equal whatever the batch size, on tables too, history included', async () => {
    const { root } = await call<RootResponse>('GET', 'root');
    const digest = async (set: 'a' | 'b') => {
      const { rows } = await test.host.pools.reader.query<{ digest: string }>(
        `SELECT md5(string_agg(kept::text, E'\\n' ORDER BY subject, ledger, position, part))
           AS digest FROM projection.history_${set} kept`,
      );
      return rows[0]!.digest;
    };
    for (const size of [50, 5_000]) {
      const name = `batches-of-${size}`;
      await emptySet(test.host.pools.writer, 'b', name);
      const { clock } = test;
      const set = async () => 'b' as const;
      const other = new ProjectionConsumer({ name, pool: test.host.pools.writer, clock, set });
      await deliverInBatches(other, size);
      expect(rootOf(await readRoots(test.host.pools.reader, 'b')).root).toBe(root);
      expect(await digest('b')).toBe(await digest('a'));
    }
  });

  it('has a root that waits until every bucket stands at a receipt, not its own alone', async () => {
    record(20, 9);
    const newest = ledgers.facts.court.at(-1)!;
    const own = ledgers.facts.court.filter(({ bucket }) => bucket === newest.bucket);
    await ledgers.deliverFacts(live, own);
    const asked = call<RootResponse>('GET', `root?atLeast=${ledgers.tokenOf(newest)}`);
    await ledgers.deliver(live);
    const { buckets } = await asked;
    const places = buckets.map(({ bucket, position }) => ({ bucket, last: position.court }));
    expect(places).toEqual(
      ledgers.watermarks('court').map(({ bucket, last }) => ({ bucket, last })),
    );
  });

  it('has no root at a receipt that cannot be read', async () => {
    const malformed = { statusCode: 400, field: '/query/atLeast/0' };
    expect(await call('GET', 'root?atLeast=nothing')).toMatchObject(malformed);
  });

  it('goes on answering and applying meanwhile, and compares at equal positions', async () => {
    let during: Promise<void> | undefined;
    fetches.before = async () => {
      fetches.before = undefined;
      record(20, 2);
      during = ledgers.deliver(live);
      await during;
    };
    const report = await rebuilt();
    await during;
    expect(report).toMatchObject({ state: 'equal' });
    const { root } = await call<RootResponse>('GET', 'root');
    expect(report.root).toBe(root);
  });

  it('whose connection is lost has failed; the service goes on', async () => {
    let lost = 0;
    fetches.before = async () => {
      fetches.before = undefined;
      // Whoever holds the lock of rebuilds: idle while facts are fetched.
      const { rows } = await test.host.pools.writer.query<{ gone: boolean }>(
        `SELECT pg_terminate_backend(pid) AS gone FROM pg_locks
         WHERE locktype = 'advisory' AND granted AND objsubid = 1
           AND (classid::bigint << 32) + objid::bigint = $1::bigint`,
        [REBUILD_LOCK],
      );
      lost = rows.filter(({ gone }) => gone).length;
    };
    expect(await rebuilt()).toMatchObject({ state: 'failed', trouble: expect.any(String) });
    expect(lost).toBe(1);
    expect(await rebuilt()).toMatchObject({ state: 'equal' });
  });

  it('that ended without a word has failed: nobody waits for it', async () => {
    await test.host.pools.writer.query(
      `UPDATE projection.rebuild SET state = 'folding' WHERE state = 'failed'`,
    );
    await test.host.pools.writer.query(`DELETE FROM projection.rebuild WHERE state = 'equal'`);
    const trouble = 'it ended without a word';
    expect(await call('GET', 'rebuild')).toMatchObject({ state: 'failed', trouble });
  });

  it('that differs is an alarm: nothing is switched', async () => {
    await test.host.pools.writer.query(
      `UPDATE projection.progress_a SET root = repeat('1', 64) WHERE ledger = 0 AND bucket = 3`,
    );
    const report = await rebuilt();
    expect(report).toMatchObject({
      state: 'unequal',
      unequal: [{ ledger: 'court', bucket: 3, live: expect.stringContaining('/1111') }],
    });
    const { rows } = await test.host.pools.reader.query('SELECT set FROM projection.live');
    expect(rows).toEqual([{ set: 'a' }]);
  });

  it('is one at a time', async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const asked = new Promise<void>((resolve) => {
      fetches.before = () => {
        resolve();
        return held;
      };
    });
    const first = rebuilt();
    await asked;
    expect(await call('POST', 'rebuild')).toMatchObject({ statusCode: 409 });
    fetches.before = undefined;
    release();
    expect(await first).toMatchObject({ state: 'unequal' });
  });
});

/** Runs last: from here on the other set answers. */
describe('a rebuild under another fold version', () => {
  const older = idOf('subject-1', 5);
  const gone = 'list/of.the.past';
  const accept = (payload: object = { by: 'operator-7' }, actor = 'person:operator-7') =>
    call<RebuildReport & { field?: string }>('POST', 'rebuild/acceptance', {
      payload,
      headers: { 'writ-actor': actor },
    });
  const rows = async (table: string) => {
    const sql = `SELECT count(*)::int AS count FROM projection.${table}`;
    const counted = await test.host.pools.reader.query<{ count: number }>(sql);
    return counted.rows[0]!.count;
  };

  /** What a start says aloud of the fold version. */
  const warnings = async () => {
    const said: object[] = [];
    await warnOfOtherFold(test.host.pools.reader, {
      error: (what: object) => void said.push(what),
    });
    return said;
  };

  /** What a table is indexed by, whatever its name. */
  const indexesOf = async (table: string) => {
    const sql = `SELECT replace(indexdef, $1, 'table') AS by FROM pg_indexes WHERE tablename = $1`;
    const found = await test.host.pools.reader.query<{ by: string }>(sql, [table]);
    return found.rows.map(({ by }) => by).sort();
  };

  it('cannot be accepted under the same version: there is nothing to accept', async () => {
    expect(await accept()).toMatchObject({
      statusCode: 409,
      type: 'urn:writ:problem:no-rebuild-waits-for-acceptance',
    });
  });

  it('reports the difference, subject by subject and page by page; nothing is switched', async () => {
    const writer = test.host.pools.writer;
    // As if the live set had been folded by an older fold, which made these otherwise.
    await writer.query('UPDATE projection.live SET fold_version = 9');
    await writer.query(
      `UPDATE projection.state_a SET state = '{"listings":{},"older":1}' WHERE subject = $1::uuid`,
      [older],
    );
    await writer.query(
      `INSERT INTO projection.reference_a (key, ledger, state) VALUES ($1, 1, '{}')`,
      [gone],
    );
    const before = await call<RootResponse>('GET', 'root');
    expect(before.foldVersion).toBe(9);
    expect(await warnings()).toMatchObject([{ live: 9, build: 1 }]);
    expect(await rebuilt()).toMatchObject({
      state: 'different',
      foldVersion: 1,
      liveFoldVersion: 9,
      differences: 4,
    });
    expect(await call<RootResponse>('GET', 'root')).toEqual(before);

    const told: RebuildDifferences['differences'] = [];
    for (let path = 'rebuild/differences?limit=3'; ;) {
      const page = await call<RebuildDifferences>('GET', path);
      told.push(...page.differences);
      if (page.cursor === undefined) break;
      path = `rebuild/differences?limit=3&cursor=${page.cursor}`;
    }
    expect(told.map(({ owner, ledger }) => [owner, ledger])).toEqual([
      [older, 'court'],
      [older, 'regulatory'],
      [older, 'enforcement'],
      [gone, 'regulatory'],
    ]);
    expect(told[0]).toMatchObject({
      live: { older: 1 },
      rebuilt: { listings: { [`${idOf('case-1', 5)}-1`]: { list: expect.any(String) } } },
    });
    expect(told[3]).toEqual({ owner: gone, ledger: 'regulatory', live: {} });
  });

  it.each([
    ['an unknown field', { by: 'operator-7', so: 1 }, 'person:operator-7', '/so'],
    ['nobody', {}, 'person:operator-7', '/by'],
    ['an actor that is none', { by: 'operator-7' }, 'somebody', '/headers/writ-actor'],
  ])('is not accepted by %s', async (_, payload, actor, field) => {
    expect(await accept(payload, actor)).toMatchObject({ statusCode: 400, field });
    const { rows: live } = await test.host.pools.reader.query('SELECT set FROM projection.live');
    expect(live).toEqual([{ set: 'a' }]);
  });

  it.each(['limit=0', 'limit=1001', 'cursor=x'])('pages are not told for ?%s', async (query) => {
    expect(await call('GET', `rebuild/differences?${query}`)).toMatchObject({ statusCode: 400 });
  });

  it('answers once it is accepted by name, with all that was folded meanwhile', async () => {
    record(10, 3);
    await ledgers.deliver(live);
    expect(await accept()).toMatchObject({
      statusCode: 200,
      state: 'accepted',
      accepted: { by: 'operator-7', actor: 'person:operator-7', at: expect.any(String) },
    });
    const { rows: now } = await test.host.pools.reader.query('SELECT * FROM projection.live');
    expect(now).toEqual([{ one_row: true, set: 'b', fold_version: 1 }]);
    expect(await warnings()).toEqual([]);
    expect(await Promise.all(['state_a', 'history_a', 'reference_a'].map(rows))).toEqual([0, 0, 0]);
    expect(await call<RootResponse>('GET', 'root')).toMatchObject({ foldVersion: 1 });
    expect(await indexesOf('history_b')).toEqual(await indexesOf('history_a'));
    expect(await indexesOf('history_b')).toHaveLength(3);
    const taken = test.host.pools.writer.query("SELECT projection.without_indexes('b')");
    await expect(taken).rejects.toThrow('set b is not one to fold into');
    const { rows: current } = await test.host.pools.reader.query<{ count: string }>(
      'SELECT count(*) FROM projection.progress_b WHERE current_to IS NULL',
    );
    expect(current).toEqual([{ count: '0' }]);
    expect(await accept()).toMatchObject({ statusCode: 409 });
  });

  it('goes on being folded into, and is equal to a rebuild of its own', async () => {
    record(10, 4);
    await ledgers.deliver(live);
    const { root } = await call<RootResponse>('GET', 'root');
    expect(await rebuilt()).toMatchObject({ state: 'equal', root, foldVersion: 1 });
  });
});
