import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Delivery } from '@writ/exchange';
import { readAssessed } from './assessed.postgres.js';
import { enforcementConsumer, type Assessor } from './enforcement.consumer.js';
import {
  COURT_LISTING,
  declared,
  delisted,
  FEED_LIST,
  FEED_LISTING,
  listed,
  memorandum,
  row,
  takenIn,
} from './facts.fixture.js';
import { MemorandumJobs } from './memorandum/memorandum-job.process.js';
import { everything, flat, world, type World } from './world.fixture.js';

const second = `${'c2'.repeat(16)}-1`;
const admitting = row({ row: 'r2', list: FEED_LIST, admits: 'taken-in' });

let at: World;
beforeEach(async () => {
  at = await world();
});
afterEach(() => at.stop());

const consumerOf = (assessor: Assessor) => enforcementConsumer(assessor, at.pool, at.clock);
const silent = { error: () => undefined };

/** Delivers everything and goes through what the reference touches. */
async function settle(assessor = at.assessor(), delivery?: Delivery) {
  await consumerOf(assessor).apply(delivery ?? (await everything(at)));
  const jobs = new MemorandumJobs(assessor, silent);
  while (await jobs.page());
}

const ledgerSize = async () => (await at.host.reader().head()).size;
const rowsByCause = async () => {
  const decisions = await at.decisions();
  return Object.fromEntries(decisions.map(({ cause, rows }) => [cause, rows]));
};

const empty = async (...tables: string[]) => {
  for (const table of tables) await at.pool.query(`DELETE FROM enforcement.${table}`);
};

describe('enforcement on a real ledger', () => {
  it('decides, keeps the other cause, and lifts', async () => {
    await at.record(declared(0), memorandum(1, 1, [row()]));
    await at.record(listed(0), listed(1, { listing: second }));
    await settle();
    await at.record(delisted(2));
    await settle();
    expect(await rowsByCause()).toEqual({ [COURT_LISTING]: [], [second]: ['r1'] });
    expect(await ledgerSize()).toBe(3);
  });

  it('goes through the causes a new version touches, and those alone', async () => {
    await at.record(declared(0), declared(1, FEED_LIST), memorandum(2, 1, [row()]));
    await at.record(listed(0), takenIn(1));
    await settle();
    expect(await rowsByCause()).toEqual({ [COURT_LISTING]: ['r1'], [FEED_LISTING]: [] });
    expect(await ledgerSize()).toBe(2);
    await at.record(memorandum(3, 2, [admitting]));
    await settle();
    expect(await rowsByCause()).toEqual({ [COURT_LISTING]: ['r1'], [FEED_LISTING]: ['r2'] });
    expect(await ledgerSize()).toBe(4);
  });

  it('records nothing twice when everything comes again', async () => {
    await at.record(
      declared(0),
      memorandum(1, 1, [row()]),
      listed(0),
      listed(1, { listing: second }),
    );
    await at.record(delisted(2));
    await settle();
    const size = await ledgerSize();
    await at.pool.query('DELETE FROM exchange.place');
    await settle();
    await empty('cause', 'reference_fact', 'job');
    await at.pool.query('DELETE FROM exchange.place');
    await settle();
    await settle(at.assessor(), { buckets: (await everything(at)).buckets.toReversed() });
    expect(await ledgerSize()).toBe(size);
  });

  it('rebuilds its tables from facts alone', async () => {
    await at.record(
      declared(0),
      memorandum(1, 1, [row()]),
      listed(0),
      listed(1, { listing: second }),
    );
    await settle();
    await at.record(delisted(2));
    await settle();
    const tables = ['cause', 'reference_fact', 'decision', 'measure'];
    const dump = async () => {
      await at.assessor().view.catchUp();
      return Promise.all(
        tables.map(
          async (table) =>
            (await at.pool.query(`SELECT * FROM enforcement.${table} ORDER BY 1, 2`)).rows,
        ),
      );
    };
    const before = await dump();
    await empty(...tables, 'job');
    await at.pool.query('UPDATE enforcement.view_place SET position = -1');
    await at.pool.query('DELETE FROM exchange.place');
    const size = await ledgerSize();
    await settle();
    expect(await dump()).toEqual(before);
    expect(await ledgerSize()).toBe(size);
  });
});

describe('killed', () => {
  const facts = () => [
    declared(0),
    memorandum(1, 1, [row()]),
    listed(0),
    listed(1, { listing: second }),
  ];

  it('between append and place: finds its key', async () => {
    await at.record(...facts());
    const delivery = await everything(at);
    // Decided and recorded, and then the process is gone: no place has moved.
    await at.assessor().decide(flat(delivery));
    expect(await ledgerSize()).toBe(2);
    const places = await consumerOf(at.assessor()).places([{ ledger: 'court', bucket: 31 }]);
    expect(places[0]?.place).toBe(-1);
    await settle(at.assessor(), delivery);
    expect(await ledgerSize()).toBe(2);
  });

  it('between append and its own tables: finds its key', async () => {
    await at.record(...facts());
    const dying = at.assessor();
    const { writer } = dying.options;
    const killed = at.assessor({
      writer: {
        append: async (command) => {
          await writer.append(command);
          throw new Error('killed');
        },
        appendBulk: (commands) => writer.appendBulk(commands),
      },
    });
    await expect(consumerOf(killed).apply(await everything(at))).rejects.toThrow('killed');
    expect(await ledgerSize()).toBeGreaterThan(0);
    await settle();
    expect(await ledgerSize()).toBe(2);
    expect(await rowsByCause()).toEqual({ [COURT_LISTING]: ['r1'], [second]: ['r1'] });
  });

  it.each([
    ['the cause ends up under the new version', [], ['r1', 'r9']],
    // Two steps of one cause, the first of them under a known key: the second must not wait for it.
    ['and the cause ended: nothing is left of it', [delisted(2)], []],
  ])('and a memorandum came in between: %s', async (_, later, rows) => {
    await at.record(...facts());
    const before = await everything(at);
    const dying = at.assessor();
    const { writer } = dying.options;
    const killed = at.assessor({
      writer: {
        append: async (command) => {
          await writer.append(command);
          throw new Error('killed');
        },
        appendBulk: (commands) => writer.appendBulk(commands),
      },
    });
    await expect(consumerOf(killed).apply(before)).rejects.toThrow('killed');
    await at.record(memorandum(2, 2, [row({ row: 'r9' })]));
    // The reference alone moves on; the job sees no cause, since none was saved.
    await settle(at.assessor(), {
      buckets: (await everything(at, ['regulatory'])).buckets,
    });
    await at.record(...later);
    await settle();
    expect(await rowsByCause()).toEqual({ [COURT_LISTING]: rows, [second]: ['r1', 'r9'] });
  });

  it('in the middle of a memorandum job: goes on where it stood', async () => {
    const causes = Array.from({ length: 1_200 }, (_, index) =>
      takenIn(index, {
        listing: `b${index.toString(16).padStart(31, '0')}`,
        subject: index.toString(16).padStart(2, '0').slice(-2).padEnd(32, '0'),
      }),
    );
    await at.record(declared(0, FEED_LIST), ...causes);
    await settle();
    expect(await ledgerSize()).toBe(1_200);
    await at.record(memorandum(1, 1, [admitting]));
    const assessor = at.assessor();
    await consumerOf(assessor).apply(await everything(at));
    await new MemorandumJobs(assessor, silent).page();
    expect(await ledgerSize()).toBe(1_700);
    const held = (await readAssessed(at.pool))(0);
    const jobs = new MemorandumJobs(at.assessor(), silent);
    while (await jobs.page());
    expect(await ledgerSize()).toBe(2_400);
    expect((await readAssessed(at.pool))(0)?.reference).toBeGreaterThan(held?.reference ?? 0);
  });
});

describe('two consumers of one bucket', () => {
  it('record each decision once', async () => {
    const listings = Array.from({ length: 40 }, (_, index) =>
      listed(index, { listing: `${(index + 16).toString(16).repeat(16)}-1` }),
    );
    await at.record(declared(0), memorandum(1, 1, [row()]), ...listings);
    const delivery = await everything(at);
    const others = [at.assessor(), at.assessor(), at.assessor()];
    await settle(others[0], { buckets: delivery.buckets.filter(({ bucket }) => bucket === 32) });
    await Promise.all(others.map((assessor) => assessor.decide(flat(delivery))));
    // As a transport does, with those whom the places' locks turn away.
    const applied = others.map((assessor) => consumerOf(assessor).apply(delivery));
    const failed = (await Promise.allSettled(applied)).filter(
      ({ status }) => status === 'rejected',
    );
    for (const _ of failed) await consumerOf(at.assessor()).apply(delivery);
    expect(await ledgerSize()).toBe(40);
  });

  it('leave the last word to the end of the cause, whoever is late', async () => {
    await at.record(declared(0), memorandum(1, 1, [row()]), listed(0));
    const early = await everything(at);
    await at.record(delisted(1));
    const late = await everything(at);
    await Promise.all([at.assessor().decide(flat(late)), at.assessor().decide(flat(early))]);
    expect((await rowsByCause())[COURT_LISTING] ?? []).toEqual([]);
  });
});

describe('trouble with one subject', () => {
  it('parks that subject, holds back its bucket, and lets the others go on', async () => {
    const stranger = { listing: second, subject: `7f${'00'.repeat(15)}` };
    await at.record(declared(0), memorandum(1, 1, [row()]), listed(0), listed(1, stranger));
    const delivery = await everything(at);
    const broken: Delivery = {
      buckets: delivery.buckets.map((bucket) => ({
        ...bucket,
        facts: bucket.facts.map((fact) =>
          fact.canonical.includes(COURT_LISTING) ? endedInstead(fact) : fact,
        ),
      })),
    };
    const consumer = consumerOf(at.assessor());
    await consumer.apply(broken);
    expect(await consumer.quarantine()).toMatchObject([
      { ledger: 'court', reason: 'fact_is_poison' },
    ]);
    expect(await rowsByCause()).toEqual({ [second]: ['r1'] });
    const assessed = await readAssessed(at.pool);
    expect(assessed(31)?.court).toBe(-1);
  });

  it('says nothing is assessed before anything was delivered', async () =>
    expect((await readAssessed(at.pool))(3)).toEqual({ court: -1, regulatory: -1, reference: -1 }));
});

describe('trouble with one list', () => {
  // Written past regulatory, which refuses what no decision could carry.
  const rows = Array.from({ length: 150 }, (_, index) => ({ ...admitting, row: `r${index}` }));
  const tooMany = ['xx.a', 'xx.b'].map((code, index) =>
    memorandum(2 + index, 1, rows, { memorandum: code }),
  );
  const page = async (jobs: MemorandumJobs) => {
    for (;;) if (!(await jobs.page().catch(() => true))) return;
  };

  it('sets that list aside, for all to see, and lets the others go on', async () => {
    await at.record(declared(0), declared(1, FEED_LIST), listed(0), takenIn(1));
    await settle();
    const before = await ledgerSize();
    const later = memorandum(4, 1, [row()]);
    await at.record(...tooMany, later);
    const assessor = at.assessor();
    await consumerOf(assessor).apply(await everything(at));
    const jobs = new MemorandumJobs(assessor, silent);
    await page(jobs);
    expect(await rowsByCause()).toEqual({ [COURT_LISTING]: ['r1'], [FEED_LISTING]: [] });
    expect(await ledgerSize()).toBe(before + 1);
    const lists = [{ list: FEED_LIST, position: 4, reason: 'rows_exceed_one_fact' }];
    expect(await jobs.waiting()).toMatchObject(lists);
    expect(await asked('GET')).toMatchObject({ status: 200, body: { waiting: lists } });
    expect(await asked('POST', { list: FEED_LIST })).toEqual({
      status: 200,
      body: { released: false },
    });
  });

  it('goes through it once a later version makes it fit', async () => {
    await at.record(declared(0), declared(1, FEED_LIST), takenIn(1));
    await settle();
    await at.record(...tooMany);
    const assessor = at.assessor();
    const jobs = new MemorandumJobs(assessor, silent);
    await consumerOf(assessor).apply(await everything(at));
    await page(jobs);
    expect(await jobs.waiting()).toHaveLength(1);
    const ended = {
      memorandum: 'xx.b',
      effectiveFrom: { date: '2026-01-01', zone: 'Asia/Shanghai' },
    };
    await at.record(memorandum(4, 2, [admitting], ended));
    await consumerOf(assessor).apply(await everything(at));
    await page(jobs);
    expect(await jobs.waiting()).toEqual([]);
    expect((await rowsByCause())[FEED_LISTING]).toHaveLength(rows.length + 1);
  });

  it('says what waits on every scrape', async () => {
    await at.pool.query(`INSERT INTO exchange.quarantine
      (consumer, ledger, subject, bucket, first_position, reason, fact_type, since, positions)
      VALUES ('enforcement', 'court', 'made-up', 0, 0, 'fact_is_poison', 'x', now(), '{0}')`);
    const scraped = await at.app.inject({ url: '/metrics' });
    expect(scraped.body).toMatch(
      /writ_quarantined_subjects\{[^}]*consumer="enforcement"[^}]*\} 1\n/,
    );
  });

  async function asked(method: 'GET' | 'POST', payload?: object) {
    const url = `/enforcement/v1/quarantine/lists${method === 'POST' ? '/retry' : ''}`;
    const answer = await at.app.inject({ method, url, ...(payload ? { payload } : {}) });
    return { status: answer.statusCode, body: answer.json<object>() };
  }
});

describe('a long list', () => {
  it('of 5,700 entries is decided in seconds, by listing and by memorandum alike', async () => {
    const causes = Array.from({ length: 5_700 }, (_, index) =>
      takenIn(index, {
        listing: `b${index.toString(16).padStart(31, '0')}`,
        subject: (index % 256).toString(16).padStart(2, '0') + index.toString(16).padStart(30, '0'),
      }),
    );
    await at.record(declared(0, FEED_LIST), memorandum(1, 1, [admitting]), ...causes);
    const reference = {
      buckets: (await everything(at)).buckets.filter(({ bucket }) => bucket === 32),
    };
    await settle(at.assessor(), reference);
    const began = performance.now();
    await settle();
    const listingsMs = performance.now() - began;
    expect(await ledgerSize()).toBe(5_700);
    await at.record(
      memorandum(2, 2, [admitting, row({ row: 'r3', list: FEED_LIST, admits: 'taken-in' })]),
    );
    const again = performance.now();
    await settle();
    const memorandumMs = performance.now() - again;
    expect(await ledgerSize()).toBe(11_400);
    const took = { listingsMs: Math.round(listingsMs), memorandumMs: Math.round(memorandumMs) };
    process.stderr.write(`5,700 causes: ${JSON.stringify(took)}\n`);
    // Far from what it takes, so that a busy machine does not fail it.
    expect(Math.max(listingsMs, memorandumMs)).toBeLessThan(30_000);
  });
});

/** The same fact, saying that a listing ended that was never opened. */
function endedInstead<T extends { canonical: string; type: string }>(fact: T): T {
  const type = 'court.subject-delisted.v1';
  const changed = { ...(JSON.parse(fact.canonical) as object), type };
  return { ...fact, type, canonical: JSON.stringify(changed) };
}
